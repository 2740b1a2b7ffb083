"""An unwinder for a musl standard library that was rebuilt: Rust's own musl target brings one, Debian's does not.

The standard library asks the linker for `libunwind.a`. GCC's `libgcc_eh.a` is one, but for glibc: `unwinder.c` gives it
what musl lacks. A linker of our own finds the result, so that no flag has to carry a path.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from burnish.errors import Refused
from burnish.system.process import Programs

_SECONDS = 120.0


def linker_in(folder: Path) -> Path:
    """Return the path that the linker has once it is made."""
    return folder / "linker"


def make_unwinder(programs: Programs, folder: Path, linker: str) -> None:
    """Make `libunwind.a` in `folder`, and a linker beside it that is `linker` with that folder to look in.

    What an earlier call has made stays. Raise Refused where the compiler or the archiver cannot.
    """
    if linker_in(folder).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(__file__).with_name("unwinder.c")
    compile_with(programs, [linker, "-O2", "-D_GNU_SOURCE", "-c", str(source), "-o", "unwinder.o"], folder)
    archive = compile_with(programs, [linker, "-print-file-name=libgcc_eh.a"], folder)
    shutil.copy(archive, folder / "libunwind.a")
    compile_with(programs, ["ar", "rs", "libunwind.a", "unwinder.o"], folder)
    write_linker(linker_in(folder), linker, '-L"${0%/*}"')


def write_linker(path: Path, linker: str, first: str) -> None:
    """Write a script that is `linker` with further words of a shell before its arguments."""
    script = path.with_name(f"{path.name}.new")
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(linker)} {first} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    script.replace(path)


def compile_with(programs: Programs, argv: list[str], folder: Path) -> str:
    """Run a compiler or archiver in `folder` and return what it writes. Raise Refused, in its words, where it fails."""
    finished = programs.run(argv, cwd=folder, timeout_seconds=_SECONDS)
    if not finished.ok:
        said = finished.stderr.decode("utf-8", "replace").strip()
        raise Refused(f"`{' '.join(argv)}` failed: {said[:500]}", expected="a compiler and `ar` that work", files="")
    return finished.stdout.decode("utf-8", "replace").strip()
