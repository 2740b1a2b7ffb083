x = None
print(x is None, x is not None, 1 is not None, "" is None)
print(True is True, (1 == 1) is True, not x is None)
print(len is len, len is print)
