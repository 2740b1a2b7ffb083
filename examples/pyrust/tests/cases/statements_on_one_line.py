a = 1; b = 2; print(a + b)
if a: print("yes"); c = 3; print(c)
for i in range(2): print(i); print("again")
def f(): x = 5; return x
print(f());
pass; pass
