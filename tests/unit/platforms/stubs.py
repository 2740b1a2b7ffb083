"""A machine of stubs, for what looks for programs and toolchains."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.surroundings import Surroundings
from burnish.system.process import Programs

HOST = "x86_64-unknown-linux-gnu"


@dataclass
class Stubs:
    """A machine of stubs: one folder is its PATH, one the system's own; what is not put there is not there."""

    folder: Path
    layers: list[ConfigLayer] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Return the only folder of the PATH."""
        return self.folder / "path"

    @property
    def system(self) -> Path:
        """Return the folder of the system's own toolchain."""
        return self.folder / "system"

    def program(self, name: str, *, place: Path | None = None, **answers: str) -> None:
        """Put a program there that knows some words of its command line, and answers each with a text."""
        folder = place or self.path
        folder.mkdir(exist_ok=True)
        cases = "".join(f"  *{word.replace('_', '-')}*) echo '{answer}';;\n" for word, answer in answers.items())
        script = folder / name
        script.write_text(f'#!/bin/sh\ncase "$*" in\n{cases}  *) exit 1;;\nesac\n', encoding="utf-8")
        script.chmod(0o755)

    def toolchain(self, *holds: str, system: bool = False) -> None:
        """Put a toolchain there that `holds` the files of its sysroot, such as `lib/libstd-1.rlib`."""
        place = self.system if system else self.path
        root = place / "sysroot"
        for name in holds:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        self.program("cargo", place=place, version="cargo 1.96.0")
        self.program("rustc", place=place, target_libdir=str(root / "lib"), sysroot=str(root), cfg="unix")

    def configure(self, triple: str, **keys: Any) -> None:
        """Add a configuration file of cargo's with a `[target.<triple>]` table."""
        self.layers.append(ConfigLayer(path="config.toml", data={"target": {triple: keys}}))

    def machine(self, **env: str) -> Surroundings:
        """Return the machine, with further variables in its environment."""
        return Surroundings(
            programs=Programs(env={"PATH": str(self.path), **env}),
            host=HOST,
            folder=self.folder,
            scripts=self.folder / "scripts",
            layers=self.layers,
            user_state=self.folder / "state",
            timeout_seconds=10,
            system=self.system,
        )
