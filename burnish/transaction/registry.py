"""The user's own record of changes, outside the workspace.

A journal that is not registered here was not made by this user on this machine, and is never applied by itself. The
contents are here a second time, so that there is a way back after a `git clean -fdx`.

    USER_STATE/changes/WORKSPACE/ID/    REVISION-DIGEST.json, DIGEST (before- and after-images), rolled-back
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from burnish.errors import Refused
from burnish.transaction import files
from burnish.transaction.files import digest_of
from burnish.transaction.journal import Damaged, Journal, JournalEntry, StateFolder, decode, store

_REVISION = re.compile(r"[0-9]{4,16}-([0-9a-f]{64})\.json")


def user_state() -> Path:
    """Return the user's own folder in which changes are registered."""
    return platformdirs.user_state_path("burnish", appauthor=False)


class Registry:
    """The record, in the user's state folder, of the changes of one workspace."""

    def __init__(self, state: StateFolder, user_state: Path) -> None:
        self.folder = user_state / "changes"
        self.workspace = digest_of(os.fsencode(os.path.realpath(state.root)))
        self._state = state
        self._disk = state.disk

    def folder_of(self, journal: Journal) -> Path:
        """Return the folder of a change, by the workspace that it was made in, which may have been moved since."""
        return self.folder / journal.workspace / journal.id

    def add(self, journal: Journal, raw: bytes, contents: Iterable[bytes]) -> None:
        """Register one revision, durably; revisions are only ever added."""
        own = self.folder_of(journal)
        try:
            for folder in (*_missing_above(self.folder), self.folder, own.parent, own):
                files.make_folder(folder, mode=0o700, disk=self._disk)
            files.write_synced(own / _revision_name(journal, raw), raw, disk=self._disk)
            store(own, contents, disk=self._disk)
        except OSError as error:
            raise Refused(
                f"cannot register the change in {own}: {error.strerror}",
                expected="a state folder that can be written (XDG_STATE_HOME)",
            ) from error

    def knows(self, journal: Journal, raw: bytes) -> bool:
        """Return whether exactly this journal was registered."""
        return (self.folder_of(journal) / _revision_name(journal, raw)).is_file()

    def changes(self) -> list[tuple[Journal, bytes]]:
        """Return the last revision of each change of this workspace that was not rolled back, oldest first."""
        with contextlib.suppress(OSError, Refused):
            own = (self.folder / self.workspace).iterdir()
            latest = [self._latest(folder) for folder in own if not (folder / "rolled-back").exists()]
            return sorted((found for found in latest if found), key=lambda found: found[0].number)
        return []

    def content(self, journal: Journal, digest: str) -> bytes | None:
        """Read a content back, from here where the workspace's folder has lost it; None where both have."""
        for path in (self._state.blob(digest), self.folder_of(journal) / digest):
            with contextlib.suppress(Refused):
                image = files.read_image(path, disk=self._disk)
                if image.digest == digest:
                    return image.content
        return None

    def finish(self, journal: Journal) -> None:
        """Record that a change was rolled back where it was made, and let go of its contents.

        Its journals stay: a copy of the project may hold the same change. In a copy, or where the project was moved to,
        all stays: the original may need it yet. Nothing depends on this step, so that a state folder that has become
        unwritable does not stop a rollback.
        """
        if journal.workspace != self.workspace:
            return
        own = self.folder_of(journal)
        with contextlib.suppress(OSError):
            files.write_synced(own / "rolled-back", b"", disk=self._disk)
            for digest in _digests(journal):
                files.discard(own / digest, disk=self._disk)
            self._disk.sync_folder(own)

    def recover(self) -> None:
        """Bring back the changes that the workspace's folder has lost; of several live ones the newest."""
        for journal, raw in reversed(self.lost()):
            if not self._place_of(journal).exists():
                self._bring_back(journal, raw)

    def lost(self) -> list[tuple[Journal, bytes]]:
        """Return the changes that the workspace's folder has lost, as after a `git clean -fdx`, oldest first.

        Only those that its files still hold: another checkout may stand at the same path by now.
        """
        if os.path.lexists(self._state.active):
            return []
        known = self._ids_in_history()
        return [
            (journal, raw)
            for journal, raw in self.changes()
            if journal.id not in known
            and not self._place_of(journal).exists()
            and any(map(self._is_held, journal.entries))
        ]

    def _place_of(self, journal: Journal) -> Path:
        return self._state.finished_path(journal.number, "kept") if journal.kept else self._state.active

    def _bring_back(self, journal: Journal, raw: bytes) -> None:
        target = self._place_of(journal)
        contents = [self.content(journal, digest) for digest in _digests(journal)]
        store(self._state.blobs, [content for content in contents if content is not None], disk=self._disk)
        self._disk.sync_folder(self._state.root)  # the state folder itself is new after a `git clean`
        files.write_synced(target, raw, disk=self._disk)
        self._disk.sync_folder(target.parent)

    def _is_held(self, entry: JournalEntry) -> bool:
        with contextlib.suppress(Refused):
            return entry.role != "lockfile" and self._state.image(entry.role).digest in entry.afters
        return False

    def _ids_in_history(self) -> set[str]:
        ids = set()
        for finished in self._state.finished():
            with contextlib.suppress(Damaged, Refused):
                ids.add(decode(files.read_image(finished.path, disk=self._disk).content or b"").id)
        return ids

    def _latest(self, folder: Path) -> tuple[Journal, bytes] | None:
        for path in sorted(folder.iterdir(), reverse=True):
            match = _REVISION.fullmatch(path.name)
            raw = files.read_image(path, disk=self._disk).content if match else None
            if match and raw is not None and digest_of(raw) == match[1]:
                with contextlib.suppress(Damaged):
                    return decode(raw), raw
        return None


def _digests(journal: Journal) -> list[str]:
    found = [digest for entry in journal.entries for digest in (entry.before, *entry.afters) if digest]
    return list(dict.fromkeys(found))


def _revision_name(journal: Journal, raw: bytes) -> str:
    return f"{journal.revision:04d}-{digest_of(raw)}.json"


def _missing_above(folder: Path) -> list[Path]:
    return [path for path in reversed(folder.parents) if not path.exists()]
