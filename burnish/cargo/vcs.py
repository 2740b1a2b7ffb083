"""Uncommitted edits: a file that git would not bring back is not edited without the user's word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from burnish.errors import Refused
from burnish.process import Programs

# A repository may name a program of its own as its file system monitor; asking for a status must not start it.
_GIT = ("git", "-c", "core.fsmonitor=false")


def uncommitted(programs: Programs, root: Path, names: Sequence[str], timeout_seconds: float) -> list[str]:
    """Give those of the files `names` (relative to `root`) whose content is not committed in git.

    None are given where there is no git or no repository. Files that git ignores are nobody's edits.
    """
    inside = [*_GIT, "rev-parse", "--is-inside-work-tree"]
    if not _git_answers(programs, inside, root, timeout_seconds):
        return []
    argv = [*_GIT, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *names]
    answer = programs.run(argv, cwd=root, timeout_seconds=timeout_seconds)
    entries = answer.stdout.decode("utf-8", "replace").split("\0")
    changed = [entry[3:] for entry in entries if len(entry) > len("XY ")]
    return [name for name in names if any(path == name or path.endswith(f"/{name}") for path in changed)]


def _git_answers(programs: Programs, argv: list[str], root: Path, timeout_seconds: float) -> bool:
    try:
        return programs.run(argv, cwd=root, timeout_seconds=timeout_seconds).stdout.strip() == b"true"
    except Refused:
        return False
