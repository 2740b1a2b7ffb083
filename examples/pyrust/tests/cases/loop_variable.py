for i in range(3):
    print(i)
    i = 10
    print(i)
print(i)
stop = 2
for j in range(stop):
    stop = 100
    print(j)
