for i in range(3):
    print(i)
else:
    print("for ended")
for i in range(3):
    if i == 1:
        break
else:
    print("not shown")
n = 0
while n < 2:
    n += 1
else:
    print("while ended")
while True:
    break
else:
    print("not shown")
for outer in range(2):
    for inner in range(2):
        if inner == outer:
            break
    else:
        print("no break")
        continue
    print("broke at", inner)
