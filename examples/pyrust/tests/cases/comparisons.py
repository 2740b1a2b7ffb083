for a in range(3):
    for b in range(3):
        print(a, b, a < b, a <= b, a > b, a >= b, a == b, a != b)
print("a" < "b", "a" < "B", "abc" < "abd", "ab" < "abc", "" < "a", "é" > "z", "\U0001F600" > "\uffff")
