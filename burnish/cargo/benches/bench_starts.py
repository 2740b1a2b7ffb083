"""How cargo starts what it has built: the folder and the environment, recorded by a runner of ours in its place.

Cargo gives a bench `[env]` of its configuration, `CARGO_*`, `OUT_DIR` and the path of shared libraries. None of it is
predicted: cargo starts the recorder, which is given the executable and does not start it.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from burnish.cargo.benches import recorder
from burnish.cargo.build import Cargo
from burnish.system.children import MARK

_BASE = "burnish-starts-"


@dataclass(frozen=True, kw_only=True)
class CargoStart:
    """How cargo starts one executable: in which folder, and with what beyond the user's own environment."""

    folder: str
    env: dict[str, str] = field(repr=False)  # [env] may hold a secret


class _Noted(msgspec.Struct, frozen=True):
    argv: list[str]
    cwd: str
    env: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class RecordedStarts:
    """Records the starts of one cargo command: `arguments` are what to give to it."""

    cargo: Cargo
    folder: Path

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the arguments by which cargo starts the recorder. They win over a runner of the user's own."""
        words = [sys.executable, "-I", "-S", str(Path(recorder.__file__)), str(self.folder)]
        triple = msgspec.json.encode(self.cargo.toolkit.triple).decode()
        return "--config", f"target.{triple}.runner={msgspec.json.encode(words).decode()}"

    def read(self) -> dict[Path, CargoStart]:
        """Return the recorded starts by executable."""
        noted = (msgspec.json.decode(path.read_bytes(), type=_Noted) for path in sorted(self.folder.glob("*.json")))
        return {Path(each.cwd, each.argv[0]): self._start(each) for each in noted}

    def _start(self, noted: _Noted) -> CargoStart:
        known = {**self.cargo.programs.env, **self.cargo.own_env}
        added = {name: value for name, value in noted.env.items() if name != MARK and known.get(name) != value}
        return CargoStart(folder=noted.cwd, env=added)


@contextlib.contextmanager
def record_starts(cargo: Cargo) -> Iterator[RecordedStarts]:
    """Record how cargo starts what it runs. The records go with the context: they may hold secrets of `[env]`."""
    with tempfile.TemporaryDirectory(prefix=_BASE) as folder:
        yield RecordedStarts(cargo=cargo, folder=Path(folder))
