"""Where the project is that is meant."""

from __future__ import annotations

import os
from pathlib import Path

from burnish.errors import UsageError
from burnish.job.example import working_copy
from burnish.job.options import Options
from burnish.resources import checkout


def locate_start(options: Options, *, cwd: Path, as_it_stands: bool = False) -> Path:
    """Return where to look for the project: where the user said, else here, else the bundled crate's copy.

    The copy is made anew when the original has changed, unless it is to be taken `as_it_stands`.
    """
    if options.manifest_path is not None:
        return _named_manifest(options, cwd)
    if options.project is not None:
        return whole_path("--project", options.project, cwd)
    root = checkout()
    has_project = any((folder / "Cargo.toml").exists() for folder in (cwd, *cwd.parents))
    return (
        cwd
        if has_project or root is None or not cwd.is_relative_to(root)
        else working_copy(root, as_it_stands=as_it_stands)
    )


def _named_manifest(options: Options, cwd: Path) -> Path:
    """Return what `--manifest-path` names, which is a file called Cargo.toml to cargo, and nothing else."""
    path = whole_path("--manifest-path", options.manifest_path or "", cwd)
    wrong = ""
    if options.project is not None:
        wrong = "and --project both say where the project is"
    elif path.is_dir():
        wrong = "is a folder"
    elif not os.path.lexists(path):
        wrong = "is not there"
    elif path.name != "Cargo.toml":
        wrong = "is not called Cargo.toml"
    if wrong:
        raise UsageError(
            f"--manifest-path {options.manifest_path} {wrong}",
            expected="the path of a Cargo.toml; --project takes a folder as well",
        )
    return path


def whole_path(option: str, path: str, cwd: Path) -> Path:
    """Return a path of an option from the root, without links. Raise UsageError for links that lead in a circle."""
    try:
        return (cwd / path).resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"{option} {path} cannot be followed: {error}", expected="a path that leads somewhere"
        ) from error
