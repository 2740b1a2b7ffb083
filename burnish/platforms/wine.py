"""What wine lacks: a DLL that every Rust program for Windows asks for, and that wine 8 does not have."""

from __future__ import annotations

from pathlib import Path

from burnish.platforms.unwinder import compile_with
from burnish.system.process import Programs


def dll_in(folder: Path) -> Path:
    """Return the path that the DLL has once it is made."""
    return folder / "bcryptprimitives.dll"


def make_dll(programs: Programs, folder: Path, linker: str) -> None:
    """Make the DLL in `folder`, which is on wine's search path. What an earlier call has made stays."""
    if dll_in(folder).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(__file__).with_name("bcryptprimitives.c")
    compile_with(programs, [linker, "-O2", "-shared", str(source), "-o", "dll.new", "-ladvapi32"], folder)
    (folder / "dll.new").replace(dll_in(folder))
