"""How far a profile is of the program that is built by it: names of functions, recorded and missed. Pure.

rustc builds by a profile that matches nothing without a word. Told to, LLVM names each function of the workspace's own
crates that the profile does not have: one that did run by that name, but for what tells two crates of one name apart,
is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

WARN_OF_MISSING = "-Cllvm-args=-pgo-warn-missing-function"
"""What makes LLVM name them. The file that is built is the same."""
LEAST_MATCHED = 0.5
"""A build by a profile of which less than this share is found again says nothing about such builds."""
_SHOWN = re.compile(
    r"^  (?P<name>\S.*):$|^    Function count: (?P<count>\d+)$|^    Block counts: \[(?P<blocks>[^\]]*)\]$"
)
_NOT_FOUND = re.compile(
    r"(?:no profile data available for function|function control flow change detected \(hash mismatch\)) (\S+)"
)
# The hashes of crates in symbols of both forms, by rustc's "symbol mangling v0" and the older one.
_CRATE = re.compile(r"Cs[0-9A-Za-z]*_|17h[0-9a-f]{16}E")


def functions_run(shown: str) -> frozenset[str]:
    """Return the names of the functions that ran, from what `llvm-profdata show --all-functions --counts` says."""
    return frozenset(_names_run(shown))


def _names_run(shown: str) -> Iterator[str]:
    name = ""
    for line in shown.splitlines():
        found = _SHOWN.match(line)
        if found is None:
            continue
        name = found["name"] or name
        counts = found["count"] or found["blocks"] or ""
        if any(int(count) for count in re.findall(r"\d+", counts)):
            yield name


@dataclass(kw_only=True)
class Missed:
    """The functions that a build found no profile for, gathered from the lines that it writes."""

    names: set[str] = field(default_factory=set)

    def takes(self, line: str) -> bool:
        """Return whether a line names such a function, and note it."""
        found = _NOT_FOUND.search(line)
        if found:
            self.names.add(found[1])
        return found is not None


def share_matched(run: Iterable[str], missed: Iterable[str], crates: Iterable[str]) -> float | None:
    """Return the share of the functions of some `crates` that ran which the build found in the profile.

    Of other crates nobody warns: cargo silences what is not the workspace's own. None where none of them ran.
    """
    marks = [f"{len(crate)}{crate}" for crate in crates]
    recorded = {_without_crates(name) for name in run if any(mark in name for mark in marks)}
    lost = recorded & {_without_crates(name) for name in missed}
    return 1 - len(lost) / len(recorded) if recorded else None


def _without_crates(name: str) -> str:
    """Return a symbol without the module before it, and without the hashes of its crates."""
    return _CRATE.sub("C_", name.rpartition(";")[2])
