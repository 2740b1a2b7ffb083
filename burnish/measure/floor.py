"""The floor: the smallest process that this machine can start and reap, timed beside both sides."""

from __future__ import annotations

import contextlib
import os
import platform
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import Refused
from burnish.system.process import Programs

NO_LIBC = "a static program without libc, which only exits"
EMPTY_RUST = "an empty Rust program, rustc -O"

# exit(0): the machine's number in the ELF header, and the instructions.
_EXITS = {
    # xor edi, edi; mov eax, 60; syscall
    "linux-x86_64": (62, bytes.fromhex("31ff b83c000000 0f05")),
    # mov x0, #0; mov x8, #93; svc #0
    "linux-aarch64": (183, bytes.fromhex("000080d2 a80b80d2 010000d4")),
}
_RUN_SECONDS = 10.0
_COMPILE_SECONDS = 120.0
_LOAD_ADDRESS = 0x400000
# The largest page of any Linux: an aarch64 kernel may have 64 KiB pages.
_ALIGNMENT = 0x10000


@dataclass(frozen=True, kw_only=True)
class FloorBinary:
    """The floor's program: `kind` says in words what it is."""

    path: Path
    kind: str


def find_floor(programs: Programs, folder: Path, *, host: str | None = None) -> FloorBinary | None:
    """Return this machine's smallest program, made in `folder` unless an earlier call has made it; None if none runs.

    `host` is `system-architecture`, as in `linux-x86_64`; this machine's by default.
    """
    host = host or f"{sys.platform}-{platform.machine().lower()}"
    folder.mkdir(parents=True, exist_ok=True)
    if host in _EXITS:
        path = folder / "floor-no-libc"
        _write_program(path, smallest_elf(host))
        if exits_well(programs, path):
            return FloorBinary(path=path, kind=NO_LIBC)
    return _find_empty_rust(programs, folder)


def smallest_elf(host: str) -> bytes:
    """Return a whole static ELF file that does nothing but exit(0): a header, one segment, and the instructions."""
    machine, code = _EXITS[host]
    header_size, segment_size = 64, 56
    entry = _LOAD_ADDRESS + header_size + segment_size
    size_bytes = header_size + segment_size + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)  # 64 bits, little-endian, version 1
    header = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, entry, header_size, 0, 0, 64, segment_size, 1, 64, 0, 0)
    readable_and_executable = 5
    segment = struct.pack(
        "<IIQQQQQQ", 1, readable_and_executable, 0, _LOAD_ADDRESS, _LOAD_ADDRESS, size_bytes, size_bytes, _ALIGNMENT
    )
    return ident + header + segment + code


def _write_program(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content and os.access(path, os.X_OK):
        return
    # Another run may be starting the same file: it is replaced, never written to.
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.chmod(0o755)
    temporary.replace(path)


def exits_well(programs: Programs, path: Path) -> bool:
    """Return whether a program can be started here and ends with status 0."""
    try:
        return programs.run([str(path)], cwd=path.parent, timeout_seconds=_RUN_SECONDS).ok
    except Refused:
        return False


def _find_empty_rust(programs: Programs, folder: Path) -> FloorBinary | None:
    path = folder / ("floor-rust.exe" if sys.platform == "win32" else "floor-rust")
    if not path.is_file():
        rustc = ("rustc", "-O", "--edition=2021", "--crate-name=floor")
        compile_rust(programs, path, "fn main() {}\n", rustc=rustc, cwd=folder)
    return FloorBinary(path=path, kind=EMPTY_RUST) if path.is_file() and exits_well(programs, path) else None


def compile_rust(programs: Programs, path: Path, source: str, *, rustc: Sequence[str], cwd: Path) -> None:
    """Compile a source of ours to a program by the words `rustc`, started in `cwd`.

    Without a compiler or a linker nothing is made, and the caller says so: nothing that is judged depends on it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(f"{path.name}.rs")
    file.write_text(source, encoding="utf-8")
    # Another run may make the same file, or start it: it is put in place whole.
    made = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(Refused):
        if programs.run([*rustc, "-o", str(made), str(file)], cwd=cwd, timeout_seconds=_COMPILE_SECONDS).ok:
            made.replace(path)
