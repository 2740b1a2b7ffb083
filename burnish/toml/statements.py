"""Where each statement of a TOML text stands. All functions take text that tomli has read already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from burnish.toml.lists import items_of
from burnish.toml.spelling import Path, split_key
from burnish.toml.tokens import Token, grouped, telling, tokens


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A section header or a `key = value`, by offsets in the text.

    `path` counts from the root, `section` is the path of the section that it stands in (its own for a header).
    `start` to `end` are its whole lines with the last line feed, or in an inline table what is between the commas,
    without spaces; `value_start` to `value_end` the bare value.
    """

    kind: Literal["section", "pair"]
    path: Path
    section: Path
    start: int
    end: int
    value_start: int
    value_end: int


def split(text: str) -> list[Statement]:
    """Return the statements of a TOML text in order; blank lines and comments between them are none."""
    statements: list[Statement] = []
    section: Path = ()
    for line in grouped(tokens(text), "newline"):
        if words := telling(line):
            statements.append(_statement(text, words, section, line[0].start(), line[-1].end()))
            section = statements[-1].section
    return statements


def _statement(text: str, words: Sequence[Token], section: Path, start: int, end: int) -> Statement:
    value_end = words[-1].end()
    if words[0].lastgroup == "open":
        path = split_key(text[words[0].start() : value_end])
        return Statement(
            kind="section", path=path, section=path, start=start, end=end, value_start=value_end, value_end=value_end
        )
    equals = next(index for index, word in enumerate(words) if word.lastgroup == "equals")
    return Statement(
        kind="pair",
        path=section + split_key(text[words[0].start() : words[equals].start()]),
        section=section,
        start=start,
        end=end,
        value_start=words[equals + 1].start(),
        value_end=value_end,
    )


def entries_of(text: str, pair: Statement) -> list[Statement]:
    """Return the pairs of the inline table that a pair's value is, none where it is no table."""
    if text[pair.value_start] != "{":
        return []
    items = items_of(text, pair.value_start, pair.value_end)
    return [_statement(text, item.tokens, pair.path, item.start, item.end) for item in items]


def holders_of(text: str, path: Path) -> list[Statement]:
    """Return the pairs on the way to a path, each but the first in the inline table of the one before it.

    The last one's value is the path's, or is what the path would be in.
    """
    holders: list[Statement] = []
    pairs = split(text)
    while found := next((pair for pair in pairs if pair.kind == "pair" and path[: len(pair.path)] == pair.path), None):
        holders.append(found)
        pairs = [] if found.path == path else entries_of(text, found)
    return holders


def pair_at(text: str, path: Path) -> Statement | None:
    """Return the pair that has the value at a path, None where that is not written as one value."""
    holders = holders_of(text, path)
    return holders[-1] if holders and holders[-1].path == path else None


def value_text(text: str, pair: Statement) -> str:
    """Return the text of a pair's value."""
    return text[pair.value_start : pair.value_end]


def replaced(text: str, pair: Statement, value: str) -> str:
    """Return the text with another value in a pair."""
    return text[: pair.value_start] + value + text[pair.value_end :]
