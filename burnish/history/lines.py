"""The history in a file of lines, one record each: for those who keep it elsewhere than in the repository."""

from __future__ import annotations

from pathlib import Path

from burnish.history.entries import decode_entries
from burnish.history.repository import Unrecorded
from burnish.system.regular import read_regular
from burnish.transaction.files import append_synced


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a history file, none where there is no file. Raise Unrecorded for what cannot be read."""
    if not path.exists():
        return []
    try:
        return read_regular(path).split(b"\n")
    except (OSError, ValueError) as error:
        raise Unrecorded(f"{path} cannot be read: {error}") from error


def append_line(path: Path, line: bytes) -> None:
    """Append a record to a history file, which is made where there is none; what others append meanwhile is kept.

    Raise Unrecorded for a file that holds something else, and for one that cannot be written.
    """
    earlier = [each for each in read_lines(path) if each.strip()]
    if earlier and not decode_entries(earlier[:1])[0]:
        raise Unrecorded(f"{path} is no history: its first line is no record")
    try:
        append_synced(path, line + b"\n")
    except OSError as error:
        raise Unrecorded(f"{path} cannot be written: {error.strerror or error}") from error
