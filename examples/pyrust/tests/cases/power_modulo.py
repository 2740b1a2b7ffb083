def power_modulo(base, exponent, modulus):
    result = 1
    base %= modulus
    while exponent > 0:
        if exponent % 2 == 1:
            result = result * base % modulus
        exponent //= 2
        base = base * base % modulus
    return result

print(power_modulo(2, 100, 1000007), power_modulo(-3, 77, 998), power_modulo(5, 0, 7))
