"""The code of a Rust file: without comments, texts and what only tests have, and each place where it was. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What holds no code: comments, and texts, whose form decides where they end. A lifetime is no character.
_NO_CODE = re.compile(
    r"""
      //[^\n]*
    | (?P<comment>/\*)
    | (?<!\w)(?:b|c)?r(?P<hashes>\#*)"(?s:.*?)(?:"(?P=hashes)|\Z)
    | "(?:\\.|[^"\\])*(?:"|\Z)
    | '(?:\\.[^'\n]*|[^'\\\n])'
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_DEPTHS = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}
_TEST_ITEM = re.compile(r"#\s*\[\s*cfg\s*\(\s*test\s*\)\s*\]|#\s*\[\s*test\s*\]")


def without_texts(source: str) -> str:
    """Return the code with blanks for comments and quotes for literals; every line end stays where it is."""
    return "".join(_code_parts(source))


def _code_parts(source: str) -> Iterator[str]:
    at = 0
    while match := _NO_CODE.search(source, at):
        yield source[at : match.start()]
        end = _comment_end(source, match.end()) if match["comment"] else match.end()
        # A literal leaves a mark: `join("x")` has an argument.
        yield _filled(source[match.start() : end], " " if source[match.start()] == "/" else '"')
        at = end
    yield source[at:]


def _comment_end(source: str, at: int) -> int:
    """Return where a block comment ends that was opened just before `at`: they nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(source, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(source)


def without_tests(code: str) -> str:
    """Return code without texts with blanks for each item, field or arm that only tests have."""
    return "".join(_shipped_parts(code))


def _shipped_parts(code: str) -> Iterator[str]:
    at = 0
    while match := _TEST_ITEM.search(code, at):
        yield code[at : match.start()]
        at = _item_end(code, match.end())
        yield _filled(code[match.start() : at], " ")
    yield code[at:]


def _item_end(code: str, at: int) -> int:
    """Return where an item ends: behind its semicolon, comma or block, or where the block around it closes."""
    depth = 0
    for place in range(at, len(code)):
        depth += _DEPTHS.get(code[place], 0)
        if depth < 0:
            return place
        if depth == 0 and code[place] in ";,}":
            return place + 1
    return len(code)


def _filled(text: str, mark: str) -> str:
    return re.sub(r"[^\n]", mark, text)
