"""Where the project is that is meant."""

from __future__ import annotations

from pathlib import Path

from burnish.errors import UsageError
from burnish.job.example import working_copy
from burnish.job.options import Options
from burnish.resources import checkout


def locate_start(options: Options, *, cwd: Path, as_it_stands: bool = False) -> Path:
    """Return where to look for the project: where the user said, else here, else the bundled crate's copy.

    The copy is made anew when the original has changed, unless it is to be taken `as_it_stands`.
    """
    if options.project is not None:
        return whole_path("--project", options.project, cwd)
    root = checkout()
    has_project = any((folder / "Cargo.toml").exists() for folder in (cwd, *cwd.parents))
    return (
        cwd
        if has_project or root is None or not cwd.is_relative_to(root)
        else working_copy(root, as_it_stands=as_it_stands)
    )


def whole_path(option: str, path: str, cwd: Path) -> Path:
    """Return a path of an option from the root, without links. Raise UsageError for links that lead in a circle."""
    try:
        return (cwd / path).resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"{option} {path} cannot be followed: {error}", expected="a path that leads somewhere"
        ) from error
