"""The names that a library offers, read from the file: real ones, and archives of each system's form."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.measure.exports import exported_names, file_format

SOURCE = """\
int tool_open(void) { return 1; }
int tool_table = 7;
__attribute__((visibility("hidden"))) int tool_hidden(void) { return 2; }
static int tool_own(void) { return 3; }
int _ZN4tool5greet17h0123456789abcdefE(void) { return tool_own(); }
int _RNvCs1234_4tool5greet(void) { return 4; }
int rust_eh_personality(void) { return 5; }
int missing(void);
int tool_close(void) { return missing() + tool_hidden(); }
"""
OWN = ["tool_close", "tool_open", "tool_table"]
NAMES = [b"tool_open", b"_ZN4tool17h0E", b"memset", b"__addtf3", b"anon.1.llvm.2"]


def compiled(folder: Path, *options: str, name: str) -> Path:
    """Compile the source."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    (folder / "x.c").write_text(SOURCE, encoding="utf-8")
    subprocess.run([compiler, *options, "-o", name, "x.c"], cwd=folder, check=True, capture_output=True)
    return folder / name


def test_shared_library_exports_what_others_can_ask_for(tmp_path: Path) -> None:
    """Neither hidden nor own names, nor what it misses itself, nor Rust's, which carry a hash."""
    library = compiled(tmp_path, "-shared", "-fPIC", name="libx.so")
    assert (file_format(library), exported_names(library)) == ("elf", OWN)


def test_stripping_takes_no_export(tmp_path: Path) -> None:
    """A recipe that strips changes nothing of what a library offers."""
    library = compiled(tmp_path, "-shared", "-fPIC", "-s", name="libx.so")
    assert exported_names(library) == OWN


def test_static_library_defines_what_others_can_link_with(tmp_path: Path) -> None:
    """The archive's own index tells, whatever its members are written in."""
    compiled(tmp_path, "-c", name="x.o")
    subprocess.run([str(shutil.which("ar")), "crs", "libx.a", "x.o"], cwd=tmp_path, check=True)
    library = tmp_path / "libx.a"
    assert (file_format(library), exported_names(library)) == ("archive", [*OWN[:1], "tool_hidden", *OWN[1:]])


def member(name: str, content: bytes) -> bytes:
    """Write a member of an archive."""
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


def gnu(width: int) -> bytes:
    """Write an archive as GNU's and Microsoft's: one member of the program's, one of the compiler's own."""
    long_names = b"compiler_builtins-27cfc16bdf3bb694.cgu.000.rcgu.o/\n"
    index_bytes = width * (len(NAMES) + 1) + sum(len(name) + 1 for name in NAMES)
    table = member("//", long_names)
    first = 8 + 60 + index_bytes + index_bytes % 2 + len(table)
    ours = member("tool.o/", b"code")
    places = [first, first, first + len(ours), first, first]
    numbers = b"".join(number.to_bytes(width, "big") for number in (len(NAMES), *places))
    index = member("/SYM64/" if width == 8 else "/", numbers + b"".join(name + b"\0" for name in NAMES))
    return b"!<arch>\n" + index + table + ours + member("/0", b"code")


def bsd() -> bytes:
    """Write the same as macOS does: an underscore before each name, and names before the content."""
    names = [b"_" + name for name in NAMES]
    texts = b"".join(name + b"\0" for name in names)
    starts = [texts.index(name + b"\0") for name in names]
    title = b"__.SYMDEF SORTED\0\0\0\0"
    size = len(title) + 4 + 8 * len(names) + 4 + len(texts)
    first = 8 + 60 + size + size % 2
    ours = member("#1/8", b"tool.o\0\0code")
    places = [first, first, first + len(ours), first, first]
    pairs = b"".join(number.to_bytes(4, "little") for pair in zip(starts, places, strict=True) for number in pair)
    index = title + len(pairs).to_bytes(4, "little") + pairs + len(texts).to_bytes(4, "little") + texts
    builtins = member("#1/24", b"compiler_builtins-27cf.o" + b"code")
    return b"!<arch>\n" + member(f"#1/{len(title)}", index) + ours + builtins


@pytest.mark.parametrize("content", [gnu(4), gnu(8), bsd()], ids=["GNU", "GNU of 64 bits", "macOS"])
def test_archive_of_each_system(tmp_path: Path, content: bytes) -> None:
    """What every Rust archive brings, and names that differ from build to build, are no interface."""
    library = tmp_path / "libx.a"
    library.write_bytes(content)
    assert exported_names(library) == ["tool_open"]


def test_archive_without_an_index_defines_nothing(tmp_path: Path) -> None:
    """An archive of nothing is one."""
    library = tmp_path / "libx.a"
    library.write_bytes(b"!<arch>\n")
    assert exported_names(library) == []
    library.write_bytes(b"!<arch>\n" + member("tool.o/", b"code"))
    assert exported_names(library) == []


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF torn", b"!<arch>\ntorn", gnu(4)[:100]])
def test_what_is_no_library_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read is none that exports nothing."""
    library = tmp_path / "libx.so"
    library.write_bytes(content)
    with pytest.raises(Refused, match="cannot read what"):
        exported_names(library)
    with pytest.raises(Refused, match="cannot read"):
        file_format(tmp_path / "gone")
