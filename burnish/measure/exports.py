"""What a library offers to other languages: the names that it exports, read from the file itself.

Rust's own names carry a hash of the build and are no interface: what is compared is what `extern "C"` code can ask for.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

from burnish.errors import Refused

FileFormat = Literal["elf", "macho", "pe", "archive", "other"]

_ARCHIVE = b"!<arch>\n"
_HEADER_BYTES = 60
_HEADER_END = b"`\n"
# In every static library of Rust's, and another in each toolchain.
_BUILTINS = "compiler_builtins-"
# Rust's mangled names, and what the compiler, the standard library and the linker define in whatever they make.
_NO_INTERFACE = re.compile(
    r"_ZN|_R[A-Z]|__rust|__rdl_|__rg_|rust_eh_personality|rust_begin_unwind|rust_panic|rust_metadata_|.*\.|"
    r"(?:_init|_fini|__bss_start|_edata|_end|_DYNAMIC|_GLOBAL_OFFSET_TABLE_|DllMain|DllMainCRTStartup)$"
)


def file_format(path: Path) -> FileFormat:
    """Return what a file is by its content. Raise Refused where it cannot be read."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    try:
        with path.open("rb") as file:
            if file.read(len(_ARCHIVE)) == _ARCHIVE:
                return "archive"
    except OSError as error:
        raise Refused(
            f"cannot read {path}: {error.strerror}", expected="a file that a build wrote", files=""
        ) from error
    name = str(path)
    if lief.is_elf(name):
        return "elf"
    if lief.is_macho(name):
        return "macho"
    return "pe" if lief.is_pe(name) else "other"


def exported_names(path: Path) -> list[str]:
    """Return the names that a shared library exports or a static one defines for others, sorted, without Rust's own.

    Raise Refused where the file is torn, or no library.
    """
    form = file_format(path)
    try:
        names = _archive_names(path) if form == "archive" else _shared_names(path)
        return sorted({name for name in names if name and not _NO_INTERFACE.match(name)})
    except Exception as error:
        raise Refused(f"cannot read what {path} exports: {error}", expected="a library", files="") from error


def _shared_names(path: Path) -> Iterable[str]:
    import lief  # noqa: PLC0415 - as above

    lief.logging.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if lief.is_elf(str(path)):
            return list(_elf_names(path))
        binary = lief.parse(path)
        if isinstance(binary, lief.PE.Binary):
            export = binary.get_export()
            return [_text(entry.name) for entry in export.entries] if export else []
        if not isinstance(binary, lief.MachO.Binary):
            raise ValueError("neither ELF nor Mach-O nor PE")  # noqa: TRY004 - the file's fault
        # Every name has an underscore before it there.
        return [_text(symbol.name).removeprefix("_") for symbol in binary.exported_symbols]


def _elf_names(path: Path) -> Iterator[str]:
    import lief  # noqa: PLC0415 - as above

    config = lief.ELF.ParserConfig()
    config.parse_symtab_symbols = config.parse_relocations = config.parse_notes = config.parse_overlay = False
    binary = lief.ELF.parse(path, config)
    if binary is None or not list(binary.segments) or len(list(binary.segments)) != binary.header.numberof_segments:
        raise ValueError("the ELF file is torn")
    local = lief.ELF.Symbol.BINDING.LOCAL
    yield from (_text(each.name) for each in binary.dynamic_symbols if each.shndx != 0 and each.binding != local)


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def _archive_names(path: Path) -> Iterator[str]:
    """Yield the names of an archive's index: what a linker finds in it, but for what every Rust archive brings."""
    with path.open("rb") as file:
        file.seek(len(_ARCHIVE))
        title, content = _member(file, long_names=b"")
        here = file.tell()
        following, long_names = _member(file, long_names=b"")
        if following == "/":  # the second index of Microsoft's librarian, in another order
            following, long_names = _member(file, long_names=b"")
        names = long_names if following == "//" else b""
        file.seek(here)
        for name, offset in _index(title, content):
            file.seek(offset)
            member = _member_name(file.read(_HEADER_BYTES), names, file)
            if not member.startswith(_BUILTINS) and not name.startswith("__"):
                yield name


def _member(file: IO[bytes], *, long_names: bytes) -> tuple[str, bytes]:
    """Read the member at the file's place, and go on to the next one."""
    header = file.read(_HEADER_BYTES)
    if header and not (len(header) == _HEADER_BYTES and header.endswith(_HEADER_END)):
        raise ValueError("the archive is torn")
    size = int(header[48:58] or b"0")
    end = file.tell() + size + size % 2
    name = _member_name(header, long_names, file)
    length = end - size % 2 - file.tell()
    content = file.read(length)
    if len(content) != length:
        raise ValueError("the archive ends before its first members do")
    file.seek(end)
    return name, content


def _member_name(header: bytes, long_names: bytes, file: IO[bytes]) -> str:
    """Return a member's name: of the header, of the table of long names (GNU), or before the content (BSD)."""
    name = header[:16].decode("ascii").rstrip()
    if name.startswith("#1/"):
        return file.read(int(name[3:])).rstrip(b"\0").decode("utf-8", "replace")
    if re.fullmatch(r"/\d+", name):
        return re.split(rb"/?\n|\0", long_names[int(name[1:]) :], maxsplit=1)[0].decode("utf-8", "replace")
    return name


def _index(title: str, content: bytes) -> Iterator[tuple[str, int]]:
    """Yield each name of an archive's index with the place of its member."""
    if title.startswith("__.SYMDEF"):  # macOS: pairs of the name's place and the member's, then the names
        width = 8 if "_64" in title else 4
        table_bytes = int.from_bytes(content[:width], "little")
        names = content[width + table_bytes + width :]
        pairs = content[width : width + table_bytes]
        for place, offset in _pairs(pairs, width):
            yield names[place:].split(b"\0", 1)[0].decode("utf-8", "replace").removeprefix("_"), offset
    elif title in {"/", "/SYM64/"}:  # all places, then the names in the same order
        width = 8 if title == "/SYM64/" else 4
        count = int.from_bytes(content[:width], "big")
        places = [int.from_bytes(content[width * at : width * (at + 1)], "big") for at in range(1, count + 1)]
        names_in_order = content[width * (count + 1) :].split(b"\0")
        for name, offset in zip(names_in_order, places, strict=False):
            yield name.decode("utf-8", "replace"), offset


def _pairs(table: bytes, width: int) -> Iterator[tuple[int, int]]:
    numbers = [int.from_bytes(table[at : at + width], "little") for at in range(0, len(table), width)]
    return zip(numbers[::2], numbers[1::2], strict=True)
