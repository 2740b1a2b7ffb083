"""Where things are: the project that is meant, and the user's own folder for us."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from burnish.job.example import working_copy
from burnish.job.options import Options
from burnish.resources import checkout


def locate_start(options: Options, *, cwd: Path, as_it_stands: bool = False) -> Path:
    """Give where to look for the project: where the user said, else here, else the bundled crate's copy.

    The copy is made anew when the original has changed, unless it is to be taken `as_it_stands`.
    """
    if options.project is not None:
        return (cwd / options.project).resolve()
    root = checkout()
    has_project = any((folder / "Cargo.toml").exists() for folder in (cwd, *cwd.parents))
    return (
        cwd
        if has_project or root is None or not cwd.is_relative_to(root)
        else working_copy(root, as_it_stands=as_it_stands)
    )


def user_state() -> Path:
    """Give the user's own folder in which changes are registered."""
    return platformdirs.user_state_path("burnish", appauthor=False)
