# a comment first

x = 1  # a comment at the end of a line
   # an indented comment alone
if x:
# a comment without indentation in a block
    print("in")

        # a deeper comment

    print("still in")  # and here
print("# not a comment", '#')


# the last line is a comment without a newline