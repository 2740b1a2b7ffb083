# Many short strings that are made and thrown away: what memory costs.
vowels = "aeiou"
total = 0
for number in range(40000):
    word = ""
    left = number
    while left > 0:
        word = str(left % 10) + vowels[left % 5] + word
        left = left // 10
    if "3o2i" in word + repr(number):
        total += len(word)
print(total)
