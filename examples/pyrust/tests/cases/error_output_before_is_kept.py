for i in range(5):
    print(i, end=" ")
    if i == 3:
        print(1 // (i - 3))
