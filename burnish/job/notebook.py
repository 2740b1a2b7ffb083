"""The notebook: what was found so far, kept on disk between the steps; nothing else writes record and report."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.cargo.benches.bench import BuiltBenches
from burnish.concessions import in_order
from burnish.errors import AS_LEFT, Refused
from burnish.job.candidate import Candidate
from burnish.job.options import Options
from burnish.judge.noise import Twin, TwinName
from burnish.measure.folders import FolderKind
from burnish.model import SIDES, Outcome, RecipePart, Report, Setting, Side, SideName, StartupWarning
from burnish.model import Edit as EditPart
from burnish.report.store import write_report
from burnish.system.console import Console
from burnish.toml.edit import TextEdit
from burnish.transaction.journal import StateFolder
from burnish.transaction.sealed import Sealed


class WorkloadStart(msgspec.Struct, frozen=True, kw_only=True):
    """How a workload is started: in which folder, with which exit status it ends, and how long it took at first, s."""

    kind: FolderKind
    exit_status: int
    seconds: float


class BinaryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What steps leave for each other of another binary than the first: the fields are those of the record."""

    copies: dict[str, str] = {}
    twins: dict[TwinName, Twin] = {}
    folders: dict[str, FolderKind] = {}
    workloads: dict[str, WorkloadStart] = {}
    loader: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps of a run leave for each other: `benches` and `copies` (of the judged artefacts) by side.

    `twins` are the builds of the baseline's settings that sides/twins.py has made. `folders` say in which folder each
    command is started, by the command, and `workloads` how each workload is, by its command too. `others` has the same
    of each other binary that is judged, by its name. `trial_seconds` are what each build of a trial took that this run
    has made. `loader` is the program that loads the library, where that is what is judged and it can be loaded.
    """

    options: Options
    report: Report
    benches: dict[str, BuiltBenches] = {}
    copies: dict[str, str] = {}
    twins: dict[TwinName, Twin] = {}
    folders: dict[str, FolderKind] = {}
    workloads: dict[str, WorkloadStart] = {}
    others: dict[str, BinaryRecord] = {}
    trial_seconds: list[float] = []
    loader: str = ""


@dataclass(kw_only=True)
class Notebook:
    """The record and the report of one run: read by all, written by its methods only."""

    console: Console
    state: StateFolder
    sealed: Sealed
    record: Record

    @property
    def report(self) -> Report:
        """Return the report so far."""
        return self.record.report

    @property
    def folder(self) -> Path:
        """Return the folder of this run's files."""
        return self.state.runs / self.report.run.id

    @property
    def has_benches(self) -> bool:
        """Return whether a side has benches that can be judged."""
        return any(built.executables for built in self.record.benches.values())

    @property
    def built_sides(self) -> list[SideName]:
        """Return the sides of which there is a copy of the binary."""
        return [name for name in SIDES if name in self.record.copies]

    def copy(self, name: SideName) -> Path:
        """Return the copy of a side's binary."""
        return Path(self.record.copies[name])

    def side(self, name: SideName) -> Side:
        """Return a side that was built. Raise Refused where it was not."""
        side: Side | None = getattr(self.report, name)
        if side is None:
            step = "baseline" if name == "baseline" else "build"
            raise Refused(
                f"this run has no {name} yet",
                expected=f"`burnish {step}` before this step",
                files=AS_LEFT,
                next_command=f"burnish {step}",
            )
        return side

    def describe(self, candidate: Candidate, edits: Sequence[TextEdit], settings: Sequence[Setting]) -> None:
        """Put a plan into the report, not yet on disk. Edits that an earlier step of the run has written stay in it."""
        diffs = {part.path: part for part in self.report.edits}
        diffs |= {edit.name: EditPart(path=edit.name, diff=edit.diff()) for edit in edits}
        takes = in_order({taking.concession for taking in candidate.takings})
        recipe = RecipePart(name=candidate.recipe.name, settings=list(settings), takes=list(takes))
        report = msgspec.structs.replace(self.report, edits=list(diffs.values()), recipe=recipe)
        self.record = msgspec.structs.replace(self.record, report=report)

    def note(self, **parts: Any) -> None:  # noqa: ANN401 - the report's own fields
        """Put parts into the report, and the report on disk."""
        self.leave(report=msgspec.structs.replace(self.report, **parts))

    def note_side(self, name: SideName, **parts: Any) -> None:  # noqa: ANN401 - the side's own fields
        """Put parts into one side of the report."""
        self.note(**{name: msgspec.structs.replace(self.side(name), **parts)})

    def leave(self, **parts: Any) -> None:  # noqa: ANN401 - the record's own fields
        """Leave something for the steps to come."""
        self.record = msgspec.structs.replace(self.record, **parts)
        self.state.create()
        self.sealed.write(self.state.record, self.record)

    def warn(self, text: str) -> None:
        """Say a warning and put it into the report, once."""
        if text not in self.report.warnings:
            self.console.warn(text)
            self.note(warnings=[*self.report.warnings, text])

    def warn_of_startup(self, warnings: Sequence[StartupWarning]) -> None:
        """Say what there is to know about how the start-up was measured, and put it into the report as values too."""
        for warning in warnings:
            self.warn(warning.sentence)
        self.note(startup_warnings=list(warnings))

    def publish(self) -> None:
        """Write the report and its renderings where the user finds them."""
        write_report(self.report, self.folder)
        report_dir = self.record.options.report_dir
        if report_dir is not None:
            try:
                write_report(self.report, Path(report_dir))
            except OSError as error:
                self.console.warn(f"the report could not be written to {report_dir}: {error}")

    def require_report_folder(self) -> None:
        """Refuse a folder for the report that cannot be written, before any work is done for it."""
        report_dir = self.record.options.report_dir
        if report_dir is None:
            return
        try:
            Path(report_dir).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=report_dir):
                pass
        except OSError as error:
            raise Refused(
                f"--report-dir {report_dir} cannot be written: {error.strerror or error}", expected="a folder"
            ) from error

    def drop(self) -> None:
        """End a run that leaves no report: there is nothing that a step could go on from."""
        self.state.record.unlink(missing_ok=True)

    def close(self, outcome: Outcome) -> Report:
        """End the run: the report is final, and the next step begins another run."""
        self.note(outcome=outcome, run=msgspec.structs.replace(self.report.run, ended=utc_now()))
        self.state.record.unlink(missing_ok=True)
        self.publish()
        return self.report


def read_record(state: StateFolder, sealed: Sealed) -> Record | None:
    """Read what the steps before left. It names programs to run, so that only this user's own is read.

    Raise Refused when it is damaged, or somebody else's.
    """
    path = state.record
    if not os.path.lexists(path):
        return None
    try:
        return sealed.read(path, Record)
    except (OSError, ValueError) as error:
        raise Refused(
            f"the record of the steps before cannot be read: {path}: {error}",
            expected="what an earlier step wrote",
            files=AS_LEFT,
            next_command=f"{'del' if os.name == 'nt' else 'rm'} {path}, then burnish baseline",
        ) from error


def is_under_way(state: StateFolder, sealed: Sealed) -> bool:
    """Return whether a run of single steps has begun here and not ended. Raise Refused as `read_record` does.

    What a build of the kept program left that was killed is none.
    """
    record = read_record(state, sealed)
    return os.path.lexists(state.active) or (record is not None and record.report.outcome != "built")


def utc_now() -> str:
    """Return the time as RFC 3339, in UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
