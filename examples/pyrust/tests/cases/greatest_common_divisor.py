def gcd(a, b):
    while b:
        a, b = b, a % b
    return a

for a in range(-6, 19, 6):
    print(a, gcd(a, 9), gcd(9, a), gcd(a, 12))
