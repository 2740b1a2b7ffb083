text = "abc"
print(text[2])
print(text[3])
