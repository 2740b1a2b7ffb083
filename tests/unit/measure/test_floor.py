from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from burnish.errors import Refused
from burnish.measure.floor import EMPTY_RUST, NO_LIBC, FloorBinary, find_floor, smallest_elf
from burnish.measure.linkage import read_linkage
from burnish.system.process import Finished, Programs

HOST = f"{sys.platform}-{platform.machine().lower()}"
PROGRAMS = Programs(env=dict(os.environ))
needs_own_elf = pytest.mark.skipif(
    HOST not in {"linux-x86_64", "linux-aarch64"}, reason="our own program is written for Linux on two machines"
)


class Refusing(Programs):
    """Programs of a machine on which nothing can be started."""

    def run(self, argv: Sequence[str], **_: Any) -> Finished:
        """Refuse."""
        raise Refused(f"cannot start {argv[0]}")


class Compiling(Programs):
    """Programs of a machine with a Rust compiler: `compiled` counts its runs, everything else just ends."""

    compiled: ClassVar[list[Sequence[str]]] = []

    def run(self, argv: Sequence[str], **_: Any) -> Finished:
        """Write what rustc would write."""
        if argv[0] == "rustc":
            self.compiled.append(argv)
            Path(argv[argv.index("-o") + 1]).write_bytes(b"a program")
        return Finished(argv=tuple(argv), exit_status=0, stdout=b"", stderr=b"", seconds=0.0)


@needs_own_elf
def test_find_floor_makes_a_static_program_that_exits_well(tmp_path: Path) -> None:
    """The program written from bytes runs, ends with 0, says nothing, and is static by its own file."""
    floor = find_floor(PROGRAMS, tmp_path / "new" / "folder")
    assert floor == FloorBinary(path=tmp_path / "new" / "folder" / "floor-no-libc", kind=NO_LIBC)
    ran = subprocess.run([floor.path], check=False, capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert read_linkage(floor.path).is_static


@needs_own_elf
def test_find_floor_twice_writes_once(tmp_path: Path) -> None:
    """The second call finds what the first one made, and leaves it alone."""
    first = find_floor(PROGRAMS, tmp_path)
    assert first is not None
    written = first.path.stat()
    assert find_floor(PROGRAMS, tmp_path) == first
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert [file.name for file in tmp_path.iterdir()] == ["floor-no-libc"]


@needs_own_elf
def test_find_floor_repairs_a_torn_file(tmp_path: Path) -> None:
    """A file that an earlier run left half written is written again."""
    (tmp_path / "floor-no-libc").write_bytes(b"\x7fELF")
    (tmp_path / "floor-no-libc").chmod(0o755)
    assert find_floor(PROGRAMS, tmp_path) == FloorBinary(path=tmp_path / "floor-no-libc", kind=NO_LIBC)


def test_smallest_elf_for_aarch64_holds_the_right_instructions() -> None:
    """The words are those of the architecture's manual: movz x0, #0; movz x8, #93 (exit); svc #0."""
    movz, svc = 0xD2800000, 0xD4000001
    words = struct.pack("<III", movz | 0 << 5 | 0, movz | 93 << 5 | 8, svc)
    assert smallest_elf("linux-aarch64").endswith(words)


def test_find_floor_compiles_an_empty_rust_program_elsewhere(tmp_path: Path) -> None:
    """Where no program of ours runs it is an empty Rust program, compiled once."""
    programs = Compiling(env={})
    programs.compiled.clear()
    floor = find_floor(programs, tmp_path, host="darwin-arm64")
    assert floor is not None
    assert floor.kind == EMPTY_RUST
    assert find_floor(programs, tmp_path, host="darwin-arm64") == floor
    assert len(programs.compiled) == 1


def test_find_floor_without_anything_that_runs(tmp_path: Path) -> None:
    """A machine that runs neither has no floor, and that is an answer."""
    assert find_floor(Refusing(env={}), tmp_path) is None
    assert find_floor(Refusing(env={}), tmp_path, host="win32-amd64") is None


@pytest.mark.cargo
@pytest.mark.skipif(shutil.which("rustc") is None, reason="there is no rustc")
def test_find_floor_with_the_real_compiler(tmp_path: Path) -> None:
    """The empty Rust program is compiled by rustc, runs and ends well."""
    floor = find_floor(PROGRAMS, tmp_path, host="elsewhere")
    assert floor is not None
    assert floor.kind == EMPTY_RUST
    assert subprocess.run([floor.path], check=False).returncode == 0
