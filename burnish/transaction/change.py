"""The life of a change: armed before anything can write, applied, and kept.

The order is all of it. What a rollback needs (contents, spares, the registered journal) is on the disk before the
journal, the journal before the first of the user's files, and each file before the next.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import UNTOUCHED, Refused, RollbackNeedsUser
from burnish.system.signals import uninterrupted
from burnish.transaction import files
from burnish.transaction.files import Image, digest_of
from burnish.transaction.journal import (
    PATHS,
    Damaged,
    EditRole,
    FileRole,
    Journal,
    JournalEntry,
    StateFolder,
    decode,
    encode,
    store,
)
from burnish.transaction.registry import Registry

AS_BEFORE = "as they were before this step"
HALF_DONE = "perhaps changed in part; the journal holds what they were"


@dataclass(frozen=True, kw_only=True)
class FileEdit:
    """One file's new content. `before` is what the edit was made from, None where there was no file.

    `keys` are what it sets, for messages.
    """

    role: EditRole
    before: bytes | None
    after: bytes
    keys: tuple[str, ...] = ()


class Change:
    """A change whose journal is on the disk, the live one or one of the history. The caller holds the lock."""

    def __init__(self, state: StateFolder, user_state: Path, journal: Journal, raw: bytes) -> None:
        self.state = state
        self.registry = Registry(state, user_state)
        self.journal = journal
        self._raw = raw

    @classmethod
    def begin(cls, state: StateFolder, user_state: Path, *, owner: str, recipe: str = "", began: str = "") -> Change:
        """Arm a journal that holds `Cargo.lock` as it is, since cargo may write it from now on.

        Owner, recipe and time are for `status`.

        Raise Refused when a change is live here already.
        """
        with uninterrupted(), _refusing("begin a change", state_of_files=UNTOUCHED):
            state.create()
            registry = Registry(state, user_state)
            registry.recover()
            if os.path.lexists(state.active):
                raise Refused(
                    f"a change is live here, from a run that did not end: {state.active}",
                    expected="no live change",
                    next_command="burnish rollback",
                )
            state.disk.sync_folder(state.root)
            journal = _new_journal(state, registry, owner=owner, recipe=recipe, began=began)
            change = cls(state, user_state, journal, b"")
            image = state.image("lockfile")
            change._record(
                change.journal.extended(JournalEntry(role="lockfile", before=image.digest)), [("lockfile", image)]
            )
        return change

    @classmethod
    def load(cls, state: StateFolder, user_state: Path) -> Change | None:
        """Read the live change, if there is one. Raise RollbackNeedsUser when its journal is damaged."""
        return cls.read(state, user_state, state.active)

    @classmethod
    def read(cls, state: StateFolder, user_state: Path, path: Path) -> Change | None:
        """Read a journal, if there is one. Raise RollbackNeedsUser when it is damaged."""
        try:
            raw = files.read_image(path, disk=state.disk).content
            return None if raw is None else cls(state, user_state, decode(raw), raw)
        except (Damaged, Refused) as error:
            raise _untrusted(state, user_state, path, f"{path} is damaged: {error}") from error

    @property
    def is_registered(self) -> bool:
        """Return whether this user made the change, on this machine."""
        return self.registry.knows(self.journal, self._raw)

    def require_registered(self, path: Path) -> None:
        """Raise RollbackNeedsUser, naming the paths, when the journal at `path` was not made by this user."""
        if not self.is_registered:
            found = f"{path} was not made by this user on this machine, and is not applied by itself"
            raise _untrusted(self.state, self.registry.folder.parent, path, found)

    def apply(self, edits: Sequence[FileEdit]) -> list[str]:
        """Write edits, all of them recorded before the first, and return warnings. Later calls extend the change.

        Raise Refused where a file is not what its edit was made from, or cannot be replaced safely: nothing is touched
        then, unless the error says that the journal holds what was.
        """
        with uninterrupted():
            with _refusing("record the change", state_of_files=AS_BEFORE):
                self.require_registered(self.state.active)
                pending = [(edit, self._examined(edit)) for edit in edits if edit.after != edit.before]
                warnings = [text for _, image in pending for text in files.examine_before_writing(image)]
                self._record_edits(pending)
            with _refusing("write the files", state_of_files=HALF_DONE, next_command="burnish rollback"):
                for edit, image in pending:
                    self._write(edit, image)
        return warnings

    def contents_before(self) -> dict[EditRole, bytes]:
        """Return what each edited file held before the change, nothing where it was not there.

        Raise Refused where that is lost.
        """
        found: dict[EditRole, bytes] = {}
        for entry in self.journal.entries:
            if entry.role != "lockfile":
                content = b"" if entry.before is None else self.registry.content(self.journal, entry.before)
                if content is None:
                    raise Refused(f"the before-image of {PATHS[entry.role]} is lost", expected=f"{self.state.blobs}")
                found[entry.role] = content
        return found

    def keep(self) -> int:
        """Make the change final and return its number: only a `rollback` that is asked for undoes it from now on."""
        with uninterrupted(), _refusing("keep the change", state_of_files=HALF_DONE, next_command="burnish rollback"):
            self.require_registered(self.state.active)
            self._record(self.journal.extended(*self._lockfile_as_kept(), kept=True))
            self.state.file_away(self.journal.number, "kept")
        return self.journal.number

    def temp(self, role: FileRole, image: Image) -> Path:
        """Return the name of ours beside a file, under which its new content is made ready."""
        return image.path.with_name(f".burnish-{self.journal.id}-{role}.tmp")

    def _examined(self, edit: FileEdit) -> Image:
        image = self.state.image(edit.role)
        entry = self.journal.entry(edit.role)
        is_ours = entry is None or entry.holds(image.digest) in {"before", "after"}
        if image.content != edit.before or not is_ours:
            raise Refused(f"{image.path} was changed by someone else", expected="the file that the edit was made from")
        return image

    def _record_edits(self, pending: Sequence[tuple[FileEdit, Image]]) -> None:
        if pending:
            entries = [self._entry(edit, image) for edit, image in pending]
            new = [(edit.role, image) for edit, image in pending if self.journal.entry(edit.role) is None]
            self._record(self.journal.extended(*entries), new, [edit.after for edit, _ in pending])

    def _entry(self, edit: FileEdit, image: Image) -> JournalEntry:
        known = self.journal.entry(edit.role) or JournalEntry(role=edit.role, before=image.digest)
        return msgspec.structs.replace(
            known,
            afters=(*known.afters, digest_of(edit.after)),
            made_folder=known.made_folder or not image.path.parent.exists(),
            keys=tuple(dict.fromkeys((*known.keys, *edit.keys))),
        )

    def _lockfile_as_kept(self) -> Iterator[JournalEntry]:
        entry, now = self.journal.entry("lockfile"), self.state.image("lockfile").digest
        if entry is not None and now is not None:
            yield msgspec.structs.replace(entry, afters=(*entry.afters, now))

    def _record(
        self, journal: Journal, before: Sequence[tuple[FileRole, Image]] = (), afters: Sequence[bytes] = ()
    ) -> None:
        """Put the next revision of the journal on the disk, behind all that it names."""
        raw = encode(journal)
        decode(raw)  # what a rollback could not read must never be armed
        state, disk = self.state, self.state.disk
        spares = {role: image.content for role, image in before if image.content is not None}
        contents = [*spares.values(), *afters]
        if contents:
            store(state.blobs, contents, disk=disk)
        for role, content in spares.items():
            files.write_synced(state.spare(journal.id, role), content, disk=disk)
        if spares:
            disk.sync_folder(state.spares)
        self.registry.add(journal, raw, contents)
        files.write_synced(state.active, raw, disk=disk)
        disk.sync_folder(state.folder)
        self.journal, self._raw = journal, raw

    def _write(self, edit: FileEdit, image: Image) -> None:
        if not image.path.parent.exists():
            files.make_folder(image.path.parent, disk=self.state.disk)
        files.replace_durably(image, edit.after, temp=self.temp(edit.role, image), disk=self.state.disk)


def _new_journal(state: StateFolder, registry: Registry, *, owner: str, recipe: str, began: str) -> Journal:
    taken = [finished.number for finished in state.finished()]
    taken += [journal.number for journal, _ in registry.changes()]
    return Journal(
        id=secrets.token_hex(16),
        revision=0,
        number=max(taken, default=0) + 1,
        workspace=registry.workspace,
        owner=owner,
        pid=os.getpid(),
        recipe=recipe,
        began=began,
    )


def _untrusted(state: StateFolder, user_state: Path, path: Path, found: str) -> RollbackNeedsUser:
    return RollbackNeedsUser(
        found,
        expected="a journal that burnish wrote here, to the last bit",
        files=(
            f"untouched: {', '.join(str(state.root / name) for name in PATHS.values())}; "
            f"contents from before and after are in {state.blobs} and {user_state}"
        ),
        next_command=f"when the files are as you want them: mv {path} {state.saved}",
    )


@contextlib.contextmanager
def _refusing(doing: str, *, state_of_files: str, next_command: str = "") -> Iterator[None]:
    """Return of whatever stops us what it means for the user's files."""
    try:
        yield
    except (OSError, Damaged) as error:
        refused = Refused(f"cannot {doing}: {error}", expected="a disk that can be written")
        raise _with_state(refused, state_of_files, next_command) from error
    except Refused as error:
        raise _with_state(error, state_of_files, next_command) from error


def _with_state(error: Refused, state_of_files: str, next_command: str) -> Refused:
    return Refused(
        error.found,
        expected=error.expected,
        files=state_of_files,
        next_command=error.next_command or next_command,
    )
