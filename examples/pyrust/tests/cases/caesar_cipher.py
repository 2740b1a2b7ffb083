def shift(character, distance):
    if "a" <= character <= "z":
        return chr((ord(character) - ord("a") + distance) % 26 + ord("a"))
    return character

def encrypt(text, distance):
    result = ""
    for character in text:
        result += shift(character, distance)
    return result

secret = encrypt("hello, world", 3)
print(secret, encrypt(secret, -3), sep="\n")
