"""The functions of a program that keeps its symbols: their names as people write them, their crates and bytes.

For programs that no tool takes apart which asks cargo for them: those with a standard library that was rebuilt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OF_C = "[Unknown]"
# What LLVM puts behind the name of a copy.
_SUFFIX = re.compile(r"(?:\.(?:llvm\.)?\d+)+$")
_HASH = re.compile(r"h[0-9a-f]{16}$")
_LENGTH, _NEW_LENGTH = re.compile(r"(\d+)"), re.compile(r"(\d+)_?")
# What rustc's older names write for what not every linker takes in one.
_ESCAPES = {
    "$SP$": "@", "$BP$": "*", "$RF$": "&", "$LT$": "<", "$GT$": ">", "$LP$": "(", "$RP$": ")", "$C$": ",", "..": "::",
}  # fmt: skip
_ESCAPED = re.compile("|".join([*map(re.escape, _ESCAPES), r"\$u([0-9a-f]{1,6})\$"]))
_CRATE = re.compile(r"(?<![A-Za-z0-9_:])[A-Za-z_][A-Za-z0-9_]*(?=::)")
# In rustc's newer names a crate is `C`, a hash, and its name.
_NEW_CRATE = re.compile(r"C(?:s[0-9A-Za-z]*_)?(?=\d)")


@dataclass(frozen=True, kw_only=True)
class FunctionBytes:
    """A function: the crate that its name begins with, the name without a hash, and the bytes of its code."""

    crate: str
    name: str
    size_bytes: int


def functions_in(program: Path) -> list[FunctionBytes]:
    """Return the functions of an ELF file that has its symbols; none of another file."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    binary = lief.ELF.parse(str(program))
    symbols = binary.symbols if binary is not None else ()
    # One function may have several names.
    functions = {each.value: each for each in symbols if each.type == lief.ELF.Symbol.TYPE.FUNC and each.size}
    return [_function(str(each.name), each.size) for each in functions.values()]


def _function(symbol: str, size_bytes: int) -> FunctionBytes:
    crate, name = named(symbol)
    return FunctionBytes(crate=crate, name=name, size_bytes=size_bytes)


def named(symbol: str) -> tuple[str, str]:
    """Return the crate and the name of a symbol as people write it: of `<a::B as c::D>::e` the crate is `a`.

    What is not Rust's stays as it is, and has no crate.
    """
    plain = _SUFFIX.sub("", symbol)
    if plain.startswith("_ZN"):
        words = _words(_LENGTH, plain, len("_ZN"))
        name = "::".join(_readable(word) for word in words if not _HASH.fullmatch(word))
        found = _CRATE.search(name)
        return (found[0] if found else OF_C), name
    crate = _NEW_CRATE.search(plain) if plain.startswith("_R") else None
    if crate is None:
        return OF_C, plain
    name = "::".join(_words(_NEW_LENGTH, plain, crate.end()))
    return name.partition("::")[0], name


def _words(length: re.Pattern[str], symbol: str, at: int) -> Iterator[str]:
    """Yield the words of a symbol that stand behind their lengths, from a place on."""
    while match := length.search(symbol, at):
        at = match.end() + int(match[1])
        yield symbol[match.end() : at]


def _readable(word: str) -> str:
    """Return a word of an older name; before what is escaped at its beginning rustc writes a low line."""
    return _ESCAPED.sub(_unescaped, word[1:] if word.startswith("_$") else word)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPES[match[0]]
