for dividend in range(-7, 8):
    for divisor in range(-3, 4):
        if divisor != 0:
            print(dividend, divisor, dividend // divisor, dividend % divisor)
