print(None >= None)
