moves = 0

def hanoi(n, source, target, spare):
    global moves
    if n == 0:
        return
    hanoi(n - 1, source, spare, target)
    moves += 1
    if n > 2:
        print("disc", n, "from", source, "to", target)
    hanoi(n - 1, spare, target, source)

hanoi(5, "a", "c", "b")
print(moves, "moves")
