"""Where each statement of a TOML text stands."""

from __future__ import annotations

import pytest

from burnish.toml.statements import entries_of, holders_of, pair_at, split, value_text
from burnish.toml.tokens import tokens

TEXT = """\
# [not.a.section]
a."b c".'d' = \"\"\"
[no]
x = 1 \"\"\" # = 2
  [[e . "\\u0066"]] # [g]
h = [
  "]", # ]
  { i = 1 },
]

j = { k = { l = 1, 'm'.n = [2] }, o = 3 }"""


def test_split_finds_every_statement() -> None:
    """Headers and pairs with their paths, and nothing in strings, comments, arrays and inline tables."""
    found = split(TEXT)
    assert [(each.kind, each.path, each.section) for each in found] == [
        ("pair", ("a", "b c", "d"), ()),
        ("section", ("e", "f"), ("e", "f")),
        ("pair", ("e", "f", "h"), ("e", "f")),
        ("pair", ("e", "f", "j"), ("e", "f")),
    ]
    assert [value_text(TEXT, each) for each in found[1:3]] == ["", '[\n  "]", # ]\n  { i = 1 },\n]']
    assert "".join(TEXT[each.start : each.end] for each in found) == TEXT.removeprefix("# [not.a.section]\n").replace(
        "\n\n", "\n"
    )


def test_holders_of_lead_into_inline_tables() -> None:
    """Each holder is in the table of the one before it; a pair that leads no further is the last."""
    assert [each.path[2:] for each in holders_of(TEXT, ("e", "f", "j", "k", "m", "n"))] == [
        ("j",),
        ("j", "k"),
        ("j", "k", "m", "n"),
    ]
    assert [each.path[2:] for each in holders_of(TEXT, ("e", "f", "j", "k", "new"))] == [("j",), ("j", "k")]
    assert [each.path[2:] for each in holders_of(TEXT, ("e", "f", "h", "i"))] == [("h",)]
    assert holders_of(TEXT, ("new",)) == []


@pytest.mark.parametrize("path", [("a",), ("e", "f"), ("e", "f", "h", "i"), ("e", "f", "j", "k", "m")])
def test_pair_at_is_none_where_nothing_is_written_as_one_value(path: tuple[str, ...]) -> None:
    """Not a section, dotted keys, or what stands in an array."""
    assert pair_at(TEXT, path) is None


@pytest.mark.parametrize("text", ["a = 1", "a = '{'", "a = [{ b = 1 }, 2]", "a = {}", "a = { # }\n}"])
def test_entries_of_are_none_where_there_are_none(text: str) -> None:
    """An array of inline tables is no table."""
    assert entries_of(text, split(text)[0]) == []


@pytest.mark.parametrize("text", [TEXT, '"', "'''", '"""\\', "a\\\r\u2028 = ]]{", "", "\x00#\x7f"])
def test_tokens_cover_any_text(text: str) -> None:
    """Together they are the whole text, also where it is no TOML."""
    assert "".join(token[0] for token in tokens(text)) == text
