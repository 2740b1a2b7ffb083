def show(value):
    print("operand", value)
    return value

print(1 < 2 < 3, 1 < 3 < 2, 3 > 2 > 1, 1 == 1 == 1, 1 < 2 > 1)
print(show(1) < show(2) < show(3))
print(show(3) < show(2) < show(1))
print(show(1) < show(2) < show(2) < show(9))
print((1 < 2) < 3, 1 < (2 < 3))
print(1 < 2 == 2 != 3 in range(5))
