"""Setting and removing one key in the text of a TOML file, in whatever form its table is written.

What is not ours is copied by slices, so it cannot change. All functions take text that tomli has read already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from burnish.toml.data import TomlValue
from burnish.toml.lists import extended, without_item
from burnish.toml.spelling import Path, join_key, literal, value_of
from burnish.toml.statements import Statement, entries_of, holders_of, pair_at, replaced, split, value_text
from burnish.toml.tokens import newline_of, tokens

# Takes the text, its statements and the path of a new section; returns the offset where that goes.
Place = Callable[[str, Sequence[Statement], Path], int]
_ESCAPED = frozenset("\"'\\")


def at_the_end(text: str, _statements: Sequence[Statement], _section: Path) -> int:
    """Place a new section at the end of the file."""
    return len(text)


def set_key(text: str, path: Path, value: TomlValue, place: Place = at_the_end) -> str:
    """Set one key of a table; `place` says where a new section would go. A new key of the root is not for it."""
    holders = holders_of(text, path)
    if holders and holders[-1].path == path:
        return replaced(text, holders[-1], _rewritten(value_text(text, holders[-1]), value, newline_of(text)))
    if holders:
        return _inserted_inline(text, holders[-1], path, value)
    statements = split(text)
    neighbour = _neighbour(statements, path[:-1])
    if neighbour:
        return _inserted_below(text, neighbour, path[len(neighbour.section) :], value)
    return _inserted_section(text, place(text, statements, path[:-1]), path, value)


def _rewritten(old: str, value: TomlValue, newline: str) -> str:
    """Return a value's text with another value: an array, or a string that only grows, stays as it is written."""
    present = value_of(old)
    if isinstance(present, list) and isinstance(value, list):
        return _with_items(old, present, value, newline)
    if isinstance(present, str) and isinstance(value, str) and value.startswith(present):
        return _grown(old, value[len(present) :]) or literal(value)
    return literal(value)


def _grown(text: str, tail: str) -> str | None:
    """Return a string's text with more in its quotes, or None where that must be written in another way."""
    quotes = 3 if text.startswith(('"""', "'''")) else 1
    is_plain = tail.isprintable() and not _ESCAPED & set(tail)
    return text[:-quotes] + tail + text[-quotes:] if is_plain else None


def _with_items(array: str, present: Sequence[object], wanted: Sequence[str], newline: str) -> str:
    """Return an array's text with the wanted items, by removing and appending only. `newline` ends lines of ours."""
    rest = list(wanted)
    unwanted = []
    for index, item in enumerate(present):
        if rest[:1] == [item]:
            del rest[0]
        else:
            unwanted.append(index)
    for index in reversed(unwanted):
        array = without_item(array, index)
    return extended(array, [literal(item) for item in rest], newline) if rest else array


def _neighbour(statements: Sequence[Statement], table: Path) -> Statement | None:
    """Return the last statement of a table written as a section, else as dotted keys, else of its dotted parent.

    A section for a table beside dotted keys of its parent would be legal, yet parsers disagree on it.
    """
    own = [statement for statement in statements if statement.section == table]
    if own:
        return own[-1]
    for depth in range(len(table), 0, -1):
        dotted = [
            statement
            for statement in statements
            if statement.kind == "pair" and len(statement.section) < depth and statement.path[:depth] == table[:depth]
        ]
        if dotted:
            return dotted[-1]
    return None


def _inserted_below(text: str, neighbour: Statement, key: Path, value: TomlValue) -> str:
    indent = re.match(r"[ \t]*", text[neighbour.start :])
    line = f"{indent[0] if indent else ''}{_pair(key, value)}"
    head, tail = text[: neighbour.end], text[neighbour.end :]
    newline = newline_of(text)
    return f"{head}{line}{newline}{tail}" if head.endswith("\n") else f"{head}{newline}{line}{tail}"


def _inserted_section(text: str, offset: int, path: Path, value: TomlValue) -> str:
    newline = newline_of(text)
    head, tail = text[:offset], text[offset:]
    lines = [f"[{join_key(path[:-1])}]", _pair(path[-1:], value)]
    section = newline.join(lines)
    if head and not head.endswith("\n"):
        return f"{head}{newline * 2}{section}{tail}"
    gap = newline if head and not re.search(r"(?:^|\n)[ \t\r]*\n\Z", head) else ""
    following = newline if tail and not re.match(r"[ \t\r]*(?:\n|\Z)", tail) else ""
    return f"{head}{gap}{section}{newline}{following}{tail}"


def _inserted_inline(text: str, table: Statement, path: Path, value: TomlValue) -> str:
    """Put a pair behind the last one of an inline table, or behind the dotted keys that define its own table."""
    entries = entries_of(text, table)
    depth = len(table.path)
    dotted = [entry for entry in entries if entry.path[depth] == path[depth]]
    pair = _pair(path[depth:], value) if dotted else _pair(path[-1:], value)
    for key in () if dotted else reversed(path[depth:-1]):
        pair = f"{join_key((key,))} = {{ {pair} }}"
    if dotted and dotted[-1] != entries[-1]:
        offset = dotted[-1].value_end
        return f"{text[:offset]}, {pair}{text[offset:]}"
    return replaced(text, table, extended(value_text(text, table), [pair], newline_of(text)))


def _pair(key: Path, value: TomlValue) -> str:
    return f"{join_key(key)} = {literal(value)}"


def remove_key(text: str, path: Path) -> str:
    """Remove one key that is written as one value. Comments in and behind it become lines: they may be the user's."""
    holders = holders_of(text, path)
    if not holders or holders[-1].path != path:
        return text
    pair = holders[-1]
    if len(holders) > 1:
        return _removed_inline(text, holders[-2], entries_of(text, holders[-2]).index(pair))
    behind = [token for token in tokens(text, pair.value_start, pair.end) if token.lastgroup == "comment"]
    kept = "".join(text[comment.start() : comment.end() + 1] for comment in behind)
    return text[: pair.start] + kept + text[pair.end :]


def _removed_inline(text: str, table: Statement, index: int) -> str:
    rest = without_item(value_text(text, table), index)
    return replaced(text, table, rest if rest.strip("{} \t\r\n") else "{}")


def remove_empty_table(text: str, path: Path) -> str:
    """Remove a table in which nothing at all stands: its header and the blank line above that, or its `{}`."""
    pair = pair_at(text, path)
    if pair and value_text(text, pair) == "{}":
        return remove_key(text, path)
    statements = split(text)
    for header, following in zip(statements, [*statements[1:], None], strict=False):
        if header.kind == "section" and header.path == path and _is_bare(text, header, following):
            above = re.sub(r"(\A|\n)[ \t]*\r?\n\Z", r"\1", text[: header.start])
            return above + text[header.end :]
    return text


def _is_bare(text: str, header: Statement, following: Statement | None) -> bool:
    if following and following.kind == "pair":
        return False
    below = text[header.end : following.start if following else len(text)]
    # A comment after a blank line is taken for the next section's; straight below the header it is this one's.
    return "#" not in text[header.value_end : header.end] and not re.match(r"[ \t]*#", below)
