a, b = 1, 2
print(a, b)
a, b = b, a
print(a, b)
a, b, c = b, a + b, a * 10
print(a, b, c)
x, x = 1, 2
print(x)
p, q = r, s = 7, 8
print(p, q, r, s)
a, b, = 3, 4,
print(a, b)
