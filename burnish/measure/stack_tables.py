"""The tables by which a stack is walked: whether the walk through them comes to an end.

Who finds no entry for an address in the index reads all records of `.eh_frame`, up to one of no length. Whatever is
linked behind the object that brings that record takes it away, and the reader runs on through the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import lief

ENDED = "ended stack tables"
"""What a file is said to have whose tables have an end, or that has none."""
_SECTION = ".eh_frame"
_LONG = 0xFFFFFFFF
"""A length that stands in the eight bytes behind it."""


def has_ended_tables(binary: lief.ELF.Binary) -> bool:
    """Return whether the records of an ELF file come to one of no length, or there are none."""
    import lief  # noqa: PLC0415 - half a second, for those who need it only

    section = binary.get_section(_SECTION) if binary.has_section(_SECTION) else None
    if section is None or not section.size:
        return True
    is_big = binary.header.identity_data == lief.ELF.Header.ELF_DATA.MSB
    return _come_to_an_end(bytes(section.content), "big" if is_big else "little")


def _come_to_an_end(records: bytes, order: Literal["big", "little"]) -> bool:
    """Return whether one of these records has no length; a last one that the bytes do not hold is no end."""
    at = 0
    while at + 4 <= len(records):
        length = int.from_bytes(records[at : at + 4], order)
        if length == 0:
            return True
        if length == _LONG:
            at += 8
            length = int.from_bytes(records[at - 4 : at + 4], order)
        at += 4 + length
    return False
