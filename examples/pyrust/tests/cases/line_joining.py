total = (1 +
    2 +  # a comment within
  3)
print(total)
print(
    "a",
    "b"

    , "c",
)
value = 1 + \
    2
print(value)
if (total == 6 and
        value == 3):
    print("joined")
print("abc"[
    1
])

def f(
    a,
    b
):
    return (
        a
        - b
    )

print(f(
    5, 3))
