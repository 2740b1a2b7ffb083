def f():
    return missing

print("defined")
f()
