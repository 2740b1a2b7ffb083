text = "héllo"
print(text[0], text[1], text[4], text[-1], text[-5])
print("abc"[1] + "xyz"[-2], ("a" + "b")[1], text[1 + 1][0][-1])
for index in range(len(text)):
    print(index, text[index], text[-index])
