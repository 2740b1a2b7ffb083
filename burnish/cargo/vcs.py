"""Uncommitted edits: a file that git would not bring back is not edited without the user's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from burnish.errors import Refused
from burnish.system.process import Finished, Programs

# A repository may name a program of its own as its file system monitor; asking for a status must not start it. Nor is
# anything to be written by asking, as git does otherwise with what it has newly learnt for its index.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
# What `git check-ignore` ends with where it has an answer.
_IGNORED_OR_NOT = (0, 1)
_MANIFEST = "Cargo.toml"


def uncommitted(programs: Programs, root: Path, names: Sequence[str], timeout_seconds: float) -> list[str]:
    """Return those of the files `names` (relative to `root`) whose content is not committed in git.

    None are given where there is no git or no repository. Files that git ignores are nobody's edits. Raise Refused
    where git is there and does not answer.
    """
    if not names or not _is_in_repository(programs, root, timeout_seconds):
        return []
    argv = [*_GIT, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *names]
    answer = programs.run(argv, cwd=root, timeout_seconds=timeout_seconds)
    if not answer.ok:
        raise _no_answer(answer)
    entries = answer.stdout.decode("utf-8", "replace").split("\0")
    changed = [entry[3:] for entry in entries if len(entry) > len("XY ")]
    return [name for name in names if any(path == name or path.endswith(f"/{name}") for path in changed)]


def ignored(programs: Programs, root: Path, names: Sequence[str], timeout_seconds: float) -> list[str]:
    """Return those of the files `names` (relative to `root`) that git ignores: no clone gets what is written to them.

    A file that is tracked all the same is not ignored. None are returned where there is no git or no repository, nor
    where the root manifest is ignored: the project is then a copy in somebody's scratch folder, and in no clone at all.
    Raise Refused where git is there and does not answer.
    """
    if not names or not _is_in_repository(programs, root, timeout_seconds):
        return []
    asked = "\0".join([*names, _MANIFEST]).encode()
    argv = [*_GIT, "check-ignore", "-z", "--stdin"]
    answer = programs.ask(argv, cwd=root, timeout_seconds=timeout_seconds, stdin=asked)
    if answer.exit_status not in _IGNORED_OR_NOT:
        raise _no_answer(answer)
    found = answer.stdout.decode("utf-8", "replace").split("\0")
    return [] if _MANIFEST in found else [name for name in names if name in found]


def _is_in_repository(programs: Programs, root: Path, timeout_seconds: float) -> bool:
    inside = [*_GIT, "rev-parse", "--is-inside-work-tree"]
    in_english = replace(programs, env={**programs.env, "LC_ALL": "C"})
    try:
        answer = in_english.ask(inside, cwd=root, timeout_seconds=timeout_seconds)
    except Refused:
        return False
    if not answer.ok and b"not a git repository" not in answer.stderr:
        raise _no_answer(answer)
    return answer.stdout.strip() == b"true"


def _no_answer(answer: Finished) -> Refused:
    said = answer.stderr.decode("utf-8", "replace").strip()
    return Refused(
        f"git does not say whether the files are ignored or hold uncommitted changes: {said[:500]}",
        expected="a repository that git reads",
        next_command="git status, or the same with --allow-dirty",
    )
