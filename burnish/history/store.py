"""Where the history is kept: git notes, or a file. Both are read and appended to in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.history.entries import HistoryEntry, decode_entries, encode_entry
from burnish.history.lines import append_line, read_lines
from burnish.history.notes import NOTES_REF, append_note, read_notes
from burnish.history.repository import CommitPart, HistoryRepository, Unrecorded

NOTES, OFF = "notes", "off"


@dataclass(frozen=True, kw_only=True)
class HistoryStore:
    """The history of one project: in a `file`, or in the notes of its repository where there is none."""

    repository: HistoryRepository
    file: Path | None = None

    @property
    def told(self) -> str:
        """Return where it is, in words."""
        return f"git notes {NOTES_REF}" if self.file is None else str(self.file)

    def append(self, commit: str, entries: Sequence[HistoryEntry]) -> None:
        """Append the records of a commit, all or none. Raise Unrecorded where that cannot be."""
        lines = b"\n".join(map(encode_entry, entries))
        if self.file is None:
            append_note(self.repository, commit, lines)
        else:
            append_line(self.file, lines)

    def read(self) -> tuple[list[HistoryEntry], int]:
        """Return all records, and how many lines are none. Raise Unrecorded where they cannot be read.

        A record that stands in the note of another commit is none: nobody here has written it there.
        """
        if self.file is not None:
            return decode_entries(read_lines(self.file))
        found, unread = list[HistoryEntry](), 0
        for commit, content in read_notes(self.repository).items():
            entries, lost = decode_entries(content.split(b"\n"))
            own = [entry for entry in entries if entry.commit == commit]
            found += own
            unread += lost + len(entries) - len(own)
        return found, unread

    def commits(self) -> list[CommitPart]:
        """Return the commits that led to the one that is checked out, the newest first; none without a repository."""
        try:
            self.repository.head()
            return self.repository.first_parents()
        except Unrecorded:
            return []
