"""Putting files back, for `rollback` and for whatever ends a change without keeping it."""

from __future__ import annotations

from pathlib import Path

from burnish.cargo.config import undo_config
from burnish.cargo.manifest import undo_profile
from burnish.console import Console
from burnish.transaction.journal import Role, StateFolder
from burnish.transaction.lock import locked
from burnish.transaction.rollback import RollbackResult, rollback


def roll_back(root: Path, user_state: Path, console: Console, *, to: int | None, only_live: bool) -> RollbackResult:
    """Put everything back, under the lock, and say what was done."""
    state = StateFolder(root)
    with locked(state, "rollback"), console.step("9 rollback") as step:
        result = undo(state, user_state, console, to=to, only_live=only_live)
        step.summary = f"undid change {', '.join(map(str, result.numbers))}" if result.numbers else "nothing to undo"
        state.record.unlink(missing_ok=True)
    return result


def undo(
    state: StateFolder, user_state: Path, console: Console, *, to: int | None = None, only_live: bool = False
) -> RollbackResult:
    """Roll back as `transaction.rollback` does, and say what was done. The caller holds the lock."""
    result = rollback(state, user_state, undo_keys=undo_keys, to=to, only_live=only_live)
    for message in result.messages:
        console.say(f"    {message}")
    return result


def undo_keys(role: Role, current: bytes, before: bytes | None, after: bytes) -> bytes | None:
    """Give a file that the user has edited without our keys, or None where that cannot be done safely."""
    undo_in = {"manifest": undo_profile, "config": undo_config, "config-legacy": undo_config}
    return undo_in[role](current, before, after) if role in undo_in else None
