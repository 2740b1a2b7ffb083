for character in "héy😀":
    print(character, ord(character))
for character in "":
    print("never")
count = 0
for a in "abc":
    for b in "abc":
        if a < b:
            count += 1
print(count)
