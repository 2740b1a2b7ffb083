def f(n):
    return g(n)

def g(n):
    while n:
        return f(n)

print("start")
g(1)
