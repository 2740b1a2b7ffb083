print('single', "double", 'it\'s', "say \"hi\"", "it's", 'say "hi"')
print("tab\there", "back\\slash", "a\x41\u00e9\U0001F600\101\0z" == "aAé😀A\x00z")
print("\a\b\f\v" == "\x07\x08\x0c\x0b", "\q" == "\\q", len("\1234"))
print(r"raw\n", R'raw\'quote', u"unicode", r"\\")
print("""triple
"quoted" 'text'
""", '''with ''quotes'' inside''')
print("joined \
lines", "", '')
print("héllo", "日本語", "😀")
