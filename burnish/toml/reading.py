"""Reading a TOML file that may be hostile: what would choke a parser is refused before one sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tomli

from burnish.errors import not_toml, unreadable
from burnish.toml.tokens import tokens

MAX_TOML_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
# No known manifest has a tenth of it. tomli needs seconds for a million.
MAX_MARKS = 100_000

BOM = "\ufeff"
_INTEGERS = range(-(2**63), 2**63)
_TOMLI_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def read_toml(content: bytes, name: str) -> dict[str, Any]:
    """Parse a TOML file that may be hostile.

    Raise Refused, in one line with the place where it is known, for whatever is not a TOML 1.1 text of a sane size.
    """
    return parse_toml(split_mark(decoded_text(content, name))[1], name)


def decoded_text(content: bytes, name: str) -> str:
    """Return a file's text, a byte order mark included. Raise Refused where it is no text."""
    if len(content) > MAX_TOML_BYTES:
        raise unreadable(name, f"is {len(content):,} bytes long", f"at most {MAX_TOML_BYTES:,} bytes")
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
    """Return a text's byte order mark, empty where it has none, and the rest. tomlkit and tomli refuse the mark."""
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse the text of a TOML file, without its mark. Raise Refused as `read_toml` does."""
    _refuse_bombs(text, name)
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        match = _TOMLI_PLACE.fullmatch(str(error))
        place = f":{match[2]}:{match[3]}" if match and match[2] else ""
        raise not_toml(f"{name}{place}", match[1] if match else str(error)) from None
    except (RecursionError, ValueError):
        raise unreadable(name, "has a value that TOML does not allow", "numbers and dates in range") from None
    _refuse_wide_integers(data, name)
    return data


def refuse_hostile(content: bytes, name: str) -> None:
    """Raise Refused for what would choke any parser. Whether it is TOML is for that parser to say."""
    _refuse_bombs(split_mark(decoded_text(content, name))[1], name)


def _place(text: str, offset: int) -> str:
    line_start = text.rfind("\n", 0, offset) + 1
    return f":{text.count(chr(10), 0, offset) + 1}:{offset - line_start + 1}"


def _refuse_bombs(text: str, name: str) -> None:
    """Refuse what would take a parser minutes or its whole stack, before a parser sees it."""
    depth = dots = 0
    # tomli copies a string once for each escape in it.
    marks = text.count("\\")
    for token in tokens(text):
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
