print(1 == "1", 1 != "1", None == 0, None == None, None != False)
print(True == 1, False == 0, True == 2, "" == None, "a" == "a")
print(range(0) == range(2, 1), range(3) == range(0, 3, 1), range(0, 3, 2) == range(0, 4, 2), range(3) == 3)
print(print == print, print == len, int == int, int == str)
