def f():
    return 1

print(f())

def f(n):
    return n

print(f(2))
if True:
    def g(): return "first"
else:
    def g(): return "second"
print(g())
for i in range(2):
    def h(): return i
    print(h())
