while = 5
