"""TOML files of the user: reading what may be hostile, and an edit as one value that is proven before it is used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tomli

from burnish.errors import Refused
from burnish.system.redact import MASK, is_secret, without_users

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
# No known manifest has a tenth of it. tomli needs seconds for a million.
MAX_MARKS = 100_000

TomlValue = str | int | bool | list[str]

ABSENT: Any = object()
"""What stands at a path of keys that leads nowhere; None is a value elsewhere."""
BOM = "\ufeff"
_INTEGERS = range(-(2**63), 2**63)
_CHECK_COMMAND = "cargo metadata --no-deps --format-version 1"
_TOMLI_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)

# Linear on any input: every quantifier is possessive, and what is left open runs to the end of its line or the file.
TOKEN = re.compile(
    r'''(?P<string>"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*+"{0,5}'''
    r"""|'''(?:[^']|'{1,2}(?!'))*+'{0,5}"""
    r"""|"(?:[^"\\\n]|\\[^\n])*+"?"""
    r"""|'[^'\n]*+'?)"""
    r"""|(?P<comment>\#[^\n]*+)"""
    r"""|(?P<newline>\n)"""
    r"""|(?P<space>[ \t\r]++)"""
    r"""|(?P<open>[\[{])|(?P<close>[\]}])|(?P<equals>=)|(?P<comma>,)|(?P<dot>\.)"""
    r"""|(?P<word>[^"'\#\n \t\r\[\]{}=,.]++)""",
)


def read_toml(content: bytes, name: str) -> dict[str, Any]:
    """Parse a TOML file that may be hostile.

    Raise Refused, in one line with the place where it is known, for whatever is not a TOML 1.1 text of a sane size.
    """
    return parse_toml(split_mark(decode(content, name))[1], name)


def decode(content: bytes, name: str) -> str:
    """Give a file's text, a byte order mark included. Raise Refused where it is no text that Cargo could read."""
    if len(content) > MAX_BYTES:
        raise unreadable(name, f"is {len(content):,} bytes long", f"at most {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise unreadable(name + _place(before, len(before)), "is not UTF-8", "a UTF-8 text") from None
    forbidden = re.search(r"\0|\r(?!\n)", text)
    if forbidden:
        what = "a NUL character" if forbidden[0] == "\0" else "a carriage return without its line feed"
        raise unreadable(name + _place(text, forbidden.start()), f"has {what}", "a text file")
    return text


def split_mark(text: str) -> tuple[str, str]:
    """Give a text's byte order mark, empty where it has none, and the rest. tomlkit and tomli refuse the mark."""
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse the text of a TOML file, without its mark. Raise Refused as `read_toml` does."""
    _refuse_bombs(text, name)
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _syntax_error(str(error), name) from None
    except (RecursionError, ValueError):
        raise unreadable(name, "has a value that TOML does not allow", "numbers and dates in range") from None
    _refuse_wide_integers(data, name)
    return data


def refuse_hostile(content: bytes, name: str) -> None:
    """Raise Refused for what would choke a parser, cargo's too. Whether it is TOML is for that parser to say."""
    _refuse_bombs(split_mark(decode(content, name))[1], name)


def unreadable(where: str, what: str, expected: str) -> Refused:
    """Make the refusal of a file that burnish cannot read."""
    return Refused(f"{where} {what}", expected=expected, next_command=_CHECK_COMMAND)


def _place(text: str, offset: int) -> str:
    line_start = text.rfind("\n", 0, offset) + 1
    return f":{text.count(chr(10), 0, offset) + 1}:{offset - line_start + 1}"


def _syntax_error(message: str, name: str) -> Refused:
    match = _TOMLI_PLACE.fullmatch(message)
    reason = match[1] if match else message
    place = f":{match[2]}:{match[3]}" if match and match[2] else ""
    return unreadable(f"{name}{place}", f"is not valid TOML: {reason}", "TOML 1.1, as cargo reads it since 1.94")


def _refuse_bombs(text: str, name: str) -> None:
    """Refuse what would take a parser minutes or its whole stack, before a parser sees it."""
    depth = dots = 0
    # tomli copies a string once for each escape in it.
    marks = text.count("\\")
    for token in TOKEN.finditer(text):
        kind = token.lastgroup
        if kind in {"string", "comment", "space", "word"}:
            continue
        marks += 1
        dots = dots + 1 if kind == "dot" else 0
        depth += (kind == "open") - (kind == "close")
        if max(depth, dots) > MAX_DEPTH:
            where = name + _place(text, token.start())
            raise unreadable(where, "nests too deep", f"at most {MAX_DEPTH} levels")
        if marks > MAX_MARKS:
            raise unreadable(name, f"has more than {MAX_MARKS:,} keys and values", "a file of a sane size")


def _refuse_wide_integers(data: dict[str, Any], name: str) -> None:
    for value in _leaves(data):
        if isinstance(value, int) and value not in _INTEGERS:
            raise unreadable(name, "has an integer of more than 64 bits", "integers of at most 64 bits")


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def same(one: object, other: object) -> bool:
    """Say whether two parsed values are the same: 1, 1.0 and true are three values, and nan is itself."""
    return _comparable(one) == _comparable(other)


def _comparable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return (type(value), repr(value))


def guarded(before: bytes | None, after: bytes, expected: dict[str, Any], name: str) -> Edit:
    """Give the edit, proven: the file afterwards holds exactly the expected data. Raise Refused otherwise."""
    try:
        is_proven = same(read_toml(after, name), expected)
    except Refused:
        is_proven = False
    if not is_proven:
        raise cannot_edit(name)
    return Edit(name=name, before=before, after=after)


def cannot_edit(name: str) -> Refused:
    """Make the refusal of a file whose shape burnish cannot edit without touching more than its own keys."""
    return Refused(
        f"burnish cannot edit {name} safely: the result would not be the file plus exactly our keys",
        expected="a table written as a section, like [profile.release]",
        next_command="burnish plan, after rewriting that table as a section",
    )


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a file is and what it would be: one value for the diff, the no-op check, the write and the tests.

    `before` is None where there is no file. `name` is how messages call it.
    """

    name: str
    before: bytes | None
    after: bytes

    @property
    def changed(self) -> bool:
        """Say whether there is anything to write."""
        return (self.before or b"") != self.after

    def diff(self) -> str:
        """Give the change as a unified diff, empty where there is none. Secrets in it are masked."""
        if not self.changed:
            return ""
        old_name = "/dev/null" if self.before is None else f"a/{self.name}"
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(
                _masked_lines(self.before or b""), _masked_lines(self.after), old_name, f"b/{self.name}"
            )
        )


def _masked_lines(content: bytes) -> list[str]:
    return lines_of(mask_secrets(content.decode("utf-8", "replace")))


def lines_of(text: str) -> list[str]:
    """Split at line feeds only, as TOML, git and patch do, and keep them."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


# Bounded and possessive: a hostile file must not make the search quadratic.
_NAMED_VALUE = re.compile(r"""(?<![\w.\-\\])([\w.\-\\]{1,200})["']?[ \t]*+[=:][ \t]*+(?=\S)""")
_HEADER = re.compile(r"""[ \t]*\[{1,2}[ \t]*["']?([\w\-]*)""")
_ENVIRONMENT = "env"


def mask_secrets(text: str) -> str:
    """Replace the values of keys named for secrets, all of `[env]`, and passwords in addresses.

    The text keeps its lines. It need not be valid TOML.
    """
    masked, section = [], ""
    for part in _logical_lines(text):
        header = _HEADER.match(part)
        section = header[1] if header else section
        masked.append(part if header else _mask_statement(part, section))
    return without_users("".join(masked))


def _logical_lines(text: str) -> Iterator[str]:
    depth = start = 0
    for token in TOKEN.finditer(text):
        depth = max(0, depth + (token.lastgroup == "open") - (token.lastgroup == "close"))
        if token.lastgroup == "newline" and not depth:
            yield text[start : token.end()]
            start = token.end()
    yield text[start:]


def _mask_statement(statement: str, section: str) -> str:
    for named in _NAMED_VALUE.finditer(statement):
        if is_secret(named[1]) or _ENVIRONMENT in (section, named[1].partition(".")[0]):
            return statement[: named.end()] + re.sub(r"[^\r\n]+", MASK, statement[named.end() :])
    return statement


def deep_set(data: dict[str, Any], path: Iterable[str], value: object) -> dict[str, Any]:
    """Give a copy of the data with one more value in it; tables on the way are made where they are not there."""
    key, *rest = path
    inner = data.get(key, {})
    return {**data, key: deep_set(inner, rest, value) if rest else value}


def value_at(data: Any, path: Iterable[str]) -> Any:  # noqa: ANN401 - any TOML value
    """Give the value at a path, ABSENT where there is none."""
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return ABSENT
        data = data[key]
    return data


def table_at(data: dict[str, Any], path: Iterable[str], name: str) -> dict[str, Any]:
    """Give the table at a path, empty where there is none. Raise Refused where something else stands there."""
    table: object = data
    path = tuple(path)
    for depth, key in enumerate(path, 1):
        table = table.get(key, {}) if isinstance(table, dict) else table
        if not isinstance(table, dict):
            raise unreadable(name, f"has {'.'.join(path[:depth])}, which is not a table", "a table")
    return dict(table) if isinstance(table, dict) else {}
