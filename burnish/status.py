"""Status: what is applied, whether it is final, whether the files still hold it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from burnish.console import Console
from burnish.errors import Refused
from burnish.process import Programs
from burnish.report.model import Report
from burnish.report.store import REPORT_NAME, read_report
from burnish.report.summary import outcome_sentence
from burnish.text import neutral
from burnish.transaction.change import Change
from burnish.transaction.journal import PATHS, StateFolder

_QUERY_SECONDS = 60.0


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a change: `holds` is before, after, gone or edited."""

    path: str
    holds: str


class ChangeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `state` is live (not final) or kept."""

    number: int
    state: str
    files: list[FileStatus]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The standing of a project: its live change or else its newest kept one, and the last run's verdict."""

    root: str
    change: ChangeStatus | None
    kept: list[int]
    last_run: str | None
    last_outcome: str | None
    next_command: str


def find_root(programs: Programs, start: Path) -> Path:
    """Find the workspace root from `start`, a folder or a Cargo.toml.

    Cargo is asked first. Where it cannot answer, since a manifest has become unreadable, the nearest folder upward with
    our state is taken, so that there is a way back; else the nearest one with a Cargo.toml.
    """
    if not start.exists():
        raise Refused(f"there is no {start}", expected="a folder or a Cargo.toml", next_command="burnish status")
    folder = start if start.is_dir() else start.parent
    argv = ["cargo", "locate-project", "--workspace", "--message-format=plain"]
    with contextlib.suppress(Refused):
        found = programs.run(argv, cwd=folder, timeout_seconds=_QUERY_SECONDS)
        if found.ok:
            return Path(os.fsdecode(found.stdout.rstrip(b"\r\n"))).parent
    for name in (".burnish", "Cargo.toml"):
        for candidate in (folder, *folder.parents):
            if (candidate / name).exists():
                return candidate
    raise Refused(
        f"neither burnish's state nor a Cargo.toml is in {folder} or in any folder above it",
        expected="a Cargo project",
        next_command="the same with --project PATH",
    )


def read_status(root: Path, user_state: Path) -> Status:
    """Read how a project stands. Raise RollbackNeedsUser when the journal is damaged."""
    state = StateFolder(root)
    live = Change.load(state, user_state)
    kept = [finished for finished in state.finished() if finished.outcome == "kept"]
    newest = live or (Change.read(state, user_state, kept[-1].path) if kept else None)
    report = _last_report(state.runs)
    return Status(
        root=str(root),
        change=_change_status(newest, "live" if live else "kept") if newest else None,
        kept=[finished.number for finished in kept],
        last_run=report.run.started if report else None,
        last_outcome=outcome_sentence(report) if report else None,
        next_command=_next_command(live, has_kept=bool(kept)),
    )


def show(status: Status, console: Console) -> None:
    """Print a status in plain words."""
    for line in status_lines(status):
        console.result(neutral(line))


def status_lines(status: Status) -> Iterator[str]:
    """Say a status in plain words."""
    yield f"project: {status.root}"
    if status.change is None:
        yield "change:  none is applied"
    else:
        final = "kept, final" if status.change.state == "kept" else "applied, NOT final"
        yield f"change:  {status.change.number}: {final}"
        yield from (f"         {file.path}: {_WORDS[file.holds]}" for file in status.change.files)
    if len(status.kept) > 1:
        yield f"kept:    {', '.join(map(str, status.kept))}"
    if status.last_outcome:
        yield f"last:    {status.last_run}: {status.last_outcome}"
    yield f"next:    {status.next_command}"


_WORDS = {
    "before": "as it was before the change",
    "after": "holds the change",
    "gone": "deleted since",
    "edited": "edited since",
}


def _change_status(change: Change, state: str) -> ChangeStatus:
    held = change.holds()
    files = [FileStatus(path=PATHS[role], holds=holds) for role, holds in held.items()]
    return ChangeStatus(number=change.journal.number, state=state, files=files)


def _last_report(runs: Path) -> Report | None:
    names = sorted(runs.glob(f"*/{REPORT_NAME}")) if runs.is_dir() else []
    with contextlib.suppress(Refused):
        return read_report(names[-1]) if names else None
    return None


def _next_command(live: Change | None, *, has_kept: bool) -> str:
    if live is not None:
        return "burnish rollback, or burnish keep"
    return "burnish rollback undoes the kept change" if has_kept else "burnish optimize"
