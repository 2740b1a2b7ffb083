range("5")
