size = 5
for row in range(1, size + 1):
    for column in range(1, size + 1):
        cell = str(row * column)
        print(" " * (4 - len(cell)) + cell, end="" if column < size else "\n")
