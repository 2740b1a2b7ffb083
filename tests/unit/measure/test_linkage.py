"""Small files of each format, written here byte by byte, so that every promise has a file that keeps and breaks it."""

from __future__ import annotations

import importlib.resources
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.errors import Refused
from burnish.measure.floor import smallest_elf
from burnish.measure.linkage import read_linkage
from burnish.model import Linkage

ELF_BASE = 0x400000
MACHO_LOCAL, MACHO_EXTERNAL, MACHO_UNDEFINED, MACHO_DEBUG, MACHO_STRIPS_OWN = 0x0E, 0x0F, 0x01, 0x20, 0x3C


def elf_file(
    *,
    interpreter: bytes = b"",
    needed: bytes = b"",
    symbols: bool = False,
    pie: bool = False,
    machine: int = 62,
    protection: int = 5,
    dynamic: tuple[tuple[int, int], ...] = (),
) -> bytes:
    """Return an ELF file of one loaded segment, with what was asked for."""
    count = 1 + bool(interpreter) + bool(needed)
    at = 64 + 56 * count
    body = b""
    segments = []
    if interpreter:
        segments.append((3, at, len(interpreter) + 1))
        body += interpreter + b"\0"
    if needed:
        names = b"\0" + needed + b"\0"
        table = at + len(body)
        body += names + bytes(-len(body + names) % 8)
        entries = [(1, 1), (5, ELF_BASE + table), (10, len(names)), *dynamic, (0, 0)]
        segments.append((2, at + len(body), 16 * len(entries)))
        body += b"".join(struct.pack("<QQ", *entry) for entry in entries)
    headers_at = at + len(body)
    section_names = b"\0.symtab\0.strtab\0"
    sections = b""
    if symbols:
        names_at = headers_at + 3 * 64
        sections = bytes(64)
        sections += struct.pack("<IIQQQQIIQQ", 1, 2, 0, 0, names_at + len(section_names), 24, 2, 1, 8, 24)
        sections += struct.pack("<IIQQQQIIQQ", 9, 3, 0, 0, names_at, len(section_names), 0, 0, 1, 0)
        sections += section_names + bytes(24)
    size_bytes = headers_at + len(sections)
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header += struct.pack(
        "<HHIQQQIHHHHHH",
        3 if pie else 2, machine, 1, ELF_BASE, 64, headers_at if symbols else 0, 0, 64, 56, count, 64,
        3 if symbols else 0, 2 if symbols else 0,
    )  # fmt: skip
    segments.insert(0, (1, 0, size_bytes))
    for kind, offset, length in segments:
        header += struct.pack(
            "<IIQQQQQQ", kind, protection, offset, ELF_BASE + offset, ELF_BASE + offset, length, length, 8
        )
    return header + body + sections


def macho_file(
    *symbols: tuple[bytes, int],
    libraries: tuple[bytes, ...] = (),
    flags: int = 0x200085,
    more: tuple[bytes, ...] = (),
    protection: int = 1,
) -> bytes:
    """Return an arm64 Mach-O executable with these symbols (name and type byte), and with `more` load commands."""
    names = b"\0" + b"".join(name + b"\0" for name, _ in symbols)
    commands = [_macho_text(0xE, 12, b"/usr/lib/dyld")]
    commands += [_macho_text(0xC, 24, library, (0, 0x10000, 0x10203)) for library in libraries]
    commands += more
    segment_at = 32
    table = segment_at + 72 + sum(map(len, commands)) + 24
    size_bytes = table + 16 * len(symbols) + len(names)
    segment = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__LINKEDIT", 0, size_bytes, 0, size_bytes, 7, protection, 0, 0)
    symtab = struct.pack("<IIIIII", 2, 24, table, len(symbols), table + 16 * len(symbols), len(names))
    load = segment + b"".join(commands) + symtab
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, len(commands) + 2, len(load), flags, 0)
    entries = b""
    offset = 1
    for name, kind in symbols:
        entries += struct.pack("<IBBHQ", offset, kind, 1, 0, 0)
        offset += len(name) + 1
    return header + load + entries + names


def _macho_text(command: int, text_at: int, text: bytes, numbers: tuple[int, ...] = ()) -> bytes:
    size_bytes = (text_at + len(text) + 8) // 8 * 8
    head = struct.pack(f"<III{len(numbers)}I", command, size_bytes, text_at, *numbers)
    return head.ljust(text_at, b"\0") + text.ljust(size_bytes - text_at, b"\0")


def pe_file(
    *, symbols: int = 0, flags: int = 0x160, characteristics: int = 0, subsystem: tuple[int, int] = (6, 1)
) -> bytes:
    """Return a real PE file, a launcher that comes with distlib, with a COFF symbol table of so many symbols.

    Its flags (those of DLL characteristics), more characteristics of its header and its subsystem's version are these.
    """
    content = bytearray((importlib.resources.files("distlib") / "t64.exe").read_bytes())
    header = struct.unpack_from("<I", content, 0x3C)[0]
    optional_header = header + 24
    struct.pack_into("<HH", content, optional_header + 48, *subsystem)
    struct.pack_into("<H", content, optional_header + 70, flags)
    content[header + 22] |= characteristics
    if symbols:
        struct.pack_into("<II", content, header + 12, len(content), symbols)
        content += bytes(18 * symbols) + struct.pack("<I", 4)
    return bytes(content)


def linkage_of(folder: Path, content: bytes) -> Linkage:
    """Read the linkage of a file with this content."""
    file = folder / "binary"
    file.write_bytes(content)
    return read_linkage(file)


def elf_linkage(**changed: object) -> Linkage:
    """Return what is read of a static, stripped x86_64 program, but for what is changed."""
    fields: dict[str, object] = {
        "format": "elf", "architecture": "x86_64", "interpreter": None, "needed": [], "is_static": True,
        "is_stripped": True, "is_pie": False, "defences": ["no writable code", "ended stack tables"],
    }  # fmt: skip
    return Linkage(**{**fields, **changed})  # type: ignore[arg-type]


def test_read_linkage_of_a_static_program(tmp_path: Path) -> None:
    """A program without interpreter and libraries is static; without a symbol table it is stripped."""
    assert linkage_of(tmp_path, elf_file()) == elf_linkage()


@pytest.mark.parametrize(("host", "architecture"), [("linux-x86_64", "x86_64"), ("linux-aarch64", "aarch64")])
def test_read_linkage_of_our_own_floor(tmp_path: Path, host: str, architecture: str) -> None:
    """The floor's program is static on both machines that it is written for."""
    assert linkage_of(tmp_path, smallest_elf(host)) == elf_linkage(architecture=architecture)


def test_read_linkage_of_a_dynamic_program(tmp_path: Path) -> None:
    """A program with an interpreter and a library is not static, and both are named."""
    content = elf_file(interpreter=b"/lib64/ld.so", needed=b"libc.so.6", pie=True)
    assert linkage_of(tmp_path, content) == elf_linkage(
        interpreter="/lib64/ld.so", needed=["libc.so.6"], is_static=False, is_pie=True, stack_protector=False
    )


def test_read_linkage_of_a_program_that_can_write_its_code(tmp_path: Path) -> None:
    """Pages for both, and relocations in the code, which make them so at each start."""
    assert linkage_of(tmp_path, elf_file(protection=7)) == elf_linkage(defences=["ended stack tables"])
    for relocated in ((22, 0), (30, 4)):
        assert linkage_of(tmp_path, elf_file(needed=b"x", dynamic=(relocated,))).defences == ["ended stack tables"]


def test_read_linkage_of_packed_relocations_without_a_version(tmp_path: Path) -> None:
    """A dynamic linker that does not know them would start the program in vain, version or not."""
    packed = elf_file(interpreter=b"/lib/ld-musl-x86_64.so.1", needed=b"libc.so", dynamic=((36, 0),))
    assert linkage_of(tmp_path, packed).versions == {"/lib/ld-musl-x86_64.so.1": ["DT_RELR"]}


def test_read_linkage_with_a_library_and_no_interpreter(tmp_path: Path) -> None:
    """One needed library is enough not to be static."""
    assert linkage_of(tmp_path, elf_file(needed=b"libx.so")) == elf_linkage(needed=["libx.so"], is_static=False)


def test_read_linkage_with_an_interpreter_and_no_library(tmp_path: Path) -> None:
    """An interpreter is enough not to be static."""
    assert linkage_of(tmp_path, elf_file(interpreter=b"/ld")) == elf_linkage(
        interpreter="/ld", is_static=False, stack_protector=False
    )


def test_read_linkage_of_a_static_pie(tmp_path: Path) -> None:
    """A static PIE has no interpreter, and is a PIE all the same."""
    assert linkage_of(tmp_path, elf_file(pie=True)) == elf_linkage(is_pie=True)


def test_read_linkage_with_a_symbol_table(tmp_path: Path) -> None:
    """A file with a `.symtab` is not stripped."""
    assert linkage_of(tmp_path, elf_file(symbols=True)) == elf_linkage(is_stripped=False)


@pytest.mark.parametrize(
    ("symbol", "is_stripped"),
    [
        ((b"_main", MACHO_EXTERNAL), True),
        ((b"_printf", MACHO_UNDEFINED), True),
        ((b"radr://5614542", MACHO_STRIPS_OWN), True),
        ((b"_helper", MACHO_LOCAL), False),
        ((b"main.rs", MACHO_DEBUG), False),
    ],
)
def test_read_linkage_of_macho(tmp_path: Path, symbol: tuple[bytes, int], *, is_stripped: bool) -> None:
    """A Mach-O file that keeps only what the loader needs is stripped; one local or debug symbol is too much."""
    content = macho_file(symbol, libraries=(b"/usr/lib/libSystem.B.dylib",))
    assert linkage_of(tmp_path, content) == Linkage(
        format="macho",
        architecture="arm64",
        interpreter="/usr/lib/dyld",
        needed=["/usr/lib/libSystem.B.dylib"],
        is_static=False,
        is_stripped=is_stripped,
        is_pie=True,
        versions={"/usr/lib/libSystem.B.dylib": ["1.2.3"]},
        defences=["nx", "no writable code"],
        stack_protector=False,
    )


def test_library_of_macho_does_not_need_itself(tmp_path: Path) -> None:
    """Its own name stands among those that it loads, with the folder that it was built in: two builds differ there."""
    own = _macho_text(0xD, 24, b"/tmp/target/release/deps/libtool.dylib", (0, 0x10000, 0x10000))
    found = linkage_of(tmp_path, macho_file(libraries=(b"/usr/lib/libSystem.B.dylib",), more=(own,)))
    assert found.needed == ["/usr/lib/libSystem.B.dylib"]
    assert found.versions == {"/usr/lib/libSystem.B.dylib": ["1.2.3"]}


@pytest.mark.parametrize("symbols", [0, 3])
def test_read_linkage_of_pe(tmp_path: Path, symbols: int) -> None:
    """A PE file names the libraries that it imports; with a COFF symbol table it is not stripped."""
    assert linkage_of(tmp_path, pe_file(symbols=symbols)) == Linkage(
        format="pe",
        architecture="amd64",
        interpreter=None,
        needed=["KERNEL32.dll", "SHLWAPI.dll"],
        is_static=False,
        is_stripped=symbols == 0,
        is_pie=True,
        system="windows 6.1",
        defences=["high-entropy aslr", "nx", "no writable code"],
    )


@pytest.mark.parametrize(
    "content", [b"", b"\x7fEL", b"#!/bin/sh\n", b"MZ", b"\x7fELF" + bytes(60), b"\xfe\xed\xfa\xcf"]
)
def test_read_linkage_of_what_is_no_executable(tmp_path: Path, content: bytes) -> None:
    """A script, an empty file and a bare magic number are refused with the file's name."""
    with pytest.raises(Refused, match="binary is linked"):
        linkage_of(tmp_path, content)


def test_read_linkage_for_an_unknown_machine(tmp_path: Path) -> None:
    """A machine that nobody has heard of is named by its number; how the file is linked can be read all the same."""
    assert linkage_of(tmp_path, elf_file(machine=0xBEEF)) == elf_linkage(architecture="unknown-48879")


def test_read_linkage_of_no_file(tmp_path: Path) -> None:
    """A file that is not there is refused, not a crash."""
    with pytest.raises(Refused, match="gone"):
        read_linkage(tmp_path / "gone")


@pytest.mark.parametrize(
    "content",
    [
        elf_file(interpreter=b"/lib64/ld.so", needed=b"libc.so.6", symbols=True),
        macho_file((b"_helper", MACHO_LOCAL), libraries=(b"/usr/lib/libSystem.B.dylib",)),
    ],
    ids=["elf", "macho"],
)
def test_read_linkage_of_every_truncation(tmp_path: Path, content: bytes) -> None:
    """No beginning of a file is taken for the file: a torn dynamic program must never read as static."""
    for length in range(len(content)):
        with pytest.raises(Refused):
            linkage_of(tmp_path, content[:length])


HOSTILE = [elf_file(interpreter=b"/ld", needed=b"libc.so.6", symbols=True), macho_file((b"_a", MACHO_LOCAL)), pe_file()]
# A byte, or a whole field of the values that lengths and offsets are torn by.
VALUES = st.one_of(
    st.binary(min_size=1, max_size=1), st.sampled_from([b"\xff" * 4, b"\xff" * 8, bytes(4), b"\0\0\0\x80"])
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), content=st.sampled_from(HOSTILE))
def test_read_linkage_of_any_damage(tmp_path: Path, data: st.DataObject, content: bytes) -> None:
    """Whatever bytes of the headers are changed, the answer is a linkage or a refusal."""
    read_damaged(tmp_path, data, content, 1024)


def read_damaged(folder: Path, data: st.DataObject, content: bytes, end: int) -> None:
    """Change bytes before `end`, and read the file."""
    damaged = bytearray(content)
    places = st.integers(0, min(len(content), end) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, VALUES), min_size=1, max_size=12)):
        damaged[place : place + len(value)] = value
    try:
        assert linkage_of(folder, bytes(damaged)).format in {"elf", "macho", "pe"}
    except Refused as refused:
        assert "binary" in refused.found  # noqa: PT017 - both ends are right, and nothing else is


def test_read_linkage_writes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The reader's own log stays off the standard streams."""
    with pytest.raises(Refused):
        linkage_of(tmp_path, HOSTILE[0][:100])
    linkage_of(tmp_path, macho_file((b"odd", MACHO_DEBUG)))
    assert tuple(capfd.readouterr()) == ("", "")


C_SOURCE = """
#include <stdio.h>
int main(int count, char **words) {
  char text[64];
  return snprintf(text, sizeof text, "%d %s", count, words[0]) < 0 || puts(text) < 0;
}
"""


def linked(folder: Path, compiler: str, *flags: str) -> Linkage:
    """Link a small C program, and read the file."""
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler} on the PATH")
    source = folder / "hello.c"
    source.write_text(C_SOURCE, encoding="utf-8")
    subprocess.run([compiler, "hello.c", "-o", "hello.out", *flags], cwd=folder, check=True, timeout=300)
    return read_linkage(folder / "hello.out")


@pytest.mark.skipif(sys.platform != "linux", reason="links for Linux")
@pytest.mark.parametrize(
    ("flags", "is_static", "is_stripped"),
    [((), False, False), (("-s",), False, True), (("-static",), True, False), (("-static-pie", "-s"), True, True)],
)
def test_read_linkage_of_what_the_linker_makes(
    tmp_path: Path, flags: tuple[str, ...], *, is_static: bool, is_stripped: bool
) -> None:
    """A real program is static and stripped where the linker was asked for it, and otherwise not."""
    seen = linked(tmp_path, "cc", *flags)
    assert (seen.is_static, seen.is_stripped) == (is_static, is_stripped)
    assert (seen.interpreter is None, seen.needed == []) == (is_static, is_static)


@pytest.mark.parametrize(("flags", "is_stripped"), [((), False), (("-s",), True)])
def test_read_linkage_of_what_the_windows_linker_makes(
    tmp_path: Path, flags: tuple[str, ...], *, is_stripped: bool
) -> None:
    """A real Windows program names the system's libraries, and has a symbol table unless it was stripped."""
    seen = linked(tmp_path, "x86_64-w64-mingw32-gcc", *flags)
    assert (seen.format, seen.architecture, seen.is_stripped) == ("pe", "amd64", is_stripped)
    assert "KERNEL32.dll" in seen.needed


LINUX = pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="links for Linux")
# Whatever the compiler does by itself, each test states what it asks for.
PLAIN = ("-pie", "-fPIE", "-Wl,-z,relro,-z,now", "-fno-stack-protector")


@LINUX
def test_read_linkage_of_a_well_defended_program(tmp_path: Path) -> None:
    """What a program demands of glibc and the kernel, and all that guards it."""
    seen = linked(tmp_path, "cc", *PLAIN)
    assert seen.defences is not None
    assert set(seen.defences) >= {"relro", "full relro", "nx", "no writable code", "ended stack tables"}
    assert (seen.is_pie, seen.libc, seen.stack_protector) == (True, "glibc", False)
    assert seen.system.startswith("linux ")
    assert [name.startswith("GLIBC_2.") for name in seen.versions["libc.so.6"]] == [True]


@LINUX
@pytest.mark.parametrize(
    ("flags", "lost"),
    [
        (("-Wl,-z,norelro",), {"relro", "full relro"}),
        (("-Wl,-z,lazy",), {"full relro"}),
        (("-Wl,-z,execstack",), {"nx"}),
        (("-static", "-no-pie"), set()),
        (("-static-pie",), set()),
        (("-no-pie",), set()),
    ],
)
def test_read_linkage_of_a_program_with_less_defence(tmp_path: Path, flags: tuple[str, ...], lost: set[str]) -> None:
    """Each defence is seen to be lost; a static file, which binds nothing later, has all that it can have."""
    seen = linked(tmp_path, "cc", *PLAIN, *flags)
    assert {"relro", "full relro", "nx", "no writable code", "ended stack tables"} - set(seen.defences or ()) == lost


@LINUX
@pytest.mark.parametrize(("flags", "is_pie"), [(("-no-pie",), False), (("-static", "-no-pie"), False), ((), True)])
def test_read_linkage_of_a_fixed_program(tmp_path: Path, flags: tuple[str, ...], *, is_pie: bool) -> None:
    """A program that is not position-independent is seen."""
    assert linked(tmp_path, "cc", *PLAIN, *flags).is_pie is is_pie


@LINUX
@pytest.mark.parametrize(
    ("flags", "guarded"),
    [
        (("-fstack-protector-all",), True),
        (("-fstack-protector-all", "-s"), True),
        (("-fstack-protector-all", "-static"), None),
    ],
)
def test_read_linkage_of_a_guarded_program(tmp_path: Path, flags: tuple[str, ...], *, guarded: bool | None) -> None:
    """The guard is an import, seen in stripped files too; a static file cannot tell it from its C library's own."""
    assert linked(tmp_path, "cc", *PLAIN, *flags).stack_protector is guarded


@LINUX
def test_read_linkage_with_packed_relocations(tmp_path: Path) -> None:
    """Packed relocations need a newer glibc, which is no number of a version."""
    seen = linked(tmp_path, "cc", *PLAIN, "-Wl,-z,pack-relative-relocs")
    if "GLIBC_ABI_DT_RELR" not in seen.versions["libc.so.6"]:
        pytest.skip("the linker packs no relocations")
    assert len(seen.versions["libc.so.6"]) == 2


@LINUX
@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels of x86-64")
@pytest.mark.parametrize("level", ["x86-64-v2", "x86-64-v3", "x86-64-v4"])
def test_read_linkage_of_a_program_for_newer_processors(tmp_path: Path, level: str) -> None:
    """The file's own property tells the level that the linker was given."""
    assert linked(tmp_path, "cc", *PLAIN, f"-Wl,-z,{level}").cpu == level


@LINUX
@pytest.mark.skipif(platform.machine() != "x86_64", reason="features of x86")
def test_read_linkage_with_control_flow_guards(tmp_path: Path) -> None:
    """The features that the processor is to guard are told by a property too."""
    seen = linked(tmp_path, "cc", *PLAIN, "-Wl,-z,ibt,-z,shstk")
    assert set(seen.defences or ()) >= {"ibt", "shadow stack"}


@LINUX
def test_read_linkage_of_a_static_program_by_its_c_library(tmp_path: Path) -> None:
    """Start files of glibc leave a note; musl's leave none."""
    assert linked(tmp_path, "cc", "-static").libc == "glibc"
    assert linked(tmp_path, "musl-gcc", "-static").libc == ""
    assert linked(tmp_path, "musl-gcc").libc == "musl"


@pytest.fixture(scope="module")
def real_program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a program with notes, properties and versions, which lie before its code."""
    folder = tmp_path_factory.mktemp("real")
    linked(folder, "cc", *PLAIN, "-Wl,-z,pack-relative-relocs", "-Wl,-z,x86-64-v3")
    return (folder / "hello.out").read_bytes()


@LINUX
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_read_linkage_of_any_damage_to_a_real_program(tmp_path: Path, real_program: bytes, data: st.DataObject) -> None:
    """Notes and tables of versions that lie are read or refused, too."""
    read_damaged(tmp_path, data, real_program, 4096)


MACOS_11 = struct.pack("<IIIIII", 0x32, 24, 1, 0xB0000, 0xE0000, 0)
MACOS_10_12 = struct.pack("<IIII", 0x24, 16, 0xA0C00, 0xE0000)
WEAK_LIBRARY = _macho_text(0x80000018, 24, b"/weak.dylib", (0, 0x10000, 0x10000))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"more": (MACOS_11,)}, {"system": "macos 11.0.0"}),
        ({"more": (MACOS_10_12,)}, {"system": "macos 10.12.0"}),
        ({"flags": 0x85}, {"is_pie": False}),
        ({"flags": 0x220085}, {"defences": ["no writable code"]}),
        ({"protection": 7}, {"defences": ["nx"]}),
        ({"more": (WEAK_LIBRARY,)}, {"needed": ["/weak.dylib"], "is_static": False}),
    ],
)
def test_read_linkage_of_what_a_macho_file_demands(
    tmp_path: Path, changes: dict[str, Any], expected: dict[str, object]
) -> None:
    """The oldest system, the fixed address, the stack and the pages that can be written and run."""
    plain = linkage_of(tmp_path, macho_file())
    assert linkage_of(tmp_path, macho_file(**changes)) == msgspec.structs.replace(plain, **expected)


def test_read_linkage_of_a_guarded_macho_program(tmp_path: Path) -> None:
    """The guard is an import here too."""
    assert linkage_of(tmp_path, macho_file((b"___stack_chk_fail", MACHO_UNDEFINED))).stack_protector is True


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"flags": 0x120}, {"is_pie": False, "defences": ["nx", "no writable code"]}),
        ({"flags": 0x140}, {"defences": ["nx", "no writable code"]}),
        ({"flags": 0x60}, {"defences": ["high-entropy aslr", "no writable code"]}),
        ({"flags": 0x4160}, {"defences": ["high-entropy aslr", "nx", "control flow guard", "no writable code"]}),
        ({"characteristics": 1}, {"is_pie": False, "defences": ["nx", "no writable code"]}),
        ({"subsystem": (10, 0)}, {"system": "windows 10.0"}),
    ],
)
def test_read_linkage_of_what_a_pe_file_demands(
    tmp_path: Path, changes: dict[str, Any], expected: dict[str, object]
) -> None:
    """The flags of the header, and the relocations without which a file cannot be loaded elsewhere."""
    plain = linkage_of(tmp_path, pe_file())
    assert linkage_of(tmp_path, pe_file(**changes)) == msgspec.structs.replace(plain, **expected)
