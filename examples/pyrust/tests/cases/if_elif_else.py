for n in range(-2, 5):
    if n < 0:
        print(n, "negative")
    elif n == 0:
        print(n, "zero")
    elif n % 2 == 0:
        if n == 4:
            print(n, "four")
        else:
            print(n, "even")
    else:
        print(n, "odd")
if 1: print("same"); print("line")
if 0: print("no"); print("no")
print("after")
