"""The tokens of a text that may be TOML, for whoever must know where something stands in it. They cover any text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Token = re.Match[str]
# Linear on any input: every quantifier is possessive, and what is left open runs to the end of its line or the file.
_TOKEN = re.compile(
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
_SILENT = frozenset({"space", "comment", "newline"})


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Return the tokens of a text or a piece of it. `lastgroup` is the kind; together they are the whole text."""
    return _TOKEN.finditer(text, start, len(text) if end is None else end)


def grouped(stream: Iterable[Token], separator: str) -> Iterator[list[Token]]:
    """Return the tokens in groups, each ended by a separator that stands in no bracket; the last may lack it."""
    depth = 0
    group: list[Token] = []
    for token in stream:
        depth = max(0, depth + (token.lastgroup == "open") - (token.lastgroup == "close"))
        group.append(token)
        if token.lastgroup == separator and not depth:
            yield group
            group = []
    if group:
        yield group


def telling(group: Iterable[Token]) -> list[Token]:
    """Return the tokens without spaces, comments and line feeds."""
    return [token for token in group if token.lastgroup not in _SILENT]


def lines_of(text: str) -> list[str]:
    """Split at line feeds only, as TOML, git and patch do, and keep them."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def newline_of(text: str) -> str:
    """Return the line ending that most lines of a text have."""
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
