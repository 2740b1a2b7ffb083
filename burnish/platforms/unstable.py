"""What a toolchain takes of flags that are not stable, by its own words: no version is known here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from burnish.cargo.surroundings import Surroundings

_LISTED = re.compile(r"^\s+-Z\s+([A-Za-z0-9_-]+)", re.MULTILINE)
_OPTION = re.compile(r"^-Z\s*([A-Za-z0-9_-]+)")


def taken_flags(surroundings: Surroundings, cargo: str, rustc: str = "") -> Iterator[str]:
    """Yield each `-Z` flag that a toolchain takes as it is, such as `cargo -Z build-std`; without rustc, cargo's alone.

    A stable cargo lists its flags, and takes them where it may; a stable rustc refuses to.
    """
    for name, program in (("cargo", cargo), ("rustc", rustc)):
        said = surroundings.answer(program, "-Z", "help") if program else ""
        yield from (asked_for(name, flag) for flag in _LISTED.findall(said))


def asked_for(program: str, flag: str) -> str:
    """Return how it is said that a program takes a flag, whichever of - and _ its name is spelled with."""
    return f"{program} -Z {flag.replace('_', '-')}"


def unstable_of(program: str, words: list[str]) -> Iterator[str]:
    """Yield what a program is asked for by words of a command line, `-Z flag` and `-Zflag` alike."""
    for word, after in pairwise([*words, ""]):
        found = _OPTION.match(f"-Z {after}" if word == "-Z" else word)
        if found:
            yield asked_for(program, found[1])
