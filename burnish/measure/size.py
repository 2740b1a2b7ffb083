"""How large a file is, and which file it is."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from burnish.errors import Refused


def size_and_digest(path: Path) -> tuple[int, str]:
    """Return a regular file's size in bytes and its SHA-256 in hexadecimal, read as a stream.

    Raise Refused for what is not a regular file or cannot be read.
    """
    try:
        # A pipe with this name would block the open for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(f"{path} is not a regular file", expected="a file that a build wrote", files="")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return os.fstat(file.fileno()).st_size, digest
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}", expected="a readable file", files="") from error
