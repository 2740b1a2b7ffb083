def len(value):
    return "my len"

print(len("abc"))
max = 7
print(max)

def use_before():
    return min

print(use_before() == min)
min = 3
print(use_before())

def local_builtin():
    str = "a local"
    return str

print(local_builtin(), str(5))
