def show(value):
    print("operand", value)
    return value

print(show(0) and show(1), show(1) and show(2))
print(show(0) or show(""), show("a") or show("b"))
print(show(0) or show(0) or show(3) or show(4))
print(show(1) and show(0) or show(5))
print(1 and 2 and 3, 1 and "" and 3, None or 0 or "", not 1 or 2)
print(True or 1 // 0, False and 1 // 0)
