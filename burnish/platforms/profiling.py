"""What records and merges profiles here: the toolchain's own runtime, and an llvm-profdata of rustc's LLVM."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.cargo.surroundings import Surroundings

PROGRAM = "llvm-profdata"
# Apple counts its LLVM in another way.
_LLVM = re.compile(r"(?<!Apple )LLVM version:? (\d+)")
# Homebrew keeps a numbered LLVM apart from the PATH.
_HOMEBREW = ("/opt/homebrew", "/usr/local")


@dataclass(frozen=True, kw_only=True)
class Profiling:
    """An llvm-profdata that reads what rustc's programs record, or what is `lacking` for that.

    `program` is its path, `version` its LLVM's, `wanted` the major version of rustc's LLVM.
    """

    program: str = ""
    version: str = ""
    wanted: str = ""
    lacking: str = ""


def find_profiling(surroundings: Surroundings, triple: str) -> Profiling:
    """Look for an llvm-profdata in the toolchain, then by rustc's version and by its name on the PATH."""
    wanted = _major(surroundings, "rustc", "-vV")
    libraries = surroundings.says("rustc", "--print", "target-libdir", "--target", triple)
    if not (libraries and any(Path(libraries).glob("libprofiler_builtins-*.rlib"))):
        return Profiling(wanted=wanted, lacking=f"this toolchain has no runtime that records profiles for {triple}")
    others = []
    for program in _programs(surroundings, wanted):
        version = _major(surroundings, program, "--version")
        if version and version == wanted:
            return Profiling(program=program, version=version, wanted=wanted)
        others.append(f"{program} is of LLVM {version or 'unknown'}")
    found = "; ".join(others) or f"there is no {PROGRAM}"
    return Profiling(wanted=wanted, lacking=f"{found}, and rustc's LLVM is {wanted or 'unknown'}")


def _programs(surroundings: Surroundings, major: str) -> Iterator[str]:
    sysroot = surroundings.says("rustc", "--print", "sysroot")
    places = [Path(sysroot, "lib", "rustlib", surroundings.host, "bin")] if sysroot else []
    places += [Path(prefix, "opt", f"llvm@{major}", "bin") for prefix in _HOMEBREW]
    suffix = ".exe" if "windows" in surroundings.host else ""
    yield from (str(own) for place in places if (own := place / f"{PROGRAM}{suffix}").is_file())
    for name in (f"{PROGRAM}-{major}", PROGRAM):
        found = surroundings.which(name)
        if found:
            yield found


def _major(surroundings: Surroundings, *argv: str) -> str:
    """Return the major version of the LLVM that a program says it is of; nothing where it does not say."""
    said = _LLVM.search(surroundings.answer(*argv))
    return said[1] if said else ""
