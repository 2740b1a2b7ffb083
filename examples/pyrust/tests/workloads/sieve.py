# Loops, comparisons and indexing, with hardly a call: primes by a string of marks.
limit = 900
marks = "." * (limit + 1)
primes = 0
for candidate in range(2, limit + 1):
    if marks[candidate] == ".":
        primes += 1
        kept = ""
        for place in range(limit + 1):
            is_multiple = place > candidate and place % candidate == 0
            kept += "x" if is_multiple else marks[place]
        marks = kept
print(primes)
