n = 3
while n:
    print(n)
    n -= 1
while True:
    n += 1
    if n == 2:
        continue
    if n == 5:
        break
    print("n is", n)
while n < 7: n += 1
print(n)
