print("start")
later()

def later():
    pass
