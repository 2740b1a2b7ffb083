"""The source files of a workspace that its binaries are made of, and what in them relies on unwinding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo.project import Package, Project
from burnish.cargo.unwinding import find_reliance

# Cargo ignores `panic` for these kinds of targets.
_NOT_SHIPPED = {"test", "bench", "example", "custom-build", "proc-macro"}
_TEST_FOLDERS = {"tests", "benches", "examples"}
_TEST_MODULES = {"test.rs", "tests.rs"}
_LARGEST_BYTES = 4 * 1024 * 1024


def reliances_on_unwinding(project: Project) -> list[str]:
    """Give each place in the workspace that relies on unwinding, as `src/main.rs:12: catch_unwind`, in order."""
    return [
        f"{path.relative_to(project.root)}:{found.line}: {found.what}"
        for path in shipped_sources(project)
        for found in find_reliance(path.read_text(encoding="utf-8", errors="replace"))
    ]


def shipped_sources(project: Project) -> list[Path]:
    """Give the Rust files below the root files of the members' libraries and binaries, without what only tests have."""
    found = {path for package in project.members for path in _sources(package, project.target_directory)}
    return sorted(path for path in found if path.is_relative_to(project.root))


def _sources(package: Package, target_directory: Path) -> Iterator[Path]:
    tops = {Path(target.src_path).parent for target in package.targets if not _NOT_SHIPPED & set(target.kind)}
    for top in tops:
        for folder, below, names in os.walk(top):
            below[:] = [name for name in below if _is_searched(Path(folder, name), target_directory)]
            yield from (Path(folder, name) for name in names if _is_source(Path(folder, name)))


def _is_searched(folder: Path, target_directory: Path) -> bool:
    is_other = folder == target_directory or (folder / "Cargo.toml").exists()
    return not is_other and folder.name not in _TEST_FOLDERS and not folder.name.startswith(".")


def _is_source(path: Path) -> bool:
    is_ours = path.suffix == ".rs" and path.name not in _TEST_MODULES
    return is_ours and path.is_file() and path.stat().st_size <= _LARGEST_BYTES and os.access(path, os.R_OK)
