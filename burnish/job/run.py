"""A run: one project with its settings, and what was found so far, kept on disk between the steps."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from burnish.cargo.benches.bench import BuiltBenches, sort_benches
from burnish.cargo.build import Cargo
from burnish.cargo.flags import effective_rustflags, normalise
from burnish.cargo.project import Project
from burnish.cargo.tests.nextest import CONFIG as NEXTEST_CONFIG
from burnish.cargo.tests.suites import Runner
from burnish.cargo.toml import Edit, read_toml
from burnish.cargo.toolchain import RustToolchain, read_cfg
from burnish.cargo.toolkit import Toolkit
from burnish.concessions import Concession, in_order
from burnish.errors import RESTORED, GateFailed, Refused, refusal_by_disk
from burnish.job.options import Options
from burnish.job.portability import takings, takings_of, tells_the_linker
from burnish.job.recipe import AUTO, Recipe
from burnish.job.settings import Limits, Resolved
from burnish.job.undoing import undo
from burnish.judge.budget import Budget
from burnish.judge.differences import LINKAGE_CONCESSIONS
from burnish.judge.noise import Twin, TwinName
from burnish.measure.folders import FolderKind
from burnish.measure.traces import Places
from burnish.model import Edit as EditPart
from burnish.model import Outcome, RecipePart, Report, Setting, Side, StartupWarning
from burnish.platforms import Platform
from burnish.platforms.finding import Found, make_ready
from burnish.platforms.machine import Machine
from burnish.report.store import write_report
from burnish.sealed import Sealed
from burnish.system.console import Console
from burnish.system.groups import end_recorded_groups
from burnish.system.process import Programs
from burnish.transaction.change import Change
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked
from burnish.transaction.registry import Registry

SideName = Literal["baseline", "candidate"]
SIDES: tuple[SideName, ...] = ("baseline", "candidate")
AS_LEFT = "as the steps before left them"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps of a run leave for each other: `benches` and `copies` (of the judged artefacts) by side.

    `twins` are the builds of the baseline's settings that phases/twins.py has made. `folders` say in which folder each
    command is started, by the command.
    """

    options: Options
    report: Report
    benches: dict[str, BuiltBenches] = {}
    copies: dict[str, str] = {}
    twins: dict[TwinName, Twin] = {}
    folders: dict[str, FolderKind] = {}


@dataclass(kw_only=True)
class Run:
    """A run of burnish on one project: all that a phase needs, handed to it in one value.

    `rests_on_benches` is whether its recipe may slow the program's own code, which benches have to judge then.
    """

    options: Options
    console: Console
    programs: Programs
    project: Project
    toolchain: RustToolchain
    triple: str
    platform: Platform
    machine: Machine
    found: Found
    recipe: Recipe
    resolved: Resolved
    budget: Budget
    state: StateFolder
    user_state: Path
    cargo_home: Path
    scripts: Path
    record: Record
    rests_on_benches: bool = False
    tested: Runner | None = field(default=None)
    _number: int | None = field(default=None)
    _opened: tuple[str, Platform, Found] | None = field(default=None)

    def take_up(self, view: Run) -> None:
        """Go on with the recipe of another view of this run, and what builds it."""
        self._opened = self._opened or (self.triple, self.platform, self.found)
        self.recipe, self.triple, self.platform, self.found = view.recipe, view.triple, view.platform, view.found
        self.rests_on_benches = view.rests_on_benches

    @property
    def as_opened(self) -> Run:
        """Return the run with what builds the project as it is, whatever recipe was taken up since."""
        triple, platform, found = self._opened or (self.triple, self.platform, self.found)
        return replace(self, triple=triple, platform=platform, found=found)

    @property
    def places(self) -> Places:
        """Return the folders in which builds of this run may leave their paths."""
        triples = {self.triple, self.report.platform.triple, self.toolchain.host}
        return Places(project=self.project.root, target=self.project.target_directory, triples=tuple(sorted(triples)))

    @property
    def toolkit(self) -> Toolkit:
        """Give what builds and starts the platform."""
        return self.found.toolkit

    @property
    def report(self) -> Report:
        """Give the report so far."""
        return self.record.report

    @property
    def limits(self) -> Limits:
        """Give the time limits of the programs that we start."""
        return self.resolved.settings.limits

    @property
    def folder(self) -> Path:
        """Give the folder of this run's files."""
        return self.state.runs / self.report.run.id

    @property
    def sealed(self) -> Sealed:
        """Give what reads and writes files that only this user's own runs may have left."""
        return Sealed(root=self.project.root, user_state=self.user_state)

    @property
    def is_auto(self) -> bool:
        """Say whether the recipe is searched for."""
        return self.resolved.settings.recipe == AUTO

    @property
    def is_untuned(self) -> bool:
        """Say whether the recipe is searched for and nothing was found yet: the base stands in for it."""
        return self.is_auto and not self.recipe.name.startswith(AUTO)

    @property
    def said(self) -> frozenset[Concession]:
        """Return the concessions that the user accepts by name, for this project and whatever is found in it."""
        settings = self.resolved.settings
        of_abort: set[Concession] = {"unwinding"} if settings.allow_abort else set()
        return frozenset({*settings.search.accept, *of_abort})

    @property
    def stated(self) -> frozenset[Concession]:
        """Return the concessions that the user accepts, by the settings and by the budget."""
        of_cpu: set[Concession] = {"old-cpus"} if self.resolved.settings.search.oldest_cpu != "any" else set()
        return self.said.union(self.budget.accept, of_cpu)

    @cached_property
    def accepted(self) -> frozenset[Concession]:
        """Return all concessions that count as accepted: those stated, and what a named recipe or the project takes."""
        if self.is_auto:
            return self.stated | self._taken_already
        named = {taking.concession for taking in takings_of(self.recipe, self.triple, self.toolkit.mode)}
        by_linker = LINKAGE_CONCESSIONS if tells_the_linker(self.recipe) else frozenset()
        return self.stated | self._taken_already | named | by_linker

    @cached_property
    def _taken_already(self) -> frozenset[Concession]:
        """Return what the project as it is takes: nobody who runs the binary has that."""
        manifest = read_toml(self.state.image("manifest").content or b"", "Cargo.toml")
        release = manifest.get("profile", {}).get("release", {})
        triple = self.report.platform.triple
        cfg = read_cfg(self.programs, self.project.root, triple, self.limits.query_seconds)
        flags = effective_rustflags(self.machine.layers, self.programs.env, triple, cfg).flags
        return frozenset(taking.concession for taking in takings(release, normalise(flags), triple))

    @property
    def measured(self) -> frozenset[Concession]:
        """Return what is measured here and so not conceded: speed, where benches judge it."""
        built = self.record.benches.get("baseline")
        judged = built.executables if built else sort_benches(self.project)[0]
        return frozenset({"speed"} if judged and self.toolkit.mode == "native" else ())

    @property
    def allows_abort(self) -> bool:
        """Return whether the user has said that panics may abort, whatever code catches them."""
        return "unwinding" in self.said

    @property
    def uses_nextest(self) -> bool:
        """Say whether nextest runs the tests: where the user says so, or the project has its configuration."""
        runner = self.resolved.settings.tests.runner
        return runner == "nextest" or (runner == "auto" and (self.project.root / NEXTEST_CONFIG).is_file())

    def live_change(self) -> Change | None:
        """Read the live change, if there is one."""
        return Change.load(self.state, self.user_state)

    def judged_sides(self) -> tuple[Side, Side]:
        """Give what is compared. Without a change the project as it is stands for both: it is judged by the budget."""
        before = self.side("baseline")
        if self.live_change() is not None:
            return before, self.side("candidate")
        return before, self.report.candidate or before

    @property
    def has_benches(self) -> bool:
        """Say whether a side has benches that can be judged."""
        return any(built.executables for built in self.record.benches.values())

    def built_sides(self) -> list[SideName]:
        """Give the sides of which there is a copy of the binary."""
        return [name for name in SIDES if name in self.record.copies]

    def copy(self, name: SideName) -> Path:
        """Give the copy of a side's binary."""
        return Path(self.record.copies[name])

    def relative(self, path: Path) -> str:
        """Give a path as the report names it: from the project's root where it lies below."""
        return str(path.relative_to(self.project.root)) if path.is_relative_to(self.project.root) else str(path)

    def describe(self, edits: Sequence[Edit], settings: Sequence[Setting]) -> None:
        """Put a plan into the report. Edits that an earlier step of the run has written stay in it."""
        diffs = {part.path: part for part in self.report.edits}
        diffs |= {edit.name: EditPart(path=edit.name, diff=edit.diff()) for edit in edits}
        takes = {taking.concession for taking in takings_of(self.recipe, self.triple, self.toolkit.mode)}
        recipe = RecipePart(name=self.recipe.name, settings=list(settings), takes=list(in_order(takes)))
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
        write_record(self.state, self.user_state, self.record)

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

    def side(self, name: SideName) -> Side:
        """Give a side that was built. Raise Refused where it was not."""
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

    def own_target(self, name: SideName) -> Path | None:
        """Give a side's target folder, where that is not the project's own.

        What rebuilds the standard library has one: build scripts look at the variable that allows it, and all that
        depends on them would be built again each time the user's own `cargo build` and ours take turns.
        """
        ours = self.project.target_directory / "burnish"
        if self.toolkit.rebuilds_std:
            return ours / self.triple / name
        return ours / "baseline" if name == "baseline" else None

    def cargo(self, name: SideName) -> Cargo:
        """Give cargo for one side.

        The candidate is built where the user's own `cargo build` puts it, so that the judged file is the user's file.
        """
        make_ready(self.machine, self.platform, self.toolkit)
        return Cargo(
            programs=self.programs,
            project=self.project,
            toolkit=self.toolkit,
            target_directory=self.own_target(name),
            on_line=self.console.program_line,
        )

    @contextlib.contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Hold the project's lock, under which our programs are recorded. Raise Busy when another run holds it."""
        self._require_report_folder()
        with locked(self.state, command):
            # By the lock whoever recorded something is dead, and this run's own record would take its place.
            if end_recorded_groups(self.state.children):
                self.warn("programs that an earlier run had left running were ended")
            self.programs = replace(self.programs, children=self.state.children)
            yield

    @contextlib.contextmanager
    def change(self, owner: str) -> Iterator[None]:
        """Open a change: any way out but `keep` puts every file back, and an error ends the run."""
        outcome = None
        try:
            try:
                self._number = self.begin_change(owner).journal.number
                yield
            finally:
                outcome = self._undo_ours()
        except BaseException as error:
            # Again: a signal, of which only the first is raised, may have come in the midst of undoing.
            outcome = self._undo_ours() or outcome or ("kept" if self.is_kept else "refused")
            with contextlib.suppress(OSError):
                self.close(outcome)
            refused = error if isinstance(error, Refused) else refusal_by_disk(error)
            if refused and outcome == "rolled_back":
                # Too late to have refused before touching anything.
                raise GateFailed(
                    refused.found, expected=refused.expected, files=RESTORED, next_command=refused.next_command
                ) from error
            raise

    def begin_change(self, owner: str) -> Change:
        """Begin a change of this run's recipe. Raise Refused where one is live."""
        recipe = self.recipe.name[:200]
        return Change.begin(self.state, self.user_state, owner=owner, recipe=recipe, began=utc_now())

    def _undo_ours(self) -> Outcome | None:
        """Undo our change where it is live, by the journal and not by memory, and say what has become of it, if so.

        A live change of another process, which `begin` refuses to join, is not ours to undo.
        """
        self.state.create()  # a `git clean` may have taken it, and with it the journal
        Registry(self.state, self.user_state).recover()
        live = self.live_change()
        if live is None or live.journal.pid != os.getpid():
            return None
        was_written = any(entry.role != "lockfile" for entry in live.journal.entries)
        undo(self.state, self.user_state, self.console, only_live=True)
        return "rolled_back" if was_written else "refused"

    @property
    def is_kept(self) -> bool:
        """Say whether the change that this run began is final."""
        return any(done.number == self._number and done.outcome == "kept" for done in self.state.finished())

    def publish(self) -> None:
        """Write the report and its renderings where the user finds them."""
        write_report(self.report, self.folder)
        if self.options.report_dir is not None:
            try:
                write_report(self.report, Path(self.options.report_dir))
            except OSError as error:
                self.console.warn(f"the report could not be written to {self.options.report_dir}: {error}")

    def _require_report_folder(self) -> None:
        """Refuse a folder for the report that cannot be written, before any work is done for it."""
        if self.options.report_dir is None:
            return
        try:
            Path(self.options.report_dir).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.options.report_dir):
                pass
        except OSError as error:
            raise Refused(
                f"--report-dir {self.options.report_dir} cannot be written: {error.strerror or error}",
                expected="a folder",
            ) from error

    def close(self, outcome: Outcome) -> Report:
        """End the run: the report is final, and the next step begins another run."""
        self.note(
            outcome=outcome,
            run=msgspec.structs.replace(self.report.run, ended=utc_now()),
        )
        self.state.record.unlink(missing_ok=True)
        self.publish()
        return self.report


def utc_now() -> str:
    """Give the time as RFC 3339, in UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_record(state: StateFolder, user_state: Path, record: Record) -> None:
    """Replace the record on disk, whole or not at all."""
    state.create()
    Sealed(root=state.root, user_state=user_state).write(state.record, record)


def read_record(state: StateFolder, user_state: Path) -> Record | None:
    """Read what the steps before left. It names programs to run, so that only this user's own is read.

    Raise Refused when it is damaged, or somebody else's.
    """
    path = state.record
    if not os.path.lexists(path):
        return None
    try:
        return Sealed(root=state.root, user_state=user_state).read(path, Record)
    except (OSError, ValueError) as error:
        raise Refused(
            f"the record of the steps before cannot be read: {path}: {error}",
            expected="what an earlier step wrote",
            files=AS_LEFT,
            next_command=f"{'del' if os.name == 'nt' else 'rm'} {path}, then burnish baseline",
        ) from error
