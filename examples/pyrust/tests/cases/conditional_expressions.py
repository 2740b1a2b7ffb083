for n in range(4):
    print("zero" if n == 0 else "one" if n == 1 else "many")
print((1 if 0 else 2) + 3, 1 if 0 else 2 + 3)
print(1 // 0 if False else "safe", "safe" if True else 1 // 0)
print(5 if not None else 6)
