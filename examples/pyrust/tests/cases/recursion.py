def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def factorial(n):
    if n == 0:
        return 1
    return n * factorial(n - 1)

def is_even(n):
    return True if n == 0 else is_odd(n - 1)

def is_odd(n):
    return False if n == 0 else is_even(n - 1)

def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)

def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))

for n in range(15):
    print(n, fib(n))
print(factorial(20), is_even(100), is_odd(7), depth(900), ackermann(2, 3))
