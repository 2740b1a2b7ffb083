"""Code that relies on unwinding: where a source file catches a panic, which `panic = "abort"` makes dead. Pure.

Cargo ignores the setting for tests, so that such code passes its tests and fails in the shipped binary only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A panic that `.join().unwrap()` or `.expect(...)` passes on ends the program either way. Others have a `set_hook` too.
_RELIANCE = re.compile(
    r"\b(?P<name>catch_unwind|resume_unwind)\b"
    r"|\bpanic\s*::\s*(?:\{[^}]*?\b)?(?P<hook>set_hook)\b"
    r"|\.\s*(?P<join>join)\s*\(\s*\)(?!\s*\.\s*(?:unwrap|expect)\s*\()"
)
# Most files have none, and need not be taken apart.
_WORDS = ("catch_unwind", "resume_unwind", "set_hook", "join")
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


@dataclass(frozen=True, kw_only=True)
class Reliance:
    """One place that relies on unwinding: the line, from 1, and what stands there."""

    line: int
    what: str


def find_reliance(source: str) -> list[Reliance]:
    """Find where Rust code catches panics or hooks into them, outside comments, texts and what only tests have."""
    if not any(word in source for word in _WORDS):
        return []
    code = _without_tests(without_texts(source))
    return [_reliance(code, match) for match in _RELIANCE.finditer(code)]


def _reliance(code: str, match: re.Match[str]) -> Reliance:
    word = str(match.lastgroup)
    line = code.count("\n", 0, match.start(word)) + 1
    return Reliance(line=line, what="join() with its error handled" if word == "join" else match[word])


def without_texts(source: str) -> str:
    """Give the code with blanks for comments and quotes for literals; every line end stays where it is."""
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
    """Give where a block comment ends that was opened just before `at`: they nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(source, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(source)


def _without_tests(code: str) -> str:
    """Blank out each item, field or arm that only tests have."""
    at = 0
    while match := _TEST_ITEM.search(code, at):
        at = _item_end(code, match.end())
        code = code[: match.start()] + _filled(code[match.start() : at], " ") + code[at:]
    return code


def _item_end(code: str, at: int) -> int:
    """Give where an item ends: behind its semicolon, comma or block, or where the block around it closes."""
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
