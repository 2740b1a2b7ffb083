"""Surgery on the text of an array or an inline table, which are both lists in brackets.

Items go or are put behind the last one; all else, comments included, stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.toml.tokens import Token, grouped, telling, tokens


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item of a list by its tokens; `comma` is the offset of the comma behind it, None where it has none."""

    tokens: Sequence[Token]
    comma: int | None

    @property
    def start(self) -> int:
        """Return the offset of its first character."""
        return self.tokens[0].start()

    @property
    def end(self) -> int:
        """Return the offset behind its last character."""
        return self.tokens[-1].end()


def items_of(text: str, start: int = 0, end: int | None = None) -> list[Item]:
    """Return the items of the list that a text, or a piece of it, is."""
    found = []
    for group in grouped([*tokens(text, start, end)][1:-1], "comma"):
        comma = group.pop().start() if group[-1].lastgroup == "comma" else None
        if words := telling(group):
            found.append(Item(tokens=words, comma=comma))
    return found


def without_item(text: str, index: int) -> str:
    """Take one item out of a list, and the comma that parted it from its neighbour."""
    items = items_of(text)
    item = items[index]
    comma = item.comma if item.comma is not None or not index else items[index - 1].comma
    if comma is None:
        return _cut(text, item.start, item.end)
    between = text[item.end : comma] if comma > item.start else text[comma + 1 : item.start]
    if not between.strip():
        return _cut(text, min(comma, item.start), max(comma + 1, item.end))
    for start, end in sorted(((item.start, item.end), (comma, comma + 1)), reverse=True):
        text = _cut(text, start, end)
    return text


def _cut(text: str, start: int, end: int) -> str:
    """Cut a piece out, with the spaces behind it where another item follows, or with its line where nothing else is."""
    is_first = re.search(r"\n[ \t]*\Z", text[:start])
    is_last = re.match(r"[ \t]*\r?\n", text[end:])
    if is_first and is_last:
        return text[: is_first.start() + 1] + text[end + is_last.end() :]
    tail = text[end:]
    return text[:start] + (tail.lstrip(" \t") if text[end - 1] == "," and not is_last else tail)


def extended(text: str, added: Sequence[str], newline: str) -> str:
    """Put written items behind the last one: on a line of their own where the closing bracket has one."""
    written = ", ".join(added)
    items = items_of(text)
    behind, is_parted = _behind(items)
    comma = "" if is_parted else ","
    head, line_feed, closing = text[behind:].rpartition("\n")
    if line_feed:
        return f"{text[:behind]}{comma}{head}{line_feed}{_indent(text, items)}{written},{newline}{closing}"
    if not items:
        return f"[{written}{text[1:]}" if text.startswith("[") else f"{{ {written} }}"
    return f"{text[:behind]}{comma} {written}{',' if is_parted else ''}{text[behind:]}"


def _behind(items: Sequence[Item]) -> tuple[int, bool]:
    """Return the offset where an item can follow, and whether no comma is needed for that."""
    if not items:
        return 1, True
    comma = items[-1].comma
    return (items[-1].end, False) if comma is None else (comma + 1, True)


def _indent(text: str, items: Sequence[Item]) -> str:
    """Return what stands before the last item that begins a line."""
    begins = (re.search(r"\n([ \t]*)\Z", text[: item.start]) for item in reversed(items))
    return next((found[1] for found in begins if found), "    ")
