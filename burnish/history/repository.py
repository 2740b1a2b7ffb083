"""The repository that the history belongs to: which commit is checked out, whether the files are it, what led to it.

Nothing here writes, starts a hook or an editor, or reads from a terminal.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from burnish.cargo.revisions import GIT, outside_hooks
from burnish.errors import Refused
from burnish.system.process import Finished, Programs

_GIT = (
    *(*GIT, "--no-pager", "-c", "core.splitIndex=false"),
    *("-c", "log.showSignature=false", "-c", "core.quotePath=false"),
)
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MAX_COMMITS = 1000


class Unrecorded(Exception):
    """Nothing can be recorded, for the reason that it tells."""


class CommitPart(msgspec.Struct, frozen=True, kw_only=True):
    """A commit: its hash, the seconds of its committer's clock, and the first line of its message."""

    hash: str
    seconds: int
    title: str


@dataclass(frozen=True, kw_only=True)
class HistoryRepository:
    """The git repository around the folder `root`."""

    programs: Programs
    root: Path
    timeout_seconds: float

    def git(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Finished:
        """Run git. Raise Unrecorded where there is no git."""
        programs = self._programs
        try:
            return programs.run(
                [*_GIT, *arguments], cwd=self.root, timeout_seconds=self.timeout_seconds, stdin=stdin, env=env
            )
        except Refused as refused:
            raise Unrecorded(f"git cannot be started: {refused.found}") from refused

    def says(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Return what git says, without white space around it. Raise Unrecorded, with its own words, where it fails."""
        answer = self.git(*arguments, stdin=stdin, env=env)
        if not answer.ok:
            said = answer.stderr.decode("utf-8", "replace").strip()
            raise Unrecorded(f"git {arguments[0]} failed: {said[:300] or answer.exit_status}")
        return answer.stdout.decode("utf-8", "surrogateescape").strip()

    @property
    def _programs(self) -> Programs:
        # The index is that of the user's commit, whatever hook we may be started from.
        outside = outside_hooks(self.programs)
        return replace(outside, env={**outside.env, "LC_ALL": "C"})

    def head(self) -> str:
        """Return the commit that is checked out. Raise Unrecorded where there is no repository, or no commit yet."""
        if self.git("rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
            raise Unrecorded("there is no git repository here")
        found = self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout.decode("ascii", "replace").strip()
        if not _HASH.fullmatch(found):
            raise Unrecorded("there is no commit yet")
        return found

    def moved_after(self, began: dt.datetime) -> bool:
        """Return whether another commit was checked out, or made, since then; not where git keeps no log of that."""
        told = self.git("log", "-g", "-1", "--format=%gd", "--date=unix", "HEAD", "--").stdout
        found = re.search(rb"@\{(\d{1,12})\}", told)
        return found is not None and int(found[1]) > began.timestamp()

    def dirty(self, without: Collection[Path]) -> list[str]:
        """Return the files that differ from the commit, without those below some paths; from the repository's root.

        Any tracked file counts, wherever it is in the repository; of those that git does not know, what lies in the
        project: cargo finds targets by their places. Raise Unrecorded where git does not answer.
        """
        prefix = self.says("rev-parse", "--show-prefix")
        own = [f"{prefix}{path}" for path in _relative(without, self.root)]
        asked = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
        answer = self.git(*asked)
        if not answer.ok:
            raise Unrecorded("git does not say whether the files are those of the commit")
        rows = answer.stdout.decode("utf-8", "surrogateescape").split("\0")
        changed = [(row[:2], row[3:]) for row in rows if len(row) > len("XY ")]
        return [
            path
            for state, path in changed
            if (state != "??" or path.startswith(prefix)) and not any(_is_below(path, each) for each in own)
        ]

    def committed(self, path: str) -> bytes | None:
        """Return what a file of the project holds in the commit, as a checkout would write it; None for none."""
        found = self.git("cat-file", "--filters", f"HEAD:./{path}")
        return found.stdout if found.ok else None

    def first_parents(self, most: int = MAX_COMMITS) -> list[CommitPart]:
        """Return the commits that led to the one that is checked out, it first, along the first parents."""
        asked = ("log", "--first-parent", f"--max-count={most}", "--encoding=UTF-8", "--no-notes", "-z")
        answer = self.git(*asked, "--format=%H%x09%ct%x09%s", "HEAD", "--")
        rows = answer.stdout.decode("utf-8", "replace").split("\0") if answer.ok else []
        parts = [row.strip("\n").split("\t", 2) for row in rows]
        return [
            CommitPart(hash=part[0], seconds=int(part[1]), title=part[2])
            for part in parts
            if len(part) == 3 and _HASH.fullmatch(part[0]) and part[1].isdigit()  # noqa: PLR2004 - the three of the format
        ]


def _relative(paths: Collection[Path], root: Path) -> Sequence[str]:
    top = root.resolve()
    resolved = [path.resolve() for path in paths]
    return [path.relative_to(top).as_posix() for path in resolved if path.is_relative_to(top)]


def _is_below(path: str, own: str) -> bool:
    return path == own or path.startswith(f"{own}/")
