"""Putting files back, for `rollback` and for whatever ends a change without keeping it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from burnish.cargo.config import undo_config
from burnish.cargo.manifest import undo_profile
from burnish.errors import RESTORED, UNTOUCHED, Interrupted
from burnish.job.pin import undo_pin
from burnish.system.console import Console
from burnish.transaction.journal import Damaged, EndedChange, FileRole, StateFolder, decode
from burnish.transaction.lock import locked
from burnish.transaction.rollback import RollbackResult, roll_back_changes


def roll_back(root: Path, user_state: Path, console: Console, *, to: int | None, only_live: bool) -> RollbackResult:
    """Put everything back, under the lock, and say what was done."""
    state = StateFolder(root)
    with told_when_interrupted(state), locked(state, "rollback"), console.step("9 rollback") as step:
        result = undo(state, user_state, console, to=to, only_live=only_live)
        step.summary = f"undid change {', '.join(map(str, result.numbers))}" if result.numbers else "nothing to undo"
        state.record.unlink(missing_ok=True)
    return result


def undo(
    state: StateFolder, user_state: Path, console: Console, *, to: int | None = None, only_live: bool = False
) -> RollbackResult:
    """Roll back as `transaction.rollback` does, and say what was done. The caller holds the lock."""
    result = roll_back_changes(state, user_state, undo_keys=undo_keys, to=to, only_live=only_live)
    for message in result.messages:
        console.say(f"    {message}")
    return result


def undo_keys(role: FileRole, current: bytes, before: bytes | None, after: bytes) -> bytes | None:
    """Return a file that the user has edited without our keys, or None where that cannot be done safely."""
    undo_in = {"manifest": undo_profile, "config": undo_config, "config-legacy": undo_config, "pin": undo_pin}
    return undo_in[role](current, before, after) if role in undo_in else None


@contextlib.contextmanager
def told_when_interrupted(state: StateFolder) -> Iterator[None]:
    """Let an interruption that leaves the block say what became of the files, read from the journals."""
    before = state.finished()
    try:
        yield
    except Interrupted as interruption:
        interruption.files, interruption.next_command = _files_now(state, before)
        raise


def _files_now(state: StateFolder, before: Collection[EndedChange]) -> tuple[str, str]:
    """Return what became of the files since `before`, and the command to type then."""
    if state.active.exists():
        return "changed, by a change that is not final; nothing is lost", "burnish rollback"
    ended = [finished for finished in state.finished() if finished not in before]
    kept = [finished.number for finished in ended if finished.outcome == "kept"]
    if kept:
        return f"changed: change {kept[-1]} is final, and can be undone", f"burnish rollback --to {kept[-1]}"
    return (RESTORED if any(map(_has_written, ended)) else UNTOUCHED), "burnish status"


def _has_written(finished: EndedChange) -> bool:
    """Return whether a change had written more than what cargo writes by itself."""
    with contextlib.suppress(OSError, Damaged):
        return any(entry.role != "lockfile" for entry in decode(finished.path.read_bytes()).entries)
    return True
