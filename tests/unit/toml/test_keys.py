"""Setting and removing one key in a text, in the form that is there."""

from __future__ import annotations

import pytest

from burnish.toml.data import TomlValue
from burnish.toml.keys import remove_empty_table, remove_key, set_key

SET: dict[str, tuple[str, tuple[str, ...], TomlValue, str]] = {
    "no table yet": ("", ("a", "b c"), True, '[a]\n"b c" = true\n'),
    "a value": ("a = 1 # one\n", ("a",), 2, "a = 2 # one\n"),
    "a section": ("[a]\n\tb = 1\n\n[c]\n", ("a", "d"), 2, "[a]\n\tb = 1\n\td = 2\n\n[c]\n"),
    "dotted keys": ("a.b = 1\r\nc = 1\r\n", ("a", "d"), 2, "a.b = 1\r\na.d = 2\r\nc = 1\r\n"),
    "an inline table": ("a = { b = 1 }\n", ("a", "c", "d"), "x", 'a = { b = 1, c = { d = "x" } }\n'),
    "a string that grows": ("a = 'x'\n", ("a",), "x y", "a = 'x y'\n"),
    "a string that grows in lines": ('a = """\nx\n"""\n', ("a",), "x\ny", 'a = """\nx\ny"""\n'),
    "a string that grows by a quote": ("a = 'x'\n", ("a",), "x'", 'a = "x\'"\n'),
    "a string that grows by a tab": ("a = 'x'\n", ("a",), "x\t", 'a = "x\\t"\n'),
    "another string": ("a = 'x' # y\n", ("a",), "y", 'a = "y" # y\n'),
    "an array": ("a = ['x', 'y'] # z\n", ("a",), ["y", "z"], "a = ['y', \"z\"] # z\n"),
    "an array in lines": ("a = [\n  'x', # 1\n]\n", ("a",), ["x", "y", "z"], 'a = [\n  \'x\', # 1\n  "y", "z",\n]\n'),
    "an array for a string": ("a = 'x'\n", ("a",), ["x"], 'a = ["x"]\n'),
}


@pytest.mark.parametrize("case", SET)
def test_set_key_writes_in_the_form_that_is_there(case: str) -> None:
    """No other character changes, and a second time none at all."""
    before, path, value, after = SET[case]
    assert set_key(before, path, value) == after
    assert set_key(after, path, value) == after


REMOVED = {
    "a line": ("a = 1\nb = 2\n", ("a",), "b = 2\n"),
    "the last line": ("a = 1\nb = 2", ("b",), "a = 1\n"),
    "a line with comments": ("a = [ # 1  \r\n  1, # 2\r\n] # 3", ("a",), "# 1  \r\n# 2\r\n# 3"),
    "an only pair": ("a = { b = { c = 1 } }\n", ("a", "b", "c"), "a = { b = {} }\n"),
    "a pair": ("a = { b = 1, c = 2, d = 3 }\n", ("a", "c"), "a = { b = 1, d = 3 }\n"),
    "a pair in lines": ("a = {\n  b = 1, # 1\n  c = 2, # 2\n}\n", ("a", "c"), "a = {\n  b = 1, # 1\n  # 2\n}\n"),
    "nothing": ("a = 1\n", ("b",), "a = 1\n"),
    "nothing in a list": ("a = [{ b = 1 }]\n", ("a", "b"), "a = [{ b = 1 }]\n"),
}


@pytest.mark.parametrize("case", REMOVED)
def test_remove_key_leaves_all_else(case: str) -> None:
    """Comments stay too, as lines where the value was."""
    before, path, after = REMOVED[case]
    assert remove_key(before, path) == after


EMPTY = {
    "an empty section": ("[b]\n\n[a]\n[c]\n", "[b]\n[c]\n"),
    "an empty inline table": ("a = {}\nb = 1\n", "b = 1\n"),
    "a section with a key": ("[a]\nb = 1\n", "[a]\nb = 1\n"),
    "a section with a comment": ("[a]\n# mine\n", "[a]\n# mine\n"),
    "a section with a comment behind it": ("[a] # mine\n", "[a] # mine\n"),
    "the comment of the next section": ("[a]\n\n# b\n[b]\n", "\n# b\n[b]\n"),
    "a list": ("a = [{}]\n", "a = [{}]\n"),
}


@pytest.mark.parametrize("case", EMPTY)
def test_remove_empty_table_takes_only_what_is_bare(case: str) -> None:
    """A table that holds anything, be it a comment, stays."""
    before, after = EMPTY[case]
    assert remove_empty_table(before, ("a",)) == after
