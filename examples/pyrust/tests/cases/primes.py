def is_prime(n):
    if n < 2:
        return False
    divisor = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True

line = ""
for n in range(100):
    if is_prime(n):
        line += str(n) + " "
print(line)
