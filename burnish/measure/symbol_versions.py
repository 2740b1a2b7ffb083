"""Versions as binaries name them, `GLIBC_2.34` or `macos 11.0`: a family and its numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A longer name is nobody's, and its numbers would take long to read.
_LONGEST = 200
_NUMBERS = "0123456789._"


def split_version(name: str) -> tuple[str, tuple[int, ...]]:
    """Return the family and the numbers: ("GLIBC", (2, 34)). A name without numbers is a family of its own."""
    family = name[:_LONGEST].rstrip(_NUMBERS)
    return family, tuple(int(number) for number in re.findall(r"[0-9]+", name[len(family) : _LONGEST]))


def newest_of_each_family(names: Iterable[str]) -> list[str]:
    """Return the newest name of each family, in the order of the families' names."""
    newest: dict[str, str] = {}
    for name in names:
        family, numbers = split_version(name)
        if family not in newest or numbers > split_version(newest[family])[1]:
            newest[family] = name
    return [newest[family] for family in sorted(newest)]
