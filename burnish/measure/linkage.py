"""How a binary is linked, read from the file itself: "static" is seen, not assumed.

lief reads all three formats. It is imported where it is used: that takes half a second and 60 MB.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from burnish.errors import Refused
from burnish.measure.demands import (
    Demands,
    elf_demands,
    is_relocatable,
    macho_demands,
    macho_libraries,
    pe_demands,
    text_of,
)
from burnish.model import Linkage

if TYPE_CHECKING:
    import lief

Format = Literal["elf", "macho", "pe"]

_MACHO_MAGICS = {
    bytes.fromhex(magic) for magic in ("feedface", "cefaedfe", "feedfacf", "cffaedfe", "cafebabe", "cafebabf")
}
_MACHO_STAB, _MACHO_SECTION_TYPE, _MACHO_EXTERNAL = 0xE0, 0x0E, 0x01
# Left by the linker, or by `strip` itself, in a file that has been stripped of everything else.
_MACHO_LINKER_SYMBOLS = {"radr://5614542", "dyld_private", "__dyld_private"}


def read_linkage(path: Path) -> Linkage:
    """Read how an ELF, Mach-O or PE file is linked.

    `is_static`: no interpreter and no needed library. `is_stripped`: no `.symtab` (ELF), no local symbol (Mach-O), no
    COFF symbol table (PE). Of a universal Mach-O file the first slice is read.

    Raise Refused for anything else, and for a file that is torn or hostile.
    """
    readers = {"elf": _read_elf, "macho": _read_macho, "pe": _read_pe}
    try:
        reader = readers[_format_of(path)]
        with _quiet():
            return reader(path)
    except Exception as error:
        raise Refused(
            f"cannot read how {path} is linked: {error}", expected="an executable: ELF, Mach-O or PE", files=""
        ) from error


def _format_of(path: Path) -> Format:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"\x7fELF":
        return "elf"
    if magic in _MACHO_MAGICS:
        return "macho"
    if magic[:2] == b"MZ":
        return "pe"
    raise ValueError("neither ELF nor Mach-O nor PE")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep lief from writing to the standard streams: it logs there, and warns of values outside its tables."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    lief.logging.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _linkage(
    form: Format,
    *,
    architecture: str,
    interpreter: str | None,
    needed: list[str],
    is_stripped: bool,
    is_pie: bool,
    demands: Demands,
) -> Linkage:
    return Linkage(
        format=form,
        architecture=architecture,
        interpreter=interpreter,
        needed=needed,
        is_static=interpreter is None and not needed,
        is_stripped=is_stripped,
        is_pie=is_pie,
        **demands,
    )


def _read_elf(path: Path) -> Linkage:
    import lief  # noqa: PLC0415 - as above

    config = lief.ELF.ParserConfig()
    # Symbols and relocations are the bulk of a file with debug information, and say nothing that is asked here.
    config.parse_symtab_symbols = config.parse_dyn_symbols = config.parse_relocations = False
    config.parse_overlay = False
    binary = lief.ELF.parse(path, config)
    # A header that promises segments which are not in the file is a torn file, and would read as static.
    if binary is None or not list(binary.segments) or len(list(binary.segments)) != binary.header.numberof_segments:
        raise ValueError("the ELF file is torn")
    _check_extent(path, ((segment.file_offset, segment.physical_size) for segment in binary.segments))
    interpreter = text_of(binary.interpreter) if binary.has_interpreter else None
    return _linkage(
        "elf",
        architecture=_architecture(binary.header.machine_type),
        interpreter=interpreter,
        needed=[text_of(name) for name in binary.libraries],
        is_stripped=all(section.type != lief.ELF.Section.TYPE.SYMTAB for section in binary.sections),
        # A static PIE has no interpreter either, so lief's own `is_pie` would say no.
        is_pie=binary.header.file_type == lief.ELF.Header.FILE_TYPE.DYN,
        demands=elf_demands(path, binary, interpreter),
    )


def _check_extent(path: Path, parts: Iterator[tuple[int, int]]) -> None:
    size_bytes = path.stat().st_size
    if any(offset + length > size_bytes for offset, length in parts):
        raise ValueError("the file ends before its last part")


def _read_macho(path: Path) -> Linkage:
    import lief  # noqa: PLC0415 - as above

    universal = lief.MachO.parse(path, lief.MachO.ParserConfig.quick)
    binary = universal.at(0) if universal is not None and universal.size else None
    if binary is None or not list(binary.segments):
        raise ValueError("the Mach-O file is torn")
    _check_extent(path, ((binary.fat_offset + part.file_offset, part.file_size) for part in binary.segments))
    dylinker = binary.dylinker if binary.has_dylinker else None
    return _linkage(
        "macho",
        architecture=_architecture(binary.header.cpu_type),
        interpreter=text_of(dylinker.name) if dylinker is not None else None,
        needed=[text_of(library.name) for library in macho_libraries(binary)],
        is_stripped=not any(_is_local(symbol) for symbol in binary.symbols),
        is_pie=binary.is_pie,
        demands=macho_demands(binary),
    )


def _is_local(symbol: lief.MachO.Symbol) -> bool:
    if symbol.name in _MACHO_LINKER_SYMBOLS:
        return False
    debug = bool(symbol.raw_type & _MACHO_STAB)
    return debug or bool(symbol.raw_type & _MACHO_SECTION_TYPE and not symbol.raw_type & _MACHO_EXTERNAL)


def _read_pe(path: Path) -> Linkage:
    import lief  # noqa: PLC0415 - as above

    config = lief.PE.ParserConfig()
    config.parse_signature = config.parse_rsrc = config.parse_reloc = config.parse_exports = False
    binary = lief.PE.parse(path, config)
    if binary is None or len(list(binary.sections)) != binary.header.numberof_sections or not list(binary.sections):
        raise ValueError("the PE file is torn")
    _check_extent(path, ((section.pointerto_raw_data, section.size) for section in binary.sections))
    return _linkage(
        "pe",
        architecture=_architecture(binary.header.machine),
        interpreter=None,
        needed=[text_of(entry.name) for entry in binary.imports],
        is_stripped=binary.header.pointerto_symbol_table == 0 or binary.header.numberof_symbols == 0,
        is_pie=is_relocatable(binary),
        demands=pe_demands(binary),
    )


def _architecture(machine: object) -> str:
    # A number outside lief's tables stays a number.
    return str(getattr(machine, "name", f"unknown-{machine}")).lower()
