print(1 in "123")
