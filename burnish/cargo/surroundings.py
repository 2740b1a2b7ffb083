"""What surrounds a project: the machine's programs, and what cargo and rustc say of themselves there."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cargo.cfg import matches
from burnish.cargo.flags import ConfigLayer, EffectiveFlags, effective_rustflags, variable
from burnish.cargo.layers import config_layers
from burnish.cargo.toolchain import read_cfg, read_toolchain
from burnish.errors import Refused
from burnish.system.process import Programs
from burnish.transaction.registry import user_state

QUERY_SECONDS = 120.0
"""How long a question to cargo, rustc or git may take before the settings are known."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where to look: `folder` is the project's root, `scripts` holds Python's own programs.

    `layers` is cargo's configuration for the project as it was at first, the `given` ones first, which `--config`
    names; `user_state` the user's own folder for burnish, `system` where the system keeps a toolchain of its own, which
    is not looked at where the user has named one (`is_named`).
    """

    programs: Programs
    host: str
    folder: Path
    scripts: Path
    user_state: Path
    layers: Sequence[ConfigLayer]
    timeout_seconds: float
    given: Sequence[ConfigLayer] = ()
    is_named: bool = False
    system: Path = Path("/usr/bin")

    def layers_in(self, folder: Path) -> list[ConfigLayer]:
        """Read cargo's configuration as it is now for a folder of the project."""
        return config_layers(folder, self.cargo_home, self.folder, self.given)

    @property
    def cargo_home(self) -> Path:
        """Return the folder of cargo's own files of this user."""
        return cargo_home(self.programs.env)

    def own(self, triple: str) -> Path:
        """Return the folder for what a platform needs made on this machine; all projects share it."""
        return self.user_state / "platforms" / triple

    def which(self, program: str) -> str | None:
        """Find a program on the PATH, then among Python's own."""
        path = self.programs.env.get("PATH", os.defpath)
        return shutil.which(program, path=os.pathsep.join((path, str(self.scripts))))

    def says(self, *argv: str) -> str:
        """Return the first line that a program writes, or nothing where it fails."""
        return next(iter(self.answer(*argv).splitlines()), "")

    def answer(self, *argv: str) -> str:
        """Return all that a program writes, without white space around it, or nothing where it fails."""
        try:
            finished = self.programs.ask(argv, cwd=self.folder, timeout_seconds=self.timeout_seconds)
        except Refused:
            return ""
        return finished.stdout.decode("utf-8", "replace").strip() if finished.ok else ""

    def cfg(self, triple: str) -> list[str]:
        """Return the lines of `rustc --print cfg` for a platform."""
        return read_cfg(self.programs, self.folder, triple, self.timeout_seconds)

    def rustflags(self, triple: str) -> EffectiveFlags:
        """Return the rustflags in force for a platform, as the project was at first. Raise Refused as cargo would."""
        return effective_rustflags(self.layers, self.programs.env, triple, self.cfg(triple))

    def configured(self, triple: str, key: str) -> list[str]:
        """Return `target.<triple>.<key>` of cargo's configuration, a string or an array, as words.

        A `cfg` table that fits the platform counts behind the tables of its name. A program that is named with a folder
        is looked for from the folder that holds `.cargo`.
        """
        names = [triple, *self._fitting_cfgs(triple)]
        given, files = (
            [
                _words(layer, name, key, self.folder)
                for name in names
                for layer in self.layers
                if layer.is_given == is_given
            ]
            for is_given in (True, False)
        )
        words = self.programs.env.get(variable("target", triple, key), "").split()
        return next(filter(None, [*given, words, *files]), [])

    def _fitting_cfgs(self, triple: str) -> list[str]:
        names = {name for layer in self.layers for name in _table(layer.data.get("target")) if name.startswith("cfg(")}
        cfg = self.cfg(triple) if names else []
        return sorted(name for name in names if matches(name, cfg))


def _words(layer: ConfigLayer, name: str, key: str, folder: Path) -> list[str]:
    """Return a program's words as cargo takes them: a path of KEY=VALUE, which has no file, begins in the folder."""
    value = _table(_table(layer.data.get("target")).get(name)).get(key)
    first, *rest = value.split() or [""] if isinstance(value, str) else [str(word) for word in _list(value)] or [""]
    has_folder = "/" in first or "\\" in first
    base = Path(layer.path).parent.parent if Path(layer.path).is_absolute() else folder
    program = str(base / first) if has_folder else first
    return [program, *rest] if first else []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def cargo_home(env: Mapping[str, str]) -> Path:
    """Return the folder that cargo keeps its own files in, by the variables it would be started with."""
    return Path(env.get("CARGO_HOME") or Path.home() / ".cargo")


def surroundings_of(programs: Programs, folder: Path, given: Sequence[ConfigLayer] = ()) -> Surroundings:
    """Look around from a project's folder, which may choose a toolchain and configure cargo."""
    return Surroundings(
        programs=programs,
        host=read_toolchain(programs, folder, QUERY_SECONDS).host,
        folder=folder,
        scripts=Path(sysconfig.get_path("scripts")),
        layers=config_layers(folder, cargo_home(programs.env), given=given),
        given=given,
        user_state=user_state(),
        timeout_seconds=QUERY_SECONDS,
    )
