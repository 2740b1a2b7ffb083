for i in range(3):
    for j in range(3):
        if j == 1:
            continue
        if i == 1:
            break
        print(i, j)
i = 0
while i < 10:
    i += 1
    if i % 2: continue
    if i > 6: break
    for k in range(i):
        if k == 2: break
    print(i, k)
