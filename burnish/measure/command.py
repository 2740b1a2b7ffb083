"""The value that says which program is started, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Command:
    """One start of a program: `argv` in the folder `cwd`, with `stdin` to read, expected to end with `exit_status`."""

    argv: tuple[str, ...]
    cwd: Path
    stdin: bytes = b""
    exit_status: int = 0
