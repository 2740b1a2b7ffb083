print("not run")
if True
    print(1)
