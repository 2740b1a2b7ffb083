def f(n):
    if n:
        y = 1
    return y

print(f(1))
f(0)
