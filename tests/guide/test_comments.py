"""What the comments of a TOML file say of its keys."""

from __future__ import annotations

from guide.comments import comments_of_keys, definitions

TEXT = """\
# Of the file.

# Of a,
# in two lines.
a = 1
b = 2

[table]
# Of c.
c = 3  # beside it
[table.inner]
d = 4
"""


def test_key_has_the_comment_directly_above_it() -> None:
    """No key has that of another one, or of the file."""
    assert comments_of_keys(TEXT) == {"a": "Of a, in two lines.", "b": "", "table.c": "Of c.", "table.inner.d": ""}


def test_definitions_go_on_in_further_lines() -> None:
    """Several names may share one; other text ends it."""
    text = "#   a, b   what they\n#          mean\n# text\n#          more text\n#   c   another\n"
    assert definitions(text) == {"a": "what they mean", "b": "what they mean", "c": "another"}
