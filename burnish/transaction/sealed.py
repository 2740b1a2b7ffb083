"""JSON files of ours, each behind this user's seal: what a cloned project brings under the same name is not read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from burnish.system.regular import read_regular
from burnish.transaction.files import write_synced
from burnish.transaction.seal import seal, unseal

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """Reads and writes sealed files of the workspace at `root`."""

    root: Path
    user_state: Path

    def write(self, path: Path, value: object) -> None:
        """Replace a file, whole or not at all."""
        write_synced(path, seal(msgspec.json.encode(value), root=self.root, user_state=self.user_state))

    def read(self, path: Path, kind: type[T]) -> T:
        """Read a file. Raise OSError or ValueError where it is not there, damaged, or somebody else's."""
        body = unseal(read_regular(path), root=self.root, user_state=self.user_state)
        return msgspec.json.decode(body, type=kind)
