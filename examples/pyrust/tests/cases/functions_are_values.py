def twice(function, value):
    return function(function(value))

def increment(n):
    return n + 1

def pick(flag):
    return increment if flag else abs

print(twice(increment, 5), twice(str, 5), pick(True)(1), pick(False)(-1))
alias = print
alias("through an alias")
print(increment == increment, increment == twice, increment is increment)
increment = 5
print(increment)
