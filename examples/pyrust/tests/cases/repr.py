print(repr("plain"), repr("it's"), repr('say "hi"'), repr("both ' and \""))
print(repr("tab\t line\n return\r back\\ bell\x07 nul\0 del\x7f"))
print(repr(1), repr(-5), repr(True), repr(None), repr(range(3)), repr("é😀"), repr(""))
print(repr(repr("a")))
