print("not run")
print((1 + 2)
