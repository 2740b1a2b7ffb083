if True:
  print('two')
  if True:
          print('ten')
  print('two')
if True:
	print('tab')
	if True:
		print('two tabs')
	print('tab')
if True:
 	print('space and tab')
 	print('space and tab')
if True: print('one line')


if True:

    print('blank lines')
   
    print('blank with spaces')
