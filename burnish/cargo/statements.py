"""Surgery on the text of a TOML file: where each statement stands, and how to set or remove one key.

What is not ours is copied by slices, so it cannot change. tomlkit writes the keys and values, and edits arrays and
inline tables one statement at a time. All functions take text that tomli has read already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import tomli
import tomlkit

from burnish.cargo.arrays import extended, with_items, without_item
from burnish.cargo.toml import TOKEN, TomlValue

Path = tuple[str, ...]
_KEY_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|\'[^\']*+\'|[A-Za-z0-9_-]++')
_SILENT = frozenset({"space", "comment", "newline"})


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A section header or a `key = value`, by offsets in the text.

    `path` counts from the root, `section` is the path of the section that it stands in (its own for a header).
    `start` to `end` are its whole lines with the last line feed; `value_start` to `value_end` the bare value.
    """

    kind: Literal["section", "pair"]
    path: Path
    section: Path
    start: int
    end: int
    value_start: int
    value_end: int


def split(text: str) -> list[Statement]:
    """Give the statements of a TOML text in order; blank lines and comments between them are none."""
    statements: list[Statement] = []
    section: Path = ()
    for tokens in _statement_tokens(text):
        statement = _statement(text, tokens, section)
        if statement:
            section = statement.section
            statements.append(statement)
    return statements


def _statement_tokens(text: str) -> Iterator[list[re.Match[str]]]:
    depth = 0
    tokens: list[re.Match[str]] = []
    for token in TOKEN.finditer(text):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        tokens.append(token)
        if token.lastgroup == "newline" and not depth:
            yield tokens
            tokens = []
    if tokens:
        yield tokens


def _statement(text: str, tokens: Sequence[re.Match[str]], section: Path) -> Statement | None:
    telling = [token for token in tokens if token.lastgroup not in _SILENT]
    if not telling:
        return None
    start, end, value_end = tokens[0].start(), tokens[-1].end(), telling[-1].end()
    if telling[0].lastgroup == "open":
        path = split_key(text[telling[0].start() : value_end])
        return Statement(
            kind="section", path=path, section=path, start=start, end=end, value_start=value_end, value_end=value_end
        )
    equals = next(index for index, token in enumerate(telling) if token.lastgroup == "equals")
    return Statement(
        kind="pair",
        path=section + split_key(text[telling[0].start() : telling[equals].start()]),
        section=section,
        start=start,
        end=end,
        value_start=telling[equals + 1].start(),
        value_end=value_end,
    )


def split_key(text: str) -> Path:
    """Take a dotted key apart, as `package."*".opt-level`."""
    return tuple(_bare_key(part) for part in _KEY_PART.findall(text))


def _bare_key(part: str) -> str:
    if part.startswith('"') and "\\" in part:
        return str(tomli.loads(f"key = {part}")["key"])
    return part[1:-1] if part[0] in "\"'" else part


def newline_of(text: str) -> str:
    """Give the line ending that most lines of a text have."""
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


Place = Callable[[str, Sequence[Statement]], int]


def at_the_end(text: str, _statements: Sequence[Statement]) -> int:
    """Place a new section at the end of the file."""
    return len(text)


def set_key(text: str, path: Path, value: TomlValue, place: Place = at_the_end) -> str:
    """Set one key in whatever form its table is written in; `place` says where a new section would go."""
    statements = split(text)
    holder = holder_of(text, path)
    if holder and holder.path == path:
        return replaced(text, holder, _rewritten(value_text(text, holder), value, newline_of(text)))
    if holder:
        return _inserted_inline(text, holder, path, value)
    neighbour = _neighbour(statements, path[:-1])
    if neighbour:
        return _inserted_below(text, neighbour, path[len(neighbour.section) :], value)
    return _inserted_section(text, place(text, statements), path, value)


def holder_of(text: str, path: Path) -> Statement | None:
    """Give the pair whose value is the path's value, or the innermost inline table that it would be in."""
    holder, pairs = None, split(text)
    while found := next((pair for pair in pairs if pair.kind == "pair" and path[: len(pair.path)] == pair.path), None):
        holder, pairs = found, [] if found.path == path else _entries(text, found)
    return holder


def _entries(text: str, table: Statement) -> list[Statement]:
    """Give the pairs of an inline table; `start` and `end` are without the commas and spaces around them."""
    chunks: list[list[re.Match[str]]] = [[]]
    depth = 0
    for token in [*TOKEN.finditer(text, table.value_start, table.value_end)][1:-1]:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup == "comma" and not depth:
            chunks.append([])
        elif token.lastgroup not in _SILENT:
            chunks[-1].append(token)
    return [entry for chunk in chunks if (entry := _statement(text, chunk, table.path))]


def value_text(text: str, pair: Statement) -> str:
    """Give the text of a pair's value."""
    return text[pair.value_start : pair.value_end]


def replaced(text: str, statement: Statement, value: str) -> str:
    """Give the text with another value in a statement."""
    return text[: statement.value_start] + value + text[statement.value_end :]


def _neighbour(statements: Sequence[Statement], table: Path) -> Statement | None:
    """Give the last statement of a table that is written as a section, else as dotted keys, else of its dotted parent.

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


def _pair(key: Path, value: TomlValue) -> str:
    return f"{join_key(key)} = {literal(value)}"


def join_key(path: Path) -> str:
    """Write the dotted key of a path."""
    return ".".join(tomlkit.key(part).as_string() for part in path)


def _inserted_inline(text: str, table: Statement, path: Path, value: TomlValue) -> str:
    """Put a pair behind the last one of an inline table, or behind the dotted keys that define its own table."""
    entries = _entries(text, table)
    depth = len(table.path)
    dotted = [entry for entry in entries if entry.path[depth] == path[depth]]
    pair = _pair(path[depth:], value) if dotted else _pair(path[-1:], value)
    for key in () if dotted else reversed(path[depth:-1]):
        pair = f"{join_key((key,))} = {{ {pair} }}"
    if dotted and dotted[-1] != entries[-1]:
        offset = dotted[-1].value_end
        return f"{text[:offset]}, {pair}{text[offset:]}"
    return replaced(text, table, extended(value_text(text, table), [pair], newline_of(text)))


def _rewritten(old: str, value: TomlValue, newline: str) -> str:
    """Give a value's text with another value; an array stays as it is written around what changes."""
    if old.startswith("[") and isinstance(value, list):
        return with_items(old, value, newline)
    return literal(value)


def literal(value: TomlValue) -> str:
    """Write a value."""
    return tomlkit.item(value).as_string()


def remove_key(text: str, path: Path) -> str:
    """Remove one key that is there. Comments in and behind its value become lines: they may be the user's."""
    holder = holder_of(text, path)
    if holder is None or holder.path != path:
        return text
    if holder not in split(text):
        return _removed_inline(text, holder)
    tokens = TOKEN.finditer(text, holder.value_start, holder.end)
    comments = "".join(text[token.start() : token.end() + 1] for token in tokens if token.lastgroup == "comment")
    return text[: holder.start] + comments + text[holder.end :]


def _removed_inline(text: str, entry: Statement) -> str:
    table = next(each for each in _inline_tables(text, entry.path) if entry in _entries(text, each))
    entries = _entries(text, table)
    rest = without_item(value_text(text, table), entries.index(entry))
    is_bare = len(entries) == 1 and not rest.strip("{} \t\r\n")
    return replaced(text, table, "{}" if is_bare else rest)


def _inline_tables(text: str, path: Path) -> Iterator[Statement]:
    """Give the inline tables on the way to a path."""
    for depth in range(1, len(path)):
        holder = holder_of(text, path[:depth])
        if holder and text[holder.value_start] == "{":
            yield holder


def remove_empty_table(text: str, path: Path) -> str:
    """Remove a table in which nothing at all stands: its header and the blank line above that, or its `{}`."""
    holder = holder_of(text, path)
    if holder and holder.path == path and value_text(text, holder) == "{}":
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
