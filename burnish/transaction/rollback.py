"""Rollback: put back what a change did, deciding by what the files hold and never by time.

Idempotent and restartable: the journal stays live until every file is dealt with, and a file that is dealt with
already is left alone. Undoing needs no new disk space: a before-image was laid ready as a spare when the change was
recorded, and is renamed into place; what the user wrote is saved by a second name for it (a hard link). Where spares
are lost or lie on another file system, and where only our keys are undone in a file, space for that one file is
needed; without it that file stays as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish.errors import RESTORED, Refused, RollbackNeedsUser, UsageError
from burnish.system.groups import end_recorded_groups
from burnish.system.signals import uninterrupted
from burnish.transaction import files
from burnish.transaction.change import Change
from burnish.transaction.files import Image, digest_of
from burnish.transaction.journal import PATHS, EndedChange, FileRole, JournalEntry, StateFolder
from burnish.transaction.registry import Registry

Action = Literal["nothing", "restored", "removed", "keys-undone", "left", "needs-user"]
UndoKeys = Callable[[FileRole, bytes, bytes | None, bytes], bytes | None]


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was done with one file of one change; `message` is empty where there is nothing to say about it."""

    number: int
    role: FileRole
    path: Path
    action: Action
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class RollbackResult:
    """What a rollback did: `numbers` are the changes that it undid, `messages` are for the user."""

    numbers: tuple[int, ...] = ()
    files: tuple[Undone, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """Return what the user should read."""
        if not self.numbers:
            return ("nothing to roll back",)
        return tuple(undone.message for undone in self.files if undone.message)


def roll_back_changes(
    state: StateFolder, user_state: Path, *, undo_keys: UndoKeys, to: int | None = None, only_live: bool = False
) -> RollbackResult:
    """Undo the live change, else the newest kept one; with `to`, all kept ones from the newest down to that number.

    `undo_keys(role, current, before, after)` gives a file that the user edited without our keys, or None where that
    cannot be done safely. With `only_live`, kept changes stay. The caller holds the lock.

    Raise RollbackNeedsUser when a file cannot be put back without losing something: all others are put back, and the
    change stays live.
    """
    with uninterrupted(), _begin_again_after_errors():
        Registry(state, user_state).recover()
        live = Change.load(state, user_state)
        earlier = [] if only_live else _wanted(state, live, to)
        undone = _undo_change(live, undo_keys) if live else []
        for finished in earlier:
            undone += _undo_change(_revived(state, user_state, finished), undo_keys)
    return RollbackResult(numbers=tuple(dict.fromkeys(one.number for one in undone)), files=tuple(undone))


def _wanted(state: StateFolder, live: Change | None, to: int | None) -> list[EndedChange]:
    kept = [finished for finished in reversed(state.finished()) if finished.outcome == "kept"]
    if to is None:
        return [] if live else kept[:1]
    if not any(finished.number == to for finished in kept) and not (live and live.journal.number == to):
        numbers = ", ".join(str(finished.number) for finished in kept) or "none: no change is kept"
        raise UsageError(f"there is no kept change {to}", expected=f"one of {numbers}")
    return [finished for finished in kept if finished.number >= to]


def _revived(state: StateFolder, user_state: Path, finished: EndedChange) -> Change:
    change = Change.read(state, user_state, finished.path)
    if change is None:
        raise FileNotFoundError(finished.path)
    change.require_registered(finished.path)
    state.revive(finished)
    return change


def _undo_change(change: Change, undo_keys: UndoKeys) -> list[Undone]:
    state = change.state
    change.require_registered(state.active)
    end_recorded_groups(state.children)
    undone = [_undo_file(change, entry, undo_keys) for entry in reversed(change.journal.entries)]
    for entry in change.journal.entries:
        if entry.made_folder:
            files.remove_empty_folder((state.root / PATHS[entry.role]).parent, disk=state.disk)
    if any(one.action == "needs-user" for one in undone):
        raise _needs_user(undone)
    for entry in change.journal.entries:
        files.discard(state.spare(change.journal.id, entry.role), disk=state.disk)
    state.file_away(change.journal.number, "rolled-back")
    change.registry.finish(change.journal)
    return undone


def _undo_file(change: Change, entry: JournalEntry, undo_keys: UndoKeys) -> Undone:
    state = change.state
    path = state.root / PATHS[entry.role]
    try:
        image = state.image(entry.role)
        files.discard(change.temp(entry.role, image), disk=state.disk)
        action, message = _Undoing(change, entry, image, path).decide(undo_keys)
    except (OSError, Refused) as error:
        reason = error.found if isinstance(error, Refused) else str(error)
        action, message = "needs-user", f"{path}: {reason}"
    return Undone(number=change.journal.number, role=entry.role, path=path, action=action, message=message)


class _Undoing:
    """One file that is being put back: the table of hashes, a line each."""

    def __init__(self, change: Change, entry: JournalEntry, image: Image, path: Path) -> None:
        self._change = change
        self._entry = entry
        self._image = image
        self._path = path

    def decide(self, undo_keys: UndoKeys) -> tuple[Action, str]:
        """Do what the file's content calls for."""
        holds = self._entry.holds(self._image.digest)
        if holds == "before":
            # An earlier rollback may have ended between its rename and its sync.
            files.sync_nearest_folder(self._image.path, disk=self._change.state.disk)
            return "nothing", ""
        if holds == "gone":
            return "left", f"{self._path} was deleted, and stays so; before the change it was {self._where_before()}"
        if holds == "after":
            # A lock file holds what cargo or the user wrote, also where it is what it was when the change was kept.
            return self._restore(saving=self._entry.role == "lockfile")
        if self._entry.role != "lockfile":
            return self._undo_keys(undo_keys)
        if self._change.journal.kept:
            return "left", f"{self._path} was written since the change was kept, and stays as it is"
        return self._restore(saving=True)

    def _restore(self, *, saving: bool = False) -> tuple[Action, str]:
        saved = f"; what it held is saved in {self._save()}" if saving else ""
        if self._entry.before is None:
            files.remove_durably(self._image, disk=self._change.state.disk)
            return "removed", f"{self._path}: removed, as before{saved}"
        content = self._content(self._entry.before)
        if content is None:
            raise Refused(f"its before-image is lost or damaged: {self._where_before()}")
        self._replace(content, spare=self._change.state.spare(self._change.journal.id, self._entry.role))
        return "restored", f"{self._path}: {RESTORED}{saved}"

    def _undo_keys(self, undo_keys: UndoKeys) -> tuple[Action, str]:
        current = self._image.content or b""
        without = self._without_our_keys(current, undo_keys)
        if without is None:
            return "needs-user", self._three_paths()
        earlier = self._save_before(without)
        if without == current:
            return "left", f"{self._path}: edited since, holds none of our keys, and stays as it is{earlier}"
        saved = self._save()
        if without or self._entry.before is not None:
            self._replace(without)
        else:
            files.remove_durably(self._image, disk=self._change.state.disk)
        message = f"{self._path}: edited since, so only our keys were undone; your version is {saved}{earlier}"
        return "keys-undone", message

    def _without_our_keys(self, current: bytes, undo_keys: UndoKeys) -> bytes | None:
        before = None if self._entry.before is None else self._content(self._entry.before)
        after = self._content(self._entry.afters[-1]) if self._entry.afters else None
        if after is None or (before is None and self._entry.before is not None):
            return None
        try:
            return undo_keys(self._entry.role, current, before, after)
        except Exception:  # noqa: BLE001 - a file that the editor cannot handle must not stop the other files
            return None

    def _content(self, digest: str) -> bytes | None:
        return self._change.registry.content(self._change.journal, digest)

    def _replace(self, content: bytes, spare: Path | None = None) -> None:
        temp = self._change.temp(self._entry.role, self._image)
        files.replace_durably(self._image, content, temp=temp, spare=spare, disk=self._change.state.disk)

    def _save(self) -> Path:
        saved = self._change.state.saved / f"{self._entry.role}-{self._image.digest}"
        files.save_aside(self._image, saved, disk=self._change.state.disk)
        return saved

    def _save_before(self, without: bytes) -> str:
        """Save what was before the change, and say where, unless all its lines stand in the file `without` our keys.

        A value of the user's that we replaced, and for which there is another by now, may be in it alone.
        """
        content = None if self._entry.before is None else self._content(self._entry.before)
        if content is None or {*content.splitlines()} <= {*without.splitlines()}:
            return ""
        state = self._change.state
        before = Image(path=state.blob(digest_of(content)), content=content)
        saved = state.saved / f"{self._entry.role}-{before.digest}"
        files.save_aside(before, saved, disk=state.disk)
        return f"; before the change it was {saved}"

    def _where_before(self) -> str:
        return "absent" if self._entry.before is None else str(self._change.state.blob(self._entry.before))

    def _three_paths(self) -> str:
        ours = ", ".join(self._entry.keys) or "our keys"
        after = self._change.state.blob(self._entry.afters[-1]) if self._entry.afters else "unknown"
        return (
            f"{self._path} was edited since, and {ours} cannot be undone in it safely; "
            f"before the change: {self._where_before()}; after it: {after}"
        )


def _needs_user(undone: Sequence[Undone]) -> RollbackNeedsUser:
    open_files = [one.message for one in undone if one.action == "needs-user"]
    done = [f"{one.path}: {one.action}" for one in undone if one.action != "needs-user"]
    return RollbackNeedsUser(
        "\n".join(("some files could not be put back:", *open_files)),
        expected="files as the change left them, or edits that our keys can be told from",
        files="\n".join((*done, *(f"{one.path}: as it was found" for one in undone if one.action == "needs-user"))),
        next_command="burnish rollback, once the file is as you want it; or burnish keep, to leave all as it is now",
    )


@contextlib.contextmanager
def _begin_again_after_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, Refused) as error:
        raise RollbackNeedsUser(
            f"the rollback could not be finished: {error.found if isinstance(error, Refused) else error}",
            expected="a disk that works",
            files="each as before or as after the change; the journal still holds what is to be done",
            next_command="burnish rollback",
        ) from error
