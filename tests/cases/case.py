"""Cases as data: a project, how burnish is tried on it, and what a user would rightly expect of that.

One TOML file in `data` is one case; this module is the reference of its keys. No case needs anything from outside this
repository, unless it says `needs = ["network"]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import tomli

DATA = Path(__file__).parent / "data"
Outcome = Literal["kept", "rolled_back", "nothing_to_do", "refused", "done"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a case, strict about its keys."""


class Same(Part, frozen=True, kw_only=True):
    """A command that must behave the same before and after.

    `command` begins with the name of a binary that `cargo build --release` made. Exit status and output are compared
    as a whole; where `contains` is given, its words must stand in the output on both sides instead.
    """

    command: list[str]
    stdin: str = ""
    contains: list[str] = []
    env: dict[str, str] = {}


class Case(Part, frozen=True, kw_only=True):
    """One case.

    `kind`, `origin` and `was` say what it stands for, who reported the like, and what burnish first did with it.
    `files` are those of the project, `above` those of the folder that it lies in, `home` those of a CARGO_HOME of its
    own, which a clone elsewhere does not have. `tried` are the arguments of burnish, one list for each command.
    `folder` is where it is started. `quick` cases are part of the ordinary tests.

    `outcomes` are the right ones. Each text of `says` is a regular expression, found in what burnish says (output and
    report), letter case aside; none of `says_not` is. `gates` gives the right verdicts by gate, `reasons` what their
    reasons say. `passed` and `failed` are the last words of the names of the baseline's tests. `takes` are the
    concessions that the arguments make.
    """

    kind: str
    origin: str = ""
    was: str = ""
    files: dict[str, str]
    above: dict[str, str] = {}
    home: dict[str, str] = {}
    tried: list[list[str]]
    env: dict[str, str] = {}
    folder: str = "."
    git: bool = True
    quick: bool = False
    needs: list[str] = []
    outcomes: list[Outcome]
    says: list[str] = []
    says_not: list[str] = []
    gates: dict[str, list[str]] = {}
    reasons: dict[str, str] = {}
    passed: list[str] | None = None
    failed: list[str] | None = None
    takes: list[str] = []
    same: list[Same] = []


def read_case(path: Path) -> Case:
    """Return the case that a file holds."""
    return msgspec.convert(tomli.loads(path.read_text(encoding="utf-8")), Case)


def read_cases() -> Iterator[tuple[str, Case]]:
    """Return each case with its name."""
    for path in sorted(DATA.glob("*.toml")):
        yield path.stem, read_case(path)
