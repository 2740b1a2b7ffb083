x = "global"

def read():
    return x

def shadow():
    x = "local"
    return x

def parameter(x):
    x = x + "!"
    return x

def change():
    global x, y
    x = "changed"
    y = "made"

def loop_is_local():
    for x in range(3):
        pass
    return x

print(read(), shadow(), x, parameter("arg"), x)
change()
print(x, y, read(), loop_is_local(), x)
