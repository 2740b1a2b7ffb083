def reverse(text):
    result = ""
    for character in text:
        result = character + result
    return result

for text in "level" "x":
    print(text, end=",")
print()
print(reverse("hello"), reverse(""), reverse("été") == "été")
for n in range(100, 200):
    if reverse(str(n)) == str(n):
        print(n, end=" ")
print()
