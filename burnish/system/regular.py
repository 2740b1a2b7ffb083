"""Reading files of our own, which a project from elsewhere may have put something else in the place of."""

from __future__ import annotations

from pathlib import Path

MAX_OWN_BYTES = 256 * 1024 * 1024


def read_regular(path: Path) -> bytes:
    """Read a file of ours. Raise OSError or ValueError for what is none, or too large."""
    # A project from elsewhere may hold a pipe or a device of this name, which would never end.
    if not path.is_file():
        raise FileNotFoundError("there is no such file")
    if path.stat().st_size > MAX_OWN_BYTES:
        raise ValueError(f"it is larger than {MAX_OWN_BYTES} bytes")
    return path.read_bytes()
