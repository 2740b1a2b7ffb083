x = 1
y = x
x = 2
print(x, y)
a = b = c = 5
print(a, b, c)
x = x + 1; y = x * 2; print(x, y);
_under = 1; camelCase = 2; n1 = 3; été = 4
print(_under, camelCase, n1, été)
x = "now a string"
print(x)
