x = 1
if x:
    print('carriage')
    print('''two
lines''')
print('done')
