"""Whether the linker here can fold functions of the same code into one: tried on a program that does nothing."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path

from burnish.cargo.flags import normalise
from burnish.cargo.surroundings import Surroundings
from burnish.errors import Refused

FOLD = "-Clink-arg=-Wl,--icf=all"
_CHOOSES_LINKER = re.compile(
    r"-C (linker|linker-flavor|link-self-contained)=|-Z linker-features|fuse-ld|ld-path|link-args?=-B"
)


def folds_functions(surroundings: Surroundings, triple: str, rustc: str = "rustc") -> bool:
    """Return whether rustc's own linker for a platform takes the flag; tried once in a run.

    No linker that the project's configuration names is started to find out: it would be somebody else's program.
    """
    try:
        if surroundings.configured(triple, "linker") or _chooses_linker(surroundings, triple):
            return False
        return _links(surroundings, triple, rustc)
    except (OSError, Refused):
        return False


def _chooses_linker(surroundings: Surroundings, triple: str) -> bool:
    return any(map(_CHOOSES_LINKER.search, normalise(surroundings.rustflags(triple).flags)))


def _links(surroundings: Surroundings, triple: str, rustc: str) -> bool:
    program = Path(_folder().name, "folds")
    argv = (rustc, "-", "--crate-name=folds", f"--target={triple}", FOLD, "-o", str(program))
    seconds, source = surroundings.timeout_seconds, b"fn main() {}\n"
    return surroundings.programs.ask(argv, cwd=surroundings.folder, timeout_seconds=seconds, stdin=source).ok


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone when this process ends, one for all questions: the same question is asked once."""
    return tempfile.TemporaryDirectory(prefix="burnish-")
