"""What `--config` gives to cargo: the path of a file, or KEY=VALUE."""

from __future__ import annotations

from pathlib import Path


def is_given_file(folder: Path, text: str) -> bool:
    """Return whether a text names a file, from a folder; a long assignment is no name that a disk could hold."""
    try:
        return bool(text) and (folder / text).is_file()
    except (OSError, ValueError):
        return False
