print(-1, - -1, +1, -+-1, - - -1)
print(not True, not not True, not 0, not "", not "a", not None)
print(-True, +False, -(2 + 3), 5 - -3, 5 +-3)
print(not 1 == 2, not 1 < 2)
