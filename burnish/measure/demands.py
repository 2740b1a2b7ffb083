"""What a binary demands of the system that runs it, and how it is defended, read from the parsed file.

Names of defences are those of the field: `relro`, `full relro`, `nx` (no executable stack), `ibt`, `shadow stack`;
`ended stack tables` is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from burnish.measure.stack_tables import ENDED, has_ended_tables
from burnish.measure.symbol_versions import newest_of_each_family

if TYPE_CHECKING:
    import lief

GUARD = "__stack_chk_fail"
_WEAK = 2  # VER_FLG_WEAK: the loader goes on without such a version
_GLIBC_LOADERS = ("ld-linux", "ld64.so.", "ld.so.1")
# DF_TEXTREL, DF_BIND_NOW and DF_1_NOW
_TEXT_RELOCATIONS, _BIND_NOW, _BIND_NOW_TOO = 0x4, 0x8, 0x1


class Demands(TypedDict):
    """The fields of `Linkage` that are read here."""

    versions: dict[str, list[str]]
    system: str
    cpu: str
    libc: str
    defences: list[str]
    stack_protector: bool | None


def elf_demands(path: Path, binary: lief.ELF.Binary, interpreter: str | None) -> Demands:
    """Return what an ELF file demands."""
    abi = next(_abi_versions(binary), "")
    return Demands(
        versions=dict(_elf_versions(binary, interpreter)),
        system=abi,
        cpu=_elf_processor(binary),
        libc=_libc(interpreter, abi),
        defences=list(_elf_defences(binary)),
        # A static file has what its C library was built with, whatever the program's own code has.
        stack_protector=_imports(path, binary, GUARD) if interpreter else None,
    )


def _elf_versions(binary: lief.ELF.Binary, interpreter: str | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each library with the newest versions that the loader insists on."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    named: dict[str, list[str]] = {}
    for requirement in binary.symbols_version_requirement:
        library = text_of(requirement.name)
        insisted = (aux for aux in requirement.get_auxiliary_symbols() if not aux.flags & _WEAK)
        named.setdefault(library, []).extend(text_of(aux.name) for aux in insisted)
    packed = any(entry.tag == lief.ELF.DynamicEntry.TAG.RELR for entry in binary.dynamic_entries)
    if packed and interpreter and not any("GLIBC_ABI_DT_RELR" in names for names in named.values()):
        named.setdefault(interpreter, []).append("DT_RELR")
    yield from ((library, newest_of_each_family(names)) for library, names in named.items() if names)


def _abi_versions(binary: lief.ELF.Binary) -> Iterator[str]:
    """Yield the oldest kernel that the C library's start files ask for."""
    import lief  # noqa: PLC0415 - as above

    for note in binary.notes:
        if isinstance(note, lief.ELF.NoteAbi) and note.abi is not None and note.version:
            yield f"{note.abi.name.lower()} {'.'.join(map(str, note.version))}"


def _libc(interpreter: str | None, abi: str) -> str:
    """Return the name of the C library. A note of glibc's start files in a static file tells which kernel it needs."""
    loader = (interpreter or "").rsplit("/", 1)[-1]
    if loader.startswith("ld-musl"):
        return "musl"
    is_glibc = loader.startswith(_GLIBC_LOADERS) if interpreter else abi.startswith("linux ")
    return "glibc" if is_glibc else ""


def _elf_processor(binary: lief.ELF.Binary) -> str:
    """Return the x86-64 level that the file says it needs, empty where it says nothing."""
    import lief  # noqa: PLC0415 - as above

    isa = lief.ELF.X86ISA.ISA
    levels = {isa.BASELINE: "x86-64", isa.V2: "x86-64-v2", isa.V3: "x86-64-v3", isa.V4: "x86-64-v4"}
    needed = (
        levels[value]
        for found in _properties(binary)
        if isinstance(found, lief.ELF.X86ISA)
        for flag, value in found.values
        if flag == lief.ELF.X86ISA.FLAG.NEEDED and value in levels
    )
    return max(needed, default="")


def _properties(binary: lief.ELF.Binary) -> Iterator[object]:
    import lief  # noqa: PLC0415 - as above

    for note in binary.notes:
        if isinstance(note, lief.ELF.NoteGnuProperty):
            yield from note.properties


def _elf_defences(binary: lief.ELF.Binary) -> Iterator[str]:
    import lief  # noqa: PLC0415 - as above

    kinds = lief.ELF.Segment.TYPE
    writes, executes = lief.ELF.Segment.FLAGS.W, lief.ELF.Segment.FLAGS.X
    segments = list(binary.segments)
    if any(segment.type == kinds.GNU_RELRO for segment in segments):
        yield "relro"
        if _binds_at_start(binary):
            yield "full relro"
    stacks = [segment for segment in segments if segment.type == kinds.GNU_STACK]
    if stacks and not any(segment.has(executes) for segment in stacks):
        yield "nx"
    loaded = (segment for segment in segments if segment.type == kinds.LOAD)
    if not _relocates_code(binary) and not any(part.has(writes) and part.has(executes) for part in loaded):
        yield "no writable code"
    if has_ended_tables(binary):
        yield ENDED
    yield from _processor_defences(binary)


def _flags(binary: lief.ELF.Binary) -> dict[str, int]:
    return {entry.tag.name: entry.value for entry in binary.dynamic_entries}


def _binds_at_start(binary: lief.ELF.Binary) -> bool:
    """Return whether nothing is bound later, when the table that it is written to could not be read-only.

    A file without such bindings, as each static one is, has nothing that could be bound later.
    """
    flags = _flags(binary)
    asks = flags.get("FLAGS", 0) & _BIND_NOW or flags.get("FLAGS_1", 0) & _BIND_NOW_TOO or "BIND_NOW" in flags
    return bool(asks) or "JMPREL" not in flags


def _relocates_code(binary: lief.ELF.Binary) -> bool:
    flags = _flags(binary)
    return "TEXTREL" in flags or bool(flags.get("FLAGS", 0) & _TEXT_RELOCATIONS)


def _processor_defences(binary: lief.ELF.Binary) -> Iterator[str]:
    import lief  # noqa: PLC0415 - as above

    x86, arm = lief.ELF.X86Features, lief.ELF.AArch64Feature
    seen: set[object] = set()
    for found in _properties(binary):
        if isinstance(found, x86):
            seen.update(feature for flag, feature in found.features if flag != x86.FLAG.NEEDED)
        elif isinstance(found, arm):
            seen.update(found.features)
    names = {
        x86.FEATURE.IBT: "ibt",
        x86.FEATURE.SHSTK: "shadow stack",
        arm.FEATURE.BTI: "bti",
        arm.FEATURE.PAC: "pac",
    }
    yield from (name for feature, name in names.items() if feature in seen)


def _imports(path: Path, binary: lief.ELF.Binary, name: str) -> bool:
    """Return whether the names for the dynamic linker have this one: to read all symbols would take longer."""
    import lief  # noqa: PLC0415 - as above

    entries = {entry.tag: entry.value for entry in binary.dynamic_entries}
    tags = lief.ELF.DynamicEntry.TAG
    if tags.STRTAB not in entries:
        return False
    offset = binary.virtual_address_to_offset(entries[tags.STRTAB])
    size_bytes = entries.get(tags.STRSZ, 0)
    if not isinstance(offset, int) or offset + size_bytes > path.stat().st_size:
        raise ValueError("the names for the dynamic linker are not in the file")
    with path.open("rb") as file:
        file.seek(offset)
        return name.encode() in file.read(size_bytes)


def macho_libraries(binary: lief.MachO.Binary) -> list[lief.MachO.DylibCommand]:
    """Return the libraries that a Mach-O file loads: not itself, whose own name lief lists too, with its folder."""
    import lief  # noqa: PLC0415 - as above

    own = lief.MachO.LoadCommand.TYPE.ID_DYLIB
    return [library for library in binary.libraries if library.command != own]


def macho_demands(binary: lief.MachO.Binary) -> Demands:
    """Return what a Mach-O file demands: of each library that must be there the oldest compatible version."""
    import lief  # noqa: PLC0415 - as above

    weak = lief.MachO.LoadCommand.TYPE.LOAD_WEAK_DYLIB
    must_be = [library for library in macho_libraries(binary) if library.command != weak]
    versions = {text_of(each.name): [".".join(map(str, each.compatibility_version))] for each in must_be}
    if binary.has_dyld_chained_fixups:
        versions.setdefault("dyld", []).append("chained fixups")
    symbols = {symbol.name for symbol in binary.symbols}
    return Demands(
        versions=versions,
        system=_macho_system(binary),
        cpu="",
        libc="",
        defences=list(_macho_defences(binary)),
        stack_protector=f"_{GUARD}" in symbols,
    )


def _macho_system(binary: lief.MachO.Binary) -> str:
    build, oldest = binary.build_version, binary.version_min
    if build is not None:
        platform = getattr(build.platform, "name", f"platform {build.platform}").lower()
        return f"{platform} {'.'.join(map(str, build.minos))}"
    if oldest is not None:
        name = oldest.command.name.lower().removeprefix("version_min_").replace("macosx", "macos")
        return f"{name} {'.'.join(map(str, oldest.version))}"
    return ""


def _macho_defences(binary: lief.MachO.Binary) -> Iterator[str]:
    if binary.has_nx_stack:
        yield "nx"
    if not any(_is_writable_code(segment.init_protection) for segment in binary.segments):
        yield "no writable code"


def _is_writable_code(protection: int) -> bool:
    writes, executes = 2, 4
    return bool(protection & writes and protection & executes)


def pe_demands(binary: lief.PE.Binary) -> Demands:
    """Return what a PE file demands: the oldest Windows that loads it is that of its subsystem's version."""
    header = binary.optional_header
    return Demands(
        versions={},
        system=f"windows {header.major_subsystem_version}.{header.minor_subsystem_version}",
        cpu="",
        libc="",
        defences=list(_pe_defences(binary)),
        stack_protector=None,
    )


def _pe_defences(binary: lief.PE.Binary) -> Iterator[str]:
    import lief  # noqa: PLC0415 - as above

    header, flags = binary.optional_header, lief.PE.OptionalHeader.DLL_CHARACTERISTICS
    if header.has(flags.HIGH_ENTROPY_VA) and is_relocatable(binary):
        yield "high-entropy aslr"
    if header.has(flags.NX_COMPAT):
        yield "nx"
    if header.has(flags.GUARD_CF):
        yield "control flow guard"
    kinds = lief.PE.Section.CHARACTERISTICS
    if not any(
        part.has_characteristic(kinds.MEM_WRITE) and part.has_characteristic(kinds.MEM_EXECUTE)
        for part in binary.sections
    ):
        yield "no writable code"


def is_relocatable(binary: lief.PE.Binary) -> bool:
    """Return whether Windows loads a PE file anywhere: it is allowed to, and what it takes for that was left in."""
    import lief  # noqa: PLC0415 - as above

    may = binary.optional_header.has(lief.PE.OptionalHeader.DLL_CHARACTERISTICS.DYNAMIC_BASE)
    return may and not binary.header.has_characteristic(lief.PE.Header.CHARACTERISTICS.RELOCS_STRIPPED)


def text_of(name: str | bytes) -> str:
    """Return a name out of a file as text, whatever its bytes."""
    return name if isinstance(name, str) else name.decode("utf-8", "replace")
