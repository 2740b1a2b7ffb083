"""The value that says which program is started, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Command:
    """One start of a program: `argv` in the folder `cwd`, with `stdin` to read, expected to end with `exit_status`.

    A program of another machine is started by `runner`, an emulator with its arguments, for which `env` is set.
    """

    argv: tuple[str, ...]
    cwd: Path
    stdin: bytes = b""
    exit_status: int = 0
    runner: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
