"""Status: what is applied, whether it is final, whether the files still hold it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from burnish.cargo.locate import workspace_root
from burnish.errors import Refused, RollbackNeedsUser
from burnish.system.console import Console
from burnish.system.process import Programs
from burnish.text import neutral
from burnish.transaction.change import Change
from burnish.transaction.holder import Holder, read_holder
from burnish.transaction.journal import OWNED_BY_STEPS, PATHS, EndedChange, JournalEntry, StateFolder
from burnish.transaction.registry import Registry

_QUERY_SECONDS = 60.0
_MARGIN = len("project: ")


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a change: `holds` is before, after, gone, edited or unreadable; `keys` are what the change set."""

    path: str
    holds: str
    keys: list[str] = []


class ChangeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `state` is live (not final), kept, or lost where only the user's state folder still knows it.

    `owner`, `recipe` and `began` (RFC 3339) say which command made it, with what and when. `is_elsewhere` says that the
    project was moved or copied since.
    """

    number: int
    state: str
    files: list[FileStatus]
    owner: str = ""
    recipe: str = ""
    began: str = ""
    is_elsewhere: bool = False


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The standing of a project: its live change or else its newest kept one, and the last run's verdict.

    `at_work` is the run that holds the lock, `left_running` the process group that a dead run has left, `problem` what
    is wrong with a journal.
    """

    root: str
    change: ChangeStatus | None
    kept: list[int]
    last_run: str | None
    last_outcome: str | None
    next_command: str
    at_work: str | None = None
    left_running: int | None = None
    problem: str | None = None


def find_root(programs: Programs, start: Path) -> Path:
    """Find the workspace root from `start`, a folder or a Cargo.toml.

    Cargo is asked, where there is more than one answer. Where it cannot say, since a manifest has become unreadable,
    the nearest folder upward with our state is taken, so that there is a way back; else the nearest one with a
    Cargo.toml.
    """
    if not start.exists():
        raise Refused(f"there is no {start}", expected="a folder or a Cargo.toml", next_command="burnish status")
    folder = start if start.is_dir() else start.parent
    root = workspace_root(programs, folder, _QUERY_SECONDS)
    if root is not None:
        return root
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
    """Read how a project stands; nothing is written."""
    state = StateFolder(root)
    change, problem = None, None
    try:
        change = _find_change(state, user_state)
    except RollbackNeedsUser as error:
        problem = error
    at_work = read_holder(state)
    last_run, last_outcome = _last_run(state.runs)
    return Status(
        root=str(root),
        change=change,
        kept=[finished.number for finished in _kept(state)],
        last_run=last_run,
        last_outcome=last_outcome,
        next_command=_next_command(change, at_work, problem),
        at_work=str(at_work) if at_work else None,
        left_running=None if at_work else _left_running(state.children),
        problem=problem.found if problem else None,
    )


def _left_running(children: Path) -> int | None:
    if not children.exists():
        return None
    from burnish.system.groups import recorded_groups  # seldom: nobody should wait for psutil here

    return min(recorded_groups(children), default=None)


def show_status(status: Status, console: Console) -> None:
    """Print a status in plain words."""
    for line in status_lines(status):
        for part in console.folded(neutral(line), hang=_MARGIN, is_command=line.startswith("next:")):
            console.result(part)


def _find_change(state: StateFolder, user_state: Path) -> ChangeStatus | None:
    """Find the live change, else the newest kept one. Raise RollbackNeedsUser where its journal cannot be trusted."""
    kept = _kept(state)
    places = [("live", state.active), *(("kept", finished.path) for finished in reversed(kept))]
    for name, path in places:
        change = Change.read(state, user_state, path)
        if change is not None:
            change.require_registered(path)
            return _change_status(change, name)
    lost = Registry(state, user_state).lost()
    return _change_status(Change(state, user_state, *lost[-1]), "lost") if lost else None


def _kept(state: StateFolder) -> list[EndedChange]:
    return [finished for finished in state.finished() if finished.outcome == "kept"]


def status_lines(status: Status) -> Iterator[str]:
    """Yield a status in plain words."""
    yield f"project: {status.root}"
    if status.at_work:
        yield f"at work: {status.at_work}"
    if status.left_running:
        yield f"running: process group {status.left_running}, which a run that was ended has left behind"
    yield from _change_lines(status)
    if len(status.kept) > 1:
        yield f"kept:    {', '.join(map(str, status.kept))}"
    if status.last_outcome:
        yield f"last:    {status.last_run}: {status.last_outcome}"
    yield f"next:    {status.next_command}"


_STATES = {
    "live": "applied, NOT final",
    "kept": "kept, final",
    "lost": "applied, and its record in .burnish is gone; your own state folder has it still",
}
_WORDS = {
    "before": "as it was before the change",
    "after": "holds the change",
    "gone": "deleted since",
    "edited": "edited since",
    "unreadable": "cannot be read",
}


def _change_lines(status: Status) -> Iterator[str]:
    change = status.change
    if change is None:
        yield f"change:  {status.problem or 'none is applied'}"
        return
    yield f"change:  {change.number}: {_STATES[change.state]}"
    if change.recipe:
        yield f"         recipe {change.recipe}, by `{change.owner}`, begun {change.began}"
    if change.is_elsewhere:
        yield "         made where the project was before it was moved, or in the one that this is a copy of"
    for file in change.files:
        keys = f" ({', '.join(file.keys)})" if file.keys else ""
        yield f"         {file.path}: {_WORDS[file.holds]}{keys}"


def _change_status(change: Change, name: str) -> ChangeStatus:
    journal = change.journal
    return ChangeStatus(
        number=journal.number,
        state=name,
        files=[_file_status(change, entry) for entry in journal.entries],
        owner=journal.owner,
        recipe=journal.recipe,
        began=journal.began,
        is_elsewhere=journal.workspace != change.registry.workspace,
    )


def _file_status(change: Change, entry: JournalEntry) -> FileStatus:
    try:
        holds = str(entry.holds(change.state.image(entry.role).digest))
    except Refused:
        holds = "unreadable"
    return FileStatus(path=PATHS[entry.role], holds=holds, keys=list(entry.keys))


def _last_run(runs: Path) -> tuple[str | None, str | None]:
    """Return when the last run with a report began, and how it ended."""
    if not runs.is_dir():
        return None, None
    from burnish.report.store import REPORT_NAME, newest_run, read_report
    from burnish.report.summary import outcome_sentence

    folder, report = newest_run(runs), None
    with contextlib.suppress(Refused):
        report = read_report(folder / REPORT_NAME) if folder else None
    return (report.run.started, outcome_sentence(report)) if report else (None, None)


def _next_command(change: ChangeStatus | None, at_work: Holder | None, problem: RollbackNeedsUser | None) -> str:
    """Return what to type in this very situation."""
    if at_work:
        return f"burnish status, when process {at_work.pid} has ended"
    if problem:
        return problem.next_command
    if change is None:
        return "burnish optimize"
    if change.state == "kept":
        return _next_of_kept(change)
    if change.owner == OWNED_BY_STEPS:
        return "burnish build and the steps after it, then burnish keep; or burnish rollback" + _how_undone(change)
    return "burnish rollback" + _how_undone(change) + "; the run that made the change was ended before its verdict"


def _next_of_kept(change: ChangeStatus) -> str:
    if all(file.holds in {"before", "gone"} for file in change.files):
        return "burnish optimize; the files hold nothing of the change any more, which burnish rollback then closes"
    return f"nothing; burnish rollback undoes the kept change{_how_undone(change)}"


def _how_undone(change: ChangeStatus) -> str:
    edited = [file.path for file in change.files if file.holds == "edited" and file.path != PATHS["lockfile"]]
    return f" (only our keys in {' and '.join(edited)}; your version is saved first)" if edited else ""
