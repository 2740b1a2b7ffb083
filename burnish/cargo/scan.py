"""The source files that a workspace's binaries are made of and that are its own, and what in them relies on unwinding.

Its own are those of the members, of path dependencies, wherever they lie, and of vendored packages. Packages of a
registry are not searched.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.layers import config_layers
from burnish.cargo.project import Package, Project
from burnish.cargo.unwinding import Reliance, find_reliance
from burnish.errors import Refused
from burnish.toml.reading import read_toml
from burnish.transaction.files import read_image

# Cargo ignores `panic` for these kinds of targets.
_NOT_SHIPPED = {"test", "bench", "example", "custom-build", "proc-macro"}
_TEST_FOLDERS = {"tests", "benches", "examples"}
_TEST_MODULES = {"test.rs", "tests.rs"}
_LARGEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class UnwindingScan:
    """What a look through the sources gave: each place, as `src/main.rs:12: catch_unwind`, and how many files."""

    places: tuple[str, ...]
    files: int


def scan_for_unwinding(project: Project, given: Sequence[ConfigLayer] = ()) -> UnwindingScan:
    """Look through the files of a workspace, and of what it brings, for what relies on unwinding, members first.

    `given` is cargo's configuration by `--config`, which may bring packages too.
    """
    files = own_sources(project, given)
    places = (
        f"{_shown(path, project.root)}:{found.line}: {found.what}" for path in files for found in _reliances(path)
    )
    return UnwindingScan(places=tuple(places), files=len(files))


def own_sources(project: Project, given: Sequence[ConfigLayer] = ()) -> list[Path]:
    """Return the Rust files below the root files of libraries and binaries, without what only tests have."""
    members = {top for package in project.members for top in _tops(package)}
    others = {top for manifest in _other_manifests(project, given) for top in _library_tops(manifest)}
    first = {path for top in members for path in _sources(top, project.target_directory)}
    rest = {path for top in others for path in _sources(top, project.target_directory)}
    return [*sorted(first), *sorted(rest - first)]


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root) if path.anchor == root.anchor else str(path)


def _reliances(path: Path) -> tuple[Reliance, ...]:
    try:
        status = path.stat()
        return _reliances_of(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ()


@functools.cache
def _reliances_of(path: Path, _changed: int, _size: int) -> tuple[Reliance, ...]:
    """Look through a file once for all plans of a run, while it stays as it is."""
    return tuple(find_reliance(path.read_text(encoding="utf-8", errors="replace")))


def _tops(package: Package) -> Iterator[Path]:
    yield from (Path(target.src_path).parent for target in package.targets if not _NOT_SHIPPED & set(target.kind))


def _other_manifests(project: Project, given: Sequence[ConfigLayer]) -> Iterator[Path]:
    """Yield the manifests of packages that are no members, and that the project brings or names by their folder."""
    known = {Path(package.manifest_path).resolve() for package in project.members}
    named = (each for package in project.members for each in package.dependencies if each.kind is None and each.path)
    folders = [*(Path(each.path or "") for each in named), *_patched(_table(project.manifest), project.root)]
    folders += _configured(project.root, given)
    while folders:
        manifest = (folders.pop() / "Cargo.toml").resolve()
        if manifest not in known and manifest.is_file():
            known.add(manifest)
            yield manifest
            folders += _dependencies(_table(manifest), manifest.parent)


def _configured(root: Path, given: Sequence[ConfigLayer]) -> Iterator[Path]:
    """Yield the folders of packages that cargo's configuration for the project puts in place of a registry's."""
    layers = [*given]
    with contextlib.suppress(Refused, OSError):
        # Not that of the user's home: what it names is no code of the project.
        layers += config_layers(root, root / ".cargo")
    for layer in layers:
        # KEY=VALUE has no file: cargo takes its paths from where it is started.
        base = Path(layer.path).parent.parent if Path(layer.path).is_absolute() else root
        yield from _patched(layer.data, base)
        for source in _tables(layer.data.get("source")):
            directory = source.get("directory")
            if isinstance(directory, str):
                yield from _packages_in(base / directory)


def _packages_in(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError, ValueError):
        yield from sorted(path for path in folder.iterdir() if path.is_dir())


def _patched(table: Mapping[str, Any], base: Path) -> Iterator[Path]:
    for registry in _tables(table.get("patch")):
        yield from _paths_in(registry, base)


def _dependencies(table: Mapping[str, Any], base: Path) -> Iterator[Path]:
    for part in (table, *_tables(table.get("target"))):
        yield from _paths_in(part.get("dependencies"), base)


def _paths_in(dependencies: object, base: Path) -> Iterator[Path]:
    for each in _tables(dependencies):
        path = each.get("path")
        if isinstance(path, str) and "\0" not in path:
            yield base / path


def _tables(table: object) -> Iterator[Mapping[str, Any]]:
    """Yield the tables in what should be a table of them."""
    yield from (each for each in table.values() if isinstance(each, dict)) if isinstance(table, dict) else ()


def _table(manifest: Path) -> Mapping[str, Any]:
    try:
        status = manifest.stat()
        return _read_table(manifest, status.st_mtime_ns, status.st_size)
    except (OSError, Refused):
        return {}


@functools.cache
def _read_table(manifest: Path, _changed: int, _size: int) -> Mapping[str, Any]:
    return read_toml(read_image(manifest).content or b"", str(manifest))


def _library_tops(manifest: Path) -> Iterator[Path]:
    """Yield the folder of a dependency's library: its binaries are not part of ours, and macros run elsewhere."""
    library = _table(manifest).get("lib", {})
    if not isinstance(library, dict) or library.get("proc-macro", library.get("proc_macro")) is True:
        return
    path = library.get("path", "src/lib.rs")
    if isinstance(path, str) and "\0" not in path:
        yield (manifest.parent / path).parent


def _sources(top: Path, target_directory: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(top):
        below[:] = [name for name in below if _is_searched(Path(folder, name), target_directory)]
        yield from (Path(folder, name) for name in names if _is_source(Path(folder, name)))


def _is_searched(folder: Path, target_directory: Path) -> bool:
    is_other = folder == target_directory or (folder / "Cargo.toml").exists()
    return not is_other and folder.name not in _TEST_FOLDERS and not folder.name.startswith(".")


def _is_source(path: Path) -> bool:
    is_ours = path.suffix == ".rs" and path.name not in _TEST_MODULES
    return is_ours and path.is_file() and path.stat().st_size <= _LARGEST_BYTES and os.access(path, os.R_OK)
