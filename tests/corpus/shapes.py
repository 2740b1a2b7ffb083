"""Shapes: what well-known projects write in their manifests and configuration, on trivial sources.

One TOML file in `data` is one project, with the settings of its Cargo.toml files and `.cargo/config.toml` as they are
written there: tables and keys, their form and order. Texts and code are not theirs, most members are left out, and
dependencies are empty crates, so that nothing is needed from elsewhere. This module is the reference of the keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import tomli

DATA = Path(__file__).parent / "data"
SourceKind = Literal["program", "library", "macros"]
_SOURCES: dict[SourceKind, str] = {
    "program": '//! A shape.\n\nfn main() {\n    println!("a shape");\n}\n',
    "library": "//! A shape.\n\n/// A number.\npub fn shape() -> u32 {\n    std::hint::black_box(7)\n}\n",
    "macros": "//! A shape.\n",
}


class Stub(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty crate in the place of a dependency."""

    version: str
    features: list[str] = []

    def manifest(self, name: str) -> str:
        """Return its Cargo.toml."""
        features = "".join(f'"{feature}" = []\n' for feature in self.features)
        package = f'[package]\nname = "{name}"\nversion = "{self.version}"\nedition = "2021"\n'
        return f"{package}\n[features]\n{features}"


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One project: `origin` is the repository that it is the shape of.

    `chosen` are the arguments that choose its program; a project of libraries has none. `sources` are trivial, and
    `stubs` lie in a folder of that name.
    """

    origin: str
    chosen: list[str] = []
    sources: dict[str, SourceKind]
    stubs: dict[str, Stub]
    files: dict[str, str]

    def make(self, root: Path) -> None:
        """Write the project into a folder."""
        for name, content in self._contents():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def _contents(self) -> Iterator[tuple[str, str]]:
        yield ".gitignore", "/target\n"
        yield from self.files.items()
        yield from ((name, _SOURCES[kind]) for name, kind in self.sources.items())
        for name, stub in self.stubs.items():
            yield f"stubs/{name}/Cargo.toml", stub.manifest(name)
            yield f"stubs/{name}/src/lib.rs", _SOURCES["library"]


def read_shape(name: str) -> Shape:
    """Return the shape of a name."""
    return msgspec.convert(tomli.loads((DATA / f"{name}.toml").read_text(encoding="utf-8")), Shape)


def shape_names() -> list[str]:
    """Return the names of all shapes."""
    return sorted(path.stem for path in DATA.glob("*.toml"))
