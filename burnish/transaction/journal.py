"""The journal: what a change does to which file, so that it can be undone; and the folder that it lives in.

A journal is two lines. The first is `burnish-journal VERSION DIGEST`, where the digest is the SHA-256 of the rest; the
second is a JSON object, `Journal`. Whatever is not exactly that, to the last bit, is damaged.

A journal names no paths. It names roles, each of which is one fixed file of the workspace, and contents by their
SHA-256: a forged journal can neither reach another file nor bring its own content along unnoticed.

    .burnish/                     0700, ignores itself in git
        lock  holder  children    the kernel's lock; who holds it; a word that what runs now carries
        active.json               the live change's journal: that it is there means unfinished
        blobs/DIGEST              before- and after-images
        spares/ID-ROLE            before-images ready to be renamed into place, so that undoing needs no space
        history/NNNN.kept.json    journals of finished changes, and NNNN.rolled-back.json
        saved/                    what the user had written where a rollback put something else
        runs/                     reports and logs
"""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from burnish.errors import Refused
from burnish.transaction import files
from burnish.transaction.files import DISK, Disk, Image, digest_of

VERSION = 1
MAX_JOURNAL_BYTES = 256 * 1024
# The owner of a change that is made step by step; any other is a command that makes one from beginning to end.
OWNED_BY_STEPS = "steps"

EditRole = Literal["manifest", "config", "config-legacy", "pin"]
FileRole = Literal["manifest", "config", "config-legacy", "pin", "lockfile"]
Holds = Literal["before", "after", "gone", "edited"]
ChangeOutcome = Literal["kept", "rolled-back"]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
ChangeId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Words = Annotated[str, msgspec.Meta(max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

PATHS: dict[FileRole, str] = {
    "manifest": "Cargo.toml",
    "config": ".cargo/config.toml",
    "config-legacy": ".cargo/config",
    "pin": "burnish.pick.toml",
    "lockfile": "Cargo.lock",
}
_RECORD = re.compile(r"([0-9]{4,9})\.(kept|rolled-back)\.json")


class Damaged(ValueError):
    """This is no journal, or not one that we wrote."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a change.

    `before` is what it held before the change, null where there was no file. `afters` are all the contents that the
    change gave it, in order; a lock file, which cargo writes, gets one when the change is kept. `made_folder` says
    that the file's folder is ours. `keys` are what we set in it, for messages.
    """

    role: FileRole
    before: Digest | None
    afters: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=100)] = ()
    made_folder: bool = False
    keys: Annotated[tuple[Words, ...], msgspec.Meta(max_length=100)] = ()

    def holds(self, now: str | None) -> Holds:
        """Return what a file whose content has the digest `now`, None where it is not there, holds of this change."""
        if now == self.before:
            return "before"
        if now is None:
            return "gone"
        return "after" if now in self.afters else "edited"


class Journal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change.

    `revision` counts its versions on disk. `number` is its place in the workspace's history. `workspace` is the
    digest of the workspace's path where it was made. `owner` and `pid` say who made it, `recipe` and `began` (RFC 3339)
    with what and when, for `status`. `kept` says that it is final, and that `Cargo.lock` is the user's from then on.
    """

    id: ChangeId
    revision: Count
    number: Count
    workspace: Digest
    owner: Words
    pid: Count
    recipe: Words = ""
    began: Words = ""
    kept: bool = False
    entries: Annotated[tuple[JournalEntry, ...], msgspec.Meta(max_length=len(PATHS))] = ()

    def entry(self, role: FileRole) -> JournalEntry | None:
        """Return the entry of a role, if there is one."""
        return next((entry for entry in self.entries if entry.role == role), None)

    def extended(self, *changed: JournalEntry, kept: bool = False) -> Journal:
        """Return the next revision, with these entries in the place of those of the same role."""
        roles = {entry.role for entry in changed}
        entries = (*(entry for entry in self.entries if entry.role not in roles), *changed)
        return msgspec.structs.replace(self, revision=self.revision + 1, entries=entries, kept=kept)


def encode(journal: Journal) -> bytes:
    """Write a journal."""
    body = msgspec.json.encode(journal) + b"\n"
    return b"burnish-journal %d %s\n" % (VERSION, digest_of(body).encode()) + body


def decode(raw: bytes) -> Journal:
    """Read a journal. Raise Damaged for anything but what `encode` wrote."""
    if len(raw) > MAX_JOURNAL_BYTES:
        raise Damaged(f"it is larger than {MAX_JOURNAL_BYTES:,} bytes")
    head, _, body = raw.partition(b"\n")
    match = re.fullmatch(rb"burnish-journal ([0-9]{1,9}) ([0-9a-f]{64})", head)
    if match is None:
        raise Damaged("its first line is not a journal's")
    if digest_of(body).encode() != match[2]:
        raise Damaged("its checksum does not agree with its content")
    if int(match[1]) != VERSION:
        raise Damaged(f"it has version {int(match[1])}, and this program knows version {VERSION}")
    try:
        journal = msgspec.json.decode(body, type=Journal)
    except ValueError as error:
        raise Damaged(f"its content is not a journal's: {error}") from error
    if len({entry.role for entry in journal.entries}) != len(journal.entries):
        raise Damaged("it names a file twice")
    return journal


@dataclass(frozen=True, kw_only=True)
class EndedChange:
    """A finished change in the history."""

    number: int
    outcome: ChangeOutcome
    path: Path


@dataclass(frozen=True)
class StateFolder:
    """The folder `.burnish` of the workspace at `root`."""

    root: Path
    disk: Disk = field(default=DISK, repr=False)

    @property
    def folder(self) -> Path:
        """Return the workspace's state folder."""
        return self.root / ".burnish"

    @property
    def lock(self) -> Path:
        """Return the file that the kernel locks."""
        return self.folder / "lock"

    @property
    def holder(self) -> Path:
        """Return the file that says who holds the lock."""
        return self.folder / "holder"

    @property
    def children(self) -> Path:
        """Return the file in which `process.Programs` records what runs."""
        return self.folder / "children"

    @property
    def active(self) -> Path:
        """Return the live journal."""
        return self.folder / "active.json"

    @property
    def blobs(self) -> Path:
        """Return the folder of before- and after-images."""
        return self.folder / "blobs"

    @property
    def profiles(self) -> Path:
        """Return the folder of the profiles that builds are guided by: not where builds are cleaned away."""
        return self.folder / "profiles"

    @property
    def spares(self) -> Path:
        """Return the folder of before-images that wait to be renamed into place."""
        return self.folder / "spares"

    @property
    def history(self) -> Path:
        """Return the folder of finished journals."""
        return self.folder / "history"

    @property
    def saved(self) -> Path:
        """Return the folder of the user's versions."""
        return self.folder / "saved"

    @property
    def runs(self) -> Path:
        """Return the folder of reports and logs."""
        return self.folder / "runs"

    @property
    def record(self) -> Path:
        """Return the file in which the steps of a run leave what they found for each other."""
        return self.runs / "current.json"

    def create(self) -> None:
        """Make the folders that are missing, and keep git out of them. Raise Refused as `create_folders` does."""
        self.create_folders()
        with self._refusing():
            if not self._ignored.exists():
                files.write_synced(self._ignored, b"*\n", disk=self.disk)
                self.disk.sync_folder(self.folder)

    def create_folders(self) -> None:
        """Make the folders that are missing: all that may be done without the lock, by several at once.

        Raise Refused where something else stands in their place: in a cloned repository it could be a link that leads
        our own writing elsewhere.
        """
        with self._refusing():
            own = (self.folder, self.blobs, self.spares, self.history, self.saved, self.runs, self.profiles)
            for folder in own:
                with contextlib.suppress(FileExistsError):
                    self.disk.make_folder(folder, 0o700)
                _require(stat.S_ISDIR, folder, "a folder")
            for file in (self.lock, self.holder, self.children, self.active, self.record, self._ignored):
                _require(stat.S_ISREG, file, "a regular file")

    def image(self, role: FileRole) -> Image:
        """Read the file of a role. Raise Refused when it lies outside the workspace, or is no file to work on."""
        target = files.resolve_inside(self.root, self.root / PATHS[role])
        return files.read_image(target, disk=self.disk)

    def spare(self, change_id: str, role: FileRole) -> Path:
        """Return the before-image of a role that waits to be renamed into place."""
        return self.spares / f"{change_id}-{role}"

    def blob(self, digest: str) -> Path:
        """Return the place of a content."""
        return self.blobs / digest

    def finished(self) -> list[EndedChange]:
        """Return the finished changes, oldest first."""
        names = sorted(path.name for path in self.history.iterdir()) if self.history.is_dir() else []
        matches = [match for name in names if (match := _RECORD.fullmatch(name))]
        found = [
            EndedChange(
                number=int(match[1]),
                outcome="kept" if match[2] == "kept" else "rolled-back",
                path=self.history / match[0],
            )
            for match in matches
        ]
        return sorted(found, key=lambda one: one.number)

    def finished_path(self, number: int, outcome: ChangeOutcome) -> Path:
        """Return the place of a finished journal."""
        return self.history / f"{number:04d}.{outcome}.json"

    def file_away(self, number: int, outcome: ChangeOutcome) -> None:
        """Move the live journal into the history: the change is finished with this rename."""
        self.disk.rename(self.active, self.finished_path(number, outcome))
        self.disk.sync_folder(self.history)
        self.disk.sync_folder(self.folder)

    def revive(self, finished: EndedChange) -> None:
        """Make a finished change the live one, so that undoing it can be interrupted and begun again."""
        self.disk.rename(finished.path, self.active)
        self.disk.sync_folder(self.folder)
        self.disk.sync_folder(self.history)

    @property
    def _ignored(self) -> Path:
        return self.folder / ".gitignore"

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Refused(
                f"cannot make {self.folder}: {error.strerror}", expected="a folder that can be written"
            ) from error


def store(folder: Path, contents: Iterable[bytes], *, disk: Disk) -> None:
    """Keep contents in a folder under their digests, durably."""
    for content in dict.fromkeys(contents):
        files.write_synced(folder / digest_of(content), content, disk=disk)
    disk.sync_folder(folder)


def _require(is_kind: Callable[[int], bool], path: Path, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not is_kind(path.lstat().st_mode):
            raise Refused(
                f"{path} is not {name}",
                expected="a state folder that burnish has made",
                next_command=f"ls -la {path.parent}",
            )
