"""Surgery on the text of an array or an inline table, which are both lists in brackets.

Items go or are put behind the last one; all else, comments included, stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tomli
import tomlkit

from burnish.cargo.toml import TOKEN

_SILENT = frozenset({"space", "comment", "newline"})


@dataclass(frozen=True, kw_only=True)
class _Item:
    """An item by its offsets in the list's text; `comma` is that of the comma behind it, None where it has none."""

    start: int
    end: int
    comma: int | None


# Stands for the item before the first: what comes next goes behind the opening bracket.
_NONE = _Item(start=0, end=1, comma=0)


def with_items(array: str, wanted: Sequence[str], newline: str) -> str:
    """Give an array's text with the wanted items, by removing and appending only. `newline` ends lines of ours."""
    rest = list(wanted)
    unwanted = []
    for index, value in enumerate(tomli.loads(f"value = {array}")["value"]):
        if rest[:1] == [value]:
            del rest[0]
        else:
            unwanted.append(index)
    for index in reversed(unwanted):
        array = without_item(array, index)
    return extended(array, [_literal(value) for value in rest], newline) if rest else array


def _literal(value: str) -> str:
    return tomlkit.item(value).as_string()


def _items(array: str) -> list[_Item]:
    items: list[_Item] = []
    start = end = None
    for token in _top_level(array):
        if token.lastgroup == "comma":
            items.append(_Item(start=start or 0, end=end or 0, comma=token.start()))
            start = None
        elif token.lastgroup not in _SILENT:
            start, end = token.start() if start is None else start, token.end()
    return items if start is None else [*items, _Item(start=start, end=end or 0, comma=None)]


def _top_level(array: str) -> Iterator[re.Match[str]]:
    """Give the tokens between the brackets; what stands in brackets of its own holds no comma of ours."""
    depth = 0
    for token in [*TOKEN.finditer(array)][1:-1]:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if not (depth and token.lastgroup == "comma"):
            yield token


def without_item(array: str, index: int) -> str:
    """Take one item out, and the comma that parted it from its neighbour."""
    items = _items(array)
    item = items[index]
    comma = item.comma if item.comma is not None or not index else items[index - 1].comma
    if comma is None:
        return _cut(array, item.start, item.end)
    start, end = min(comma, item.start), max(comma + 1, item.end)
    between = array[item.end : comma] if comma > item.start else array[comma + 1 : item.start]
    if not between.strip():
        return _cut(array, start, end)
    for piece in sorted(((item.start, item.end), (comma, comma + 1)), reverse=True):
        array = _cut(array, *piece)
    return array


def _cut(array: str, start: int, end: int) -> str:
    """Cut a piece out, with the spaces behind it where another item follows, or with its line where nothing else is."""
    is_first = re.search(r"\n[ \t]*\Z", array[:start])
    is_last = re.match(r"[ \t]*\r?\n", array[end:])
    if is_first and is_last:
        return array[: is_first.start() + 1] + array[end + is_last.end() :]
    tail = array[end:]
    return array[:start] + (tail.lstrip(" \t") if array[end - 1] == "," and not is_last else tail)


def extended(array: str, added: Sequence[str], newline: str) -> str:
    """Put written items behind the last one: on a line of their own where the closing bracket has one."""
    written = ", ".join(added)
    items = _items(array)
    last = next(reversed(items), _NONE)
    behind = last.end if last.comma is None else last.comma + 1
    comma = "," if last.comma is None else ""
    head, line_feed, closing = array[behind:].rpartition("\n")
    if line_feed:
        indent = _indent(array, items)
        return f"{array[:behind]}{comma}{head}{line_feed}{indent}{written},{newline}{closing}"
    if last is _NONE:
        return f"[{written}{array[1:]}" if array.startswith("[") else f"{{ {written} }}"
    return f"{array[:behind]}{comma} {written}{'' if comma else ','}{array[behind:]}"


def _indent(array: str, items: Sequence[_Item]) -> str:
    """Return what stands before the last item that begins a line."""
    begins = (re.search(r"\n([ \t]*)\Z", array[: item.start]) for item in reversed(items))
    return next((found[1] for found in begins if found), "    ")
