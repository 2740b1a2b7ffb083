"""The machine as a platform needs it: where its programs are, and what cargo is configured with there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cargo.flags import ConfigLayer, variable
from burnish.cargo.toolchain import read_cfg
from burnish.errors import Refused
from burnish.process import Programs


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where to look: `folder` is the project's root, `scripts` holds Python's own programs.

    `layers` is cargo's configuration for the project, `state` the user's own folder for burnish, `system` where the
    system keeps a toolchain of its own.
    """

    programs: Programs
    host: str
    folder: Path
    scripts: Path
    state: Path
    layers: Sequence[ConfigLayer]
    timeout_seconds: float
    system: Path = Path("/usr/bin")

    def own(self, triple: str) -> Path:
        """Give the folder for what a platform needs made on this machine; all projects share it."""
        return self.state / "platforms" / triple

    def which(self, program: str) -> str | None:
        """Find a program on the PATH, then among Python's own."""
        path = self.programs.env.get("PATH", os.defpath)
        return shutil.which(program, path=os.pathsep.join((path, str(self.scripts))))

    def says(self, *argv: str) -> str:
        """Give the first line that a program writes, or nothing where it fails."""
        try:
            finished = self.programs.run(argv, cwd=self.folder, timeout_seconds=self.timeout_seconds)
        except Refused:
            return ""
        lines = finished.stdout.decode("utf-8", "replace").strip().splitlines()
        return lines[0] if finished.ok and lines else ""

    def cfg(self, triple: str) -> list[str]:
        """Give the lines of `rustc --print cfg` for a platform."""
        return read_cfg(self.programs, self.folder, triple, self.timeout_seconds)

    def configured(self, triple: str, key: str) -> list[str]:
        """Give `target.<triple>.<key>` of cargo's configuration, a string or an array, as words."""
        tables = [_table(_table(layer.data.get("target")).get(triple)) for layer in self.layers]
        values = [self.programs.env.get(variable("target", triple, key)), *(table.get(key) for table in tables)]
        value: object = next(filter(None, values), [])
        return value.split() if isinstance(value, str) else [str(word) for word in _list(value)]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
