"""The results of a fleet on disk: STATE.jsonl, one line for each result, written the moment it arrives.

Lines are only ever appended. Of two for one job the later one counts; a last line that a power loss has torn is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import filelock
import msgspec

from burnish.errors import Busy, Refused
from burnish.fleet.fleet_jobs import FleetResult
from burnish.fleet.packing import STATE_NAME
from burnish.report.store import PAGE_NAME, REPORT_NAME, read_report, write_page
from burnish.system.regular import read_regular
from burnish.transaction.files import append_synced, write_synced

_REPORTS = "reports"
_KEY_CHARACTERS = 12
_LOCK = ".lock"
_IGNORED = ".gitignore"
_ANOTHER_FOLDER = "burnish fleet --results DIR, for another folder"


class Ledger:
    """The results in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / STATE_NAME

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, which is made where it is not there. Raise Busy where another fleet writes into it."""
        with contextlib.ExitStack() as stack:
            try:
                self._make()
                stack.enter_context(filelock.FileLock(self.folder / _LOCK).acquire(blocking=False))
                self._claim()
            except filelock.Timeout:
                raise Busy(
                    f"another fleet writes its results into {self.folder}",
                    expected="one fleet for each folder",
                    next_command=_ANOTHER_FOLDER,
                ) from None
            except OSError as error:
                raise Refused(
                    f"{self.folder} cannot be used: {error.strerror}", expected="a folder that can be written"
                ) from error
            yield

    def _make(self) -> None:
        """Make the folder where it is not there. Raise Refused for one with files that no fleet wrote."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = {each.name for each in self.folder.iterdir()} - {_IGNORED}
        if names and not names & {STATE_NAME, _LOCK}:
            raise Refused(
                f"{self.folder} holds other files",
                expected="a new folder, or that of an earlier fleet",
                next_command=_ANOTHER_FOLDER,
            )

    def _claim(self) -> None:
        """Let the folder be known as ours, and ignored by git: within a project it would make another revision."""
        append_synced(self.path, b"")
        if not (self.folder / _IGNORED).exists():
            write_synced(self.folder / _IGNORED, b"*\n", mode=0o666)

    def read(self) -> dict[str, FleetResult]:
        """Return the last result of each job by its key; lines that are none of ours are left out."""
        found: dict[str, FleetResult] = {}
        for line in self._lines():
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                result = msgspec.json.decode(line, type=FleetResult)
                found[result.key] = result
        return found

    def _lines(self) -> Sequence[bytes]:
        if not self.path.exists():
            return []
        try:
            return read_regular(self.path).split(b"\n")
        except (OSError, ValueError) as error:
            raise Refused(
                f"{self.path} cannot be read: {error}",
                expected="the results of an earlier fleet",
                next_command=_ANOTHER_FOLDER,
            ) from error

    def add(self, result: FleetResult, report: bytes) -> FleetResult:
        """Write a result, its report first; return it with where that is."""
        if report:
            result = msgspec.structs.replace(result, report=self._write_report(result, report))
        append_synced(self.path, msgspec.json.encode(result) + b"\n")
        return result

    def _write_report(self, result: FleetResult, report: bytes) -> str:
        """Write `report.json` and its page; return the page's path, or the document's where it is of no known shape."""
        folder = Path(_REPORTS, result.project, result.platform, result.key[:_KEY_CHARACTERS])
        (self.folder / folder).mkdir(parents=True, exist_ok=True)
        document = self.folder / folder / REPORT_NAME
        write_synced(document, report, mode=0o666)
        try:
            write_page(read_report(document), self.folder / folder / PAGE_NAME)
        except Refused:
            return (folder / REPORT_NAME).as_posix()
        return (folder / PAGE_NAME).as_posix()
