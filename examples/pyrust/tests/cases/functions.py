def nothing():
    pass

def add(a, b):
    return a + b

def sign(n):
    if n < 0: return -1
    if n > 0: return 1
    return 0

def early(n):
    for i in range(10):
        for c in "abc":
            if i == n:
                return c
    return

def many(a, b, c, d, e,):
    return a + b + c + d + e

print(nothing(), add(1, 2), add("a", "b"), add(add(1, 2), add(3, 4)))
print(sign(-5), sign(5), sign(0), early(3), early(30), many(1, 2, 3, 4, 5))
print("one"[0] if False else add(1, 1))
