"""What a binary demands beyond another, and what of its defence is lost: from what was read of both files. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from burnish.concessions import Concession
from burnish.judge.findings import clipped
from burnish.measure.symbol_versions import split_version
from burnish.model import Linkage

FIXED_ADDRESS: Concession = "fixed-address"
OLD_SYSTEMS: Concession = "old-systems"
OLD_CPUS: Concession = "old-cpus"
NAME_SERVICES: Concession = "name-services"
ALLOCATOR: Concession = "allocator"
LINKAGE_CONCESSIONS = frozenset({FIXED_ADDRESS, OLD_SYSTEMS, OLD_CPUS, NAME_SERVICES, ALLOCATOR})
"""What a binary's own file can show to be taken."""

# Parts of one installation of glibc: where one of them is, all are, and of one version.
_GLIBC = (
    "libc.so.", "libm.so.", "libmvec.so.", "libpthread.so.", "libdl.so.", "librt.so.", "libutil.so.", "libresolv.so.",
    "libanl.so.", "ld-linux", "ld64.so.",
)  # fmt: skip
_LEVELS = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One demand more, or one defence less. `concession` is who may take it; empty where nobody may."""

    what: str
    concession: Concession | Literal[""] = ""


def differences(before: Linkage, after: Linkage) -> list[Difference]:
    """Return in what a binary asks for more than another or is defended less. Nothing is said of what is better."""
    if (before.format, before.architecture) != (after.format, after.architecture):
        kinds = f"{after.format} {clipped(after.architecture)}", f"{before.format} {clipped(before.architecture)}"
        return [Difference(what=f"it is {kinds[0]} in place of {kinds[1]}")]
    return [*_loading(before, after), *_libraries(before, after), *_systems(before, after), *_defences(before, after)]


def _loading(before: Linkage, after: Linkage) -> Iterator[Difference]:
    if before.is_pie and not after.is_pie:
        yield Difference(what="it is loaded at a fixed address", concession=FIXED_ADDRESS)
    if before.interpreter and not after.interpreter:
        what = "it has no dynamic linker: no dlopen, and no name services but what is in the file"
        yield Difference(what=what, concession=NAME_SERVICES)
    elif after.interpreter and after.interpreter != before.interpreter:
        what = f"it needs the dynamic linker {clipped(after.interpreter)}{_before(before.interpreter)}"
        yield Difference(what=what, concession=OLD_SYSTEMS)
    if before.libc == "glibc" and after.libc != "glibc":
        what = f"{after.libc or 'another C library'} allocates in place of glibc"
        yield Difference(what=what, concession=ALLOCATOR)


def _libraries(before: Linkage, after: Linkage) -> Iterator[Difference]:
    known = {_installation(name, before) for name in before.needed}
    if before.libc == "glibc" and before.interpreter:
        known.add("glibc")
    fresh = {name: _installation(name, after) for name in after.needed if _installation(name, after) not in known}
    # A Mach-O file goes on without a library of which it asks for no version.
    asked = {name: home for name, home in fresh.items() if after.format != "macho" or name in after.versions}
    yield from (Difference(what=f"it needs {clipped(name)}", concession=OLD_SYSTEMS) for name in asked)
    yield from _versions(before, after, set(fresh.values()))


def _installation(library: str, linkage: Linkage) -> str:
    """Return by what name a library comes: glibc's all at once, as do those of Windows' C runtime."""
    if linkage.format == "elf":
        return "glibc" if library.startswith(_GLIBC) else library
    name = library.lower() if linkage.format == "pe" else library
    return "ucrt" if name.startswith(("api-ms-win-crt-", "ucrtbase.")) else name


def _versions(before: Linkage, after: Linkage, fresh: set[str]) -> Iterator[Difference]:
    """Yield each version that is newer or was not asked for, but of libraries that are told as new."""
    known = _newest(before)
    for (home, family), (numbers, name, library) in _newest(after).items():
        old = known.get((home, family))
        if home not in fresh and (old is None or numbers > old[0]):
            of_library = f" of {clipped(library)}" if library else ""
            what = f"it needs {clipped(name)}{of_library}{_before(old[1] if old else None)}"
            yield Difference(what=what, concession=OLD_SYSTEMS)


def _newest(linkage: Linkage) -> dict[tuple[str, str], tuple[tuple[int, ...], str, str]]:
    """Return the newest version by installation and family: its numbers, its name and the library that asks for it."""
    newest: dict[tuple[str, str], tuple[tuple[int, ...], str, str]] = {}
    for library, names in linkage.versions.items():
        for name in names:
            family, numbers = split_version(name)
            key = (_installation(library, linkage), family)
            newest[key] = max(newest.get(key, ((), "", "")), (numbers, name, library))
    return newest


def _systems(before: Linkage, after: Linkage) -> Iterator[Difference]:
    (was, old), (family, new) = split_version(before.system), split_version(after.system)
    if after.system and (family != was or new > old):
        what = f"it needs {clipped(after.system)}{_before(before.system)}"
        yield Difference(what=what, concession=OLD_SYSTEMS)
    if _level(after.cpu) > _level(before.cpu):
        yield Difference(what=f"it needs {after.cpu} processors{_before(before.cpu)}", concession=OLD_CPUS)


def _level(cpu: str) -> int:
    """Return the rank of a level. A file that does not say is not held to need more than the first."""
    return _LEVELS.index(cpu) if cpu in _LEVELS else 0


def _defences(before: Linkage, after: Linkage) -> Iterator[Difference]:
    if before.defences is not None and after.defences is not None:
        for name in before.defences:
            if name not in after.defences:
                is_address = name == "high-entropy aslr"
                yield Difference(what=f"it has lost: {name}", concession=FIXED_ADDRESS if is_address else "")
    if before.stack_protector and after.stack_protector is False:
        yield Difference(what="it has lost: stack protector")


def _before(old: str | None) -> str:
    return f" ({clipped(old)} in the baseline)" if old else " (the baseline does not)"
