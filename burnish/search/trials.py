"""Trials: one candidate built beside the project, by an overlay, in a target folder of the trials' own."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, Cargo, build_with
from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.flags import normalise
from burnish.concessions import Concession, in_order, told
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.elsewhere import Errand
from burnish.job.guide import with_rustflags
from burnish.job.host_flags import loss_remark, lost_flags
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan, make_plan, not_in_force, wanted_in_force
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge.artifacts_gate import ArtifactsWanted, judge_artifacts
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.findings import count_of, listed
from burnish.judge.gates import judge_build, judge_size
from burnish.judge.linkage_gate import judge_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Gate, Side, Trial
from burnish.search.beside import keep_beside, started_binaries
from burnish.search.choices import Combination
from burnish.search.effort import Effort
from burnish.search.jobs import jobs_of
from burnish.search.matching import LEAST_MATCHED, WARN_OF_MISSING, Missed, share_matched
from burnish.search.overlay import overlay
from burnish.search.picked import candidate_of
from burnish.search.sources import sources_of
from burnish.search.space import judges_here
from burnish.search.training import Training
from burnish.sides.products import judged_file
from burnish.sides.recording import look_at_settings
from burnish.sides.sharing import borrow_units
from burnish.sides.side import cargo_of, copied, look_at_file, side_of
from burnish.sides.starts import starts_of
from burnish.sides.twins import Twins
from burnish.system.console import Step
from burnish.system.jobserver import Jobserver, cores_here, run_together

_UNUSABLE = ("build", "artifacts", "linkage", "behaviour")
_UNBUILT = Side(command=[], build_seconds=0.0, built=False)
# What is kept of a trial: one that was kept in another form is built again.
_FORM = "10"
_KEPT, _OVERLAY = "trial.json", "overlay.toml"
_FEWEST_AT_ONCE = 2
_SHIPPED = frozenset({"bin", "lib", "rlib", "dylib", "cdylib", "staticlib"})


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a trial: its side, and the share of its profile that the build found again, if it has one.

    `beside` tells how another binary ends otherwise than before, empty where none does.
    """

    side: Side
    matched: float | None = None
    beside: str = ""


@dataclass(frozen=True, kw_only=True)
class _Order:
    """How a trial is built: what is tried, where that is kept, and the command with the cargo that carries it out.

    `missed` takes the names of functions that are not in its profile, and `said` what a failed build has said.
    """

    candidate: Candidate
    plan: Plan
    folder: Path
    cargo: Cargo
    command: tuple[str, ...]
    missed: Missed
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where trials are built and kept: `sources` is the digest of what they are built from.

    `offered` are concessions that a trial may take though they are not accepted: to see what they would buy. The
    builds are counted in the `effort`, and so many as `here` may be at work at once on this machine. `ahead` has what
    was built before it was asked for, by its folder, and what is to be told of it then.
    """

    session: Session
    sources: str
    offered: frozenset[Concession] = frozenset()
    effort: Effort = field(default_factory=Effort)
    here: int = 1
    ahead: dict[Path, tuple[_Kept, list[str]]] = field(default_factory=dict)

    @property
    def job(self) -> Job:
        """Return what is worked on."""
        return self.session.job

    @property
    def notes(self) -> Notebook:
        """Return what was found so far."""
        return self.session.notes

    @property
    def jobs(self) -> int:
        """Return how many trials may be built at once, here or on other machines."""
        elsewhere = self.session.elsewhere
        has_others = bool(started_binaries(self.job, self.notes))
        return max(self.here, elsewhere.places if elsewhere and not has_others else 0)

    @property
    def folder(self) -> Path:
        """Return the folder of all trials."""
        return self.job.builds / "trials"

    @property
    def training(self) -> Training:
        """Return what records profiles for trials."""
        return Training(
            job=self.job,
            notes=self.notes,
            sources=self.sources,
            folder=self.job.builds / "guided" / self.job.triple,
            on_built=self.effort.note,
        )

    def binary(self, trial: Trial) -> Path:
        """Return the file of a trial that works."""
        return Path(trial.side.artifact or "")

    def is_kept(self, combination: Combination) -> bool:
        """Return whether an earlier search has left the trial of a combination."""
        with contextlib.suppress(Refused):
            candidate = candidate_of(self.job, combination)
            plan = make_plan(self.job, candidate)
            return self._known(self._folder_of(candidate, plan)) is not None
        return False

    def build_ahead(self, candidates: Iterable[Candidate], *, done: int = 0, known: int = 0) -> bool:
        """Build candidates side by side that will be asked for, as many as there are jobs; return whether any was.

        One alone is left for later, where no other machine builds it. Each then waits in `ahead`, be it that it works
        or not; what cannot be started is tried again by itself, and then says why. `done` and `known` are how many
        trials there were, and will be.
        """
        orders = list(itertools.islice(self._orders(candidates), self.jobs))
        away = self._build_elsewhere(orders, done, known)
        left = [order for order in orders if order.folder not in self.ahead][: self.here]
        if len(left) < _FEWEST_AT_ONCE:
            return away
        with self.job.console.step(f"{count_of(len(left), 'trial')} side by side") as step:
            count = _counter(step, done + len(orders) - len(left), known)
            step.summary = self._take_all(
                left,
                lambda: run_together([partial(self._carry_out, order, count) for order in left], cores=cores_here()),
            )
        return True

    def _can_travel(self, order: _Order) -> bool:
        """Return whether another machine that builds the same file of the project as it is builds the same of a trial.

        A profile is on this machine, and so are the programs of another platform's toolkit; its processor may be
        another. One file comes back: where other binaries are timed too, all are built here.
        """
        job = self.job
        is_plain = order.candidate.toolkit == job.opened.toolkit and order.candidate.guide is None
        is_any = "-C target-cpu=native" not in normalise(order.plan.flags)
        return is_plain and is_any and not started_binaries(job, self.notes)

    def _build_elsewhere(self, orders: Sequence[_Order], done: int, known: int) -> bool:
        """Build on other machines what can be built there; return whether any was. What fails there says nothing."""
        elsewhere = self.session.elsewhere
        able = [order for order in orders if elsewhere and self._can_travel(order)]
        if elsewhere is None or not able:
            return False
        with self.job.console.step(f"{count_of(len(able), 'trial')} on other machines") as step:
            errands, count = list(map(_errand, able)), _counter(step, done, known)
            step.summary = self._take_all(able, lambda: elsewhere.build(self.job, self.notes, errands, count))
        return any(order.folder in self.ahead for order in able)

    def _take_all(self, orders: Sequence[_Order], build: Callable[[], Sequence[Built | None]]) -> str:
        """Build orders at once, look at what was made, and count that; return how many were built, in words."""
        began = time.monotonic()
        built = build()
        took, working = time.monotonic() - began, sum(each.seconds for each in built if each)
        for order, each in zip(orders, built, strict=True):
            if each is not None:
                self.effort.note(took * each.seconds / working)
                self.ahead[order.folder] = self._look_at(order, each), order.said
        return f"{sum(each is not None and each.ok for each in built)} built"

    def _orders(self, candidates: Iterable[Candidate]) -> Iterator[_Order]:
        """Yield what is to be built for candidates of which nothing is known, each with a target folder of its own."""
        folders: set[Path] = set()
        for candidate in candidates:
            with contextlib.suppress(Refused):
                plan = make_plan(self.job, candidate)
                folder = self._folder_of(candidate, plan)
                if folder not in folders and not not_in_force(plan) and self._known(folder) is None:
                    yield self._order(candidate, plan, folder, place=len(folders))
                    folders.add(folder)

    def _carry_out(self, order: _Order, on_end: Callable[[], None], jobserver: Jobserver) -> Built | None:
        """Build beside others; None where it cannot be started. What a failed one says is told when it is asked for."""
        cargo = dataclasses.replace(
            order.cargo, jobserver=jobserver, on_unit=lambda *_: None, on_failure=order.said.append
        )
        with contextlib.suppress(Refused):
            built = build_with(cargo, order.command, timeout_seconds=self.job.limits.build_seconds)
            on_end()
            return built
        return None

    def try_combination(self, combination: Combination) -> Trial:
        """Build and look at a combination, or return what an earlier search found of it."""
        try:
            if combination.is_guided:
                self.training.guide_for(candidate_of(self.job, combination.untrained), self.job.console.program_line)
            trial = self.try_out(candidate_of(self.job, combination), combination.label)
        except Refused as error:
            if not (combination.is_guided or combination.by_mimalloc):
                raise
            trial = Trial(
                name=combination.label, choices=[], unusual=0, settings=[], side=_UNBUILT, failure=error.found
            )
        conceded = combination.conceded(judges_here(self.job, self.notes))
        return msgspec.structs.replace(
            trial,
            choices=list(combination.ids),
            unusual=combination.unusual,
            gives_up=told(conceded),
            takes=list(in_order(conceded)),
        )

    def try_out(self, candidate: Candidate, name: str) -> Trial:
        """Do the same for any candidate, under a name."""
        plan = make_plan(self.job, candidate)
        trial = Trial(name=name, choices=[], unusual=0, settings=list(plan.settings), side=_UNBUILT)
        if refused := not_in_force(plan):
            # Its overlay would be in force where the written files are not.
            return msgspec.structs.replace(trial, failure=refused)
        folder = self._folder_of(candidate, plan)
        built = self._known(folder) or self._build(candidate, plan, folder)
        self._tell(folder)
        side, toolkit = built.side, candidate.toolkit
        if not side.built:
            side = msgspec.structs.replace(
                side, build_remark=loss_remark(lost_flags(self.job, candidate, plan.build_target))
            )
        command = toolkit.typed(build_command(self.job.project)) if toolkit.arguments else ""
        trial = msgspec.structs.replace(trial, side=side, command=command, guided=_guided(candidate, built.matched))
        return self._judged(trial, candidate, built.beside or _unmatched(built.matched))

    def _folder_of(self, candidate: Candidate, plan: Plan) -> Path:
        return self.folder / self._key(candidate, overlay(plan, candidate.triple))

    def _key(self, candidate: Candidate, text: str) -> str:
        project, toolkit, settings = self.job.project, candidate.toolkit, self.job.settings
        # Two toolchains of one version may have other standard libraries.
        compiler = [self.job.surroundings.says(toolkit.rustc, *ask) for ask in (("-vV",), ("--print", "sysroot"))]
        parts = [_FORM, self.sources, *compiler, candidate.triple, str(project.judged), text]
        parts += [*project.package_arguments, *project.selection.identity]
        parts += [own.binary for _, own in started_binaries(self.job, self.notes)]
        parts += [toolkit.cargo, *toolkit.arguments, *(f"{name}={toolkit.env[name]}" for name in sorted(toolkit.env))]
        record = self.notes.record
        commands = msgspec.json.encode((settings.startup, settings.behaviour, record.folders, record.loader))
        return hashlib.sha256("\0".join(parts).encode() + commands).hexdigest()[:24]

    def _known(self, folder: Path) -> _Kept | None:
        return self.ahead[folder][0] if folder in self.ahead else self._kept(folder)

    def _tell(self, folder: Path) -> None:
        """Tell once what a build said that was made ahead and failed."""
        said = self.ahead[folder][1] if folder in self.ahead else []
        while said:
            self.job.console.program_failed(said.pop(0))

    def _build(self, candidate: Candidate, plan: Plan, folder: Path) -> _Kept:
        """Build by the overlay and look at what was made."""
        order = self._order(candidate, plan, folder)
        built = build_with(order.cargo, order.command, timeout_seconds=self.job.limits.build_seconds)
        self.effort.note(built.seconds)
        return self._look_at(order, built)

    def _order(self, candidate: Candidate, plan: Plan, folder: Path, place: int = 0) -> _Order:
        """Write the overlay, and return how it is built, in the target folder of a place."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / _OVERLAY
        file.write_text(overlay(plan, candidate.triple), encoding="utf-8")
        say, missed = self.job.console.program_line, Missed()
        cargo = self._cargo(candidate, plan, lambda line: None if missed.takes(line) else say(line), place)
        borrow_units(self.job, cargo)
        return _Order(
            candidate=candidate,
            plan=plan,
            folder=folder,
            cargo=cargo,
            command=tuple(build_command(self.job.project, "--config", str(file))),
            missed=missed,
        )

    def _look_at(self, order: _Order, built: Built) -> _Kept:
        """Look at what was made; keep that where it would be the same another time."""
        job, candidate, plan = self.job, order.candidate, order.plan
        side, is_lasting = side_of(job.project, built), built.ok or built.fails_always
        artifact, beside = judged_file(job.project, built), ""
        if artifact is not None:
            copy = copied(artifact, order.folder)
            beside = keep_beside(job, self.notes, candidate, built, order.folder)
            wanted = wanted_in_force(job, candidate, plan)
            side = msgspec.structs.replace(
                look_at_file(side, copy),
                in_force=look_at_settings(job, order.cargo, built, order.command, wanted),
                behaviour=starts_of(job, self.notes, candidate).observe(copy),
            )
        matched = self._matched(candidate, plan, order.missed) if built.ok else None
        kept = _Kept(side=side, matched=matched, beside=beside)
        if is_lasting:
            job.sealed.write(order.folder / _KEPT, kept)
        return kept

    def _matched(self, candidate: Candidate, plan: Plan, missed: Missed) -> float | None:
        """Return how much of its profile a build found again; None without one, and where no warning could tell."""
        guide, flags = candidate.guide, normalise(plan.effective.flags)
        if guide is None or {"-A warnings", "--cap-lints allow"}.intersection(flags):
            return None
        targets = (target for member in self.job.project.members for target in member.targets)
        crates = {target.name.replace("-", "_") for target in targets if _SHIPPED.intersection(target.kind)}
        return share_matched(self.training.functions(guide), missed.names, crates)

    def _cargo(self, candidate: Candidate, plan: Plan, on_line: Callable[[str], None], place: int) -> Cargo:
        """Return what builds a trial. By a profile, it also names the functions that are not in it.

        Cargo locks the folder that it builds in: builds at once have one each, with paths of one length, since paths
        may be in what is built.
        """
        folder = self.job.builds / f"side{place:02}" if place else self.folder
        cargo = dataclasses.replace(
            cargo_of(self.job, candidate, "candidate"),
            target_directory=folder / candidate.toolkit.folder_name,
            on_line=on_line,
        )
        if candidate.guide is None:
            return cargo
        return dataclasses.replace(cargo, toolkit=with_rustflags(cargo.toolkit, plan.effective, (WARN_OF_MISSING,)))

    def _kept(self, folder: Path) -> _Kept | None:
        """Return what was kept of a trial whose binary is still there. One that cannot be read is built again."""
        with contextlib.suppress(OSError, ValueError, Refused):
            kept = self.job.sealed.read(folder / _KEPT, _Kept)
            if kept.side.artifact is None:
                return kept
            binary = Path(kept.side.artifact)
            is_there = size_and_digest(binary) == (kept.side.size_bytes, kept.side.sha256)
            return kept if is_there and binary.parent == folder else None
        return None

    def _judged(self, trial: Trial, candidate: Candidate, otherwise: str) -> Trial:
        """Judge what can be judged before anything is timed; the budget may be another than it was.

        `otherwise` is why the trial is of no use where it works, empty where it is.
        """
        side, job = trial.side, self.job
        gates: list[Gate] = []
        if side.artifact is not None:
            baseline, starts = self.notes.side("baseline"), starts_of(job, self.notes, candidate)
            twins = Twins(session=self.session)
            seen = twins.without_noise(side.behaviour, self.binary(trial), "beside", starts)
            side = msgspec.structs.replace(side, behaviour=seen)
            gates.append(judge_build(baseline, side))
            if candidate.toolkit.arguments == job.opened.toolkit.arguments:
                gates.append(judge_artifacts(baseline, side, ArtifactsWanted()))
            accepted = job.accepted(candidate) | self.offered
            gates.append(judge_linkage(baseline, side, linkage_wanted(candidate), accepted))
            gates.append(judge_behaviour(baseline, side, "native"))
            gates.append(judge_size(baseline, side, job.budget))
        return msgspec.structs.replace(trial, side=side, gates=gates, failure=_failure(side, gates) or otherwise)


def _counter(step: Step, done: int, known: int) -> Callable[[], None]:
    """Return what counts one trial more as done, and shows that; nobody knows how many there will be where 0 are."""
    numbers = itertools.count(done)

    def count() -> None:
        step.count(next(numbers), known or None, "trials")

    count()
    return count


def workshop_of(session: Session, effort: Effort | None = None) -> Workshop:
    """Return where the trials of a run are built, from its sources as they were when that was first asked."""
    session.sources = session.sources or sources_of(session.job, session.job.opened)
    return Workshop(session=session, sources=session.sources, effort=effort or Effort(), here=jobs_of(session.job))


def _errand(order: _Order) -> Errand:
    return Errand(cargo=order.cargo.without_failures, command=order.command, overlay=order.folder / _OVERLAY)


def _guided(candidate: Candidate, matched: float | None) -> str:
    """Return what a trial was built by, in words; empty where it was built without a profile."""
    guide = candidate.guide
    if guide is None:
        return ""
    found = "nobody can see how many of the project's own were" if matched is None else f"{matched:.0%} of its own were"
    ran = f"{count_of(guide.functions, 'function')} ran, {found} found again"
    return f"built by the profile of {listed(guide.trained_on)}: {ran}; {guide.path}"


def _unmatched(matched: float | None) -> str:
    if matched is None or matched >= LEAST_MATCHED:
        return ""
    return f"the profile fits too little of the build: of its own functions that ran, {matched:.0%} were found again"


def _failure(side: Side, gates: list[Gate]) -> str:
    if not side.built:
        return "; ".join(filter(None, (f"does not build: {first_error(side.build_error)}", side.build_remark)))
    if side.artifact is None:
        return "the build made no binary"
    # A library is not started, and nobody but who links a static one knows how it is linked.
    met = {"pass"} if side.kind == "bin" else {"pass", "not-applicable"}
    return "; ".join(
        f"{gate.name}: {gate.reason}" for gate in gates if gate.name in _UNUSABLE and gate.verdict not in met
    )
