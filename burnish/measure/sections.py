"""Where the bytes of a binary are: its sections, and what lies between them."""

from __future__ import annotations

from pathlib import Path

from burnish.model import Share

BETWEEN = "headers and padding"


def read_sections(path: Path) -> list[Share]:
    """Return the sections of an ELF, Mach-O or PE file, the largest first, and the rest: together they are the file."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    binary = lief.parse(path)
    sizes: dict[str, int] = {}
    for section in binary.sections if binary is not None else ():
        if not _takes_no_room(section):
            name = section.name if isinstance(section.name, str) else section.name.decode("utf-8", "replace")
            sizes[name] = sizes.get(name, 0) + section.size
    rest = path.stat().st_size - sum(sizes.values())
    shares = [Share(name=name, amount=size) for name, size in sizes.items() if size]
    return [*sorted(shares, key=lambda share: -share.amount), Share(name=BETWEEN, amount=rest)]


def _takes_no_room(section: object) -> bool:
    """Return whether a section, like .bss, is only in memory."""
    import lief  # noqa: PLC0415 - as above

    return isinstance(section, lief.ELF.Section) and section.type == lief.ELF.Section.TYPE.NOBITS
