print(True + True, True * 5, False - 1, True // 1, 7 % True, True ** 2)
print("ab" * True, "ab" * False, "abc"[True])
print(True < 2, True == 1, False >= 0)
print(abs(True), int(True), str(True), bool(2), max(True, 0))
