"""Trials: one candidate built beside the project, by an overlay, in a target folder of the trials' own."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import tomlkit

from burnish.cargo.build import build_with, release_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.manifest import PROFILE
from burnish.concessions import Concession, in_order, told
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.host_flags import loss_remark, lost_flags
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan, make_plan, not_in_force, wanted_in_force
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge.artifacts_gate import ArtifactsWanted, judge_artifacts
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.gates import judge_build, judge_size
from burnish.judge.linkage_gate import judge_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Gate, Side, Trial
from burnish.search.choices import Combination
from burnish.search.picked import candidate_of
from burnish.search.sources import digest_sources
from burnish.search.space import judges_here
from burnish.sides.recording import look_at_settings
from burnish.sides.side import cargo_of, copied, look_at_file, side_of
from burnish.sides.starts import starts_of
from burnish.sides.twins import Twins
from burnish.toml.data import deep_set
from burnish.toml.spelling import split_key

_UNUSABLE = ("build", "artifacts", "linkage", "behaviour")
_UNBUILT = Side(command=[], build_seconds=0.0, built=False)
# What is kept of a trial: one that was kept in another form is built again.
_FORM = "5"
_KEPT = "side.json"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where trials are built and kept: `sources` is the digest of what they are built from.

    `offered` are concessions that a trial may take though they are not accepted: to see what they would buy.
    """

    session: Session
    sources: str
    offered: frozenset[Concession] = frozenset()

    @property
    def job(self) -> Job:
        """Return what is worked on."""
        return self.session.job

    @property
    def notes(self) -> Notebook:
        """Return what was found so far."""
        return self.session.notes

    @property
    def folder(self) -> Path:
        """Return the folder of all trials."""
        return self.job.builds / "trials"

    def binary(self, trial: Trial) -> Path:
        """Return the file of a trial that works."""
        return Path(trial.side.artifact or "")

    def try_combination(self, combination: Combination, on_line: Callable[[str], None]) -> Trial:
        """Build and look at a combination, or return what an earlier search found of it."""
        trial = self.try_out(candidate_of(self.job, combination), combination.label, on_line)
        conceded = combination.conceded(judges_here(self.job, self.notes))
        return msgspec.structs.replace(
            trial,
            choices=list(combination.ids),
            unusual=combination.unusual,
            gives_up=told(conceded),
            takes=list(in_order(conceded)),
        )

    def try_out(self, candidate: Candidate, name: str, on_line: Callable[[str], None]) -> Trial:
        """Do the same for any candidate, under a name."""
        plan = make_plan(self.job, candidate)
        trial = Trial(name=name, choices=[], unusual=0, settings=list(plan.settings), side=_UNBUILT)
        if refused := not_in_force(plan):
            # Its overlay would be in force where the written files are not.
            return msgspec.structs.replace(trial, failure=refused)
        folder = self.folder / self._key(candidate, overlay(plan, candidate.triple))
        side = self._kept_side(folder) or self._build(candidate, plan, folder, on_line)
        if not side.built:
            side = msgspec.structs.replace(
                side, build_remark=loss_remark(lost_flags(self.job, candidate, plan.build_target))
            )
        toolkit = candidate.toolkit
        command = toolkit.typed(release_command(self.job.project)) if toolkit.arguments else ""
        return self._judged(msgspec.structs.replace(trial, side=side, command=command), candidate)

    def _key(self, candidate: Candidate, text: str) -> str:
        project, toolkit, settings = self.job.project, candidate.toolkit, self.job.settings
        rustc = self.job.surroundings.says(toolkit.rustc, "-vV")
        parts = [_FORM, self.sources, rustc, candidate.triple, *project.selection, str(project.binary), text]
        parts += [toolkit.cargo, *toolkit.arguments, *(f"{name}={toolkit.env[name]}" for name in sorted(toolkit.env))]
        commands = msgspec.json.encode((settings.startup, settings.behaviour, self.notes.record.folders))
        return hashlib.sha256("\0".join(parts).encode() + commands).hexdigest()[:24]

    def _build(self, candidate: Candidate, plan: Plan, folder: Path, on_line: Callable[[str], None]) -> Side:
        """Build by the overlay and look at what was made; keep that where it would be the same another time."""
        job = self.job
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "overlay.toml"
        file.write_text(overlay(plan, candidate.triple), encoding="utf-8")
        own = self.folder / candidate.triple
        cargo = dataclasses.replace(cargo_of(job, candidate, "candidate"), target_directory=own, on_line=on_line)
        command = [*release_command(job.project), "--config", str(file)]
        built = build_with(cargo, command, timeout_seconds=job.limits.build_seconds)
        side, is_lasting = side_of(job.project, built), built.ok or built.fails_always
        artifact = built.binary(job.project) if built.ok else None
        if artifact is not None:
            copy = copied(artifact, folder)
            side = msgspec.structs.replace(
                look_at_file(side, copy),
                in_force=look_at_settings(job, cargo, built, command, wanted_in_force(job, candidate, plan)),
                behaviour=starts_of(job, self.notes, candidate).observe(copy),
            )
        if is_lasting:
            job.sealed.write(folder / _KEPT, side)
        return side

    def _kept_side(self, folder: Path) -> Side | None:
        """Return a side that was kept and whose binary is still there. One that cannot be read is built again."""
        with contextlib.suppress(OSError, ValueError, Refused):
            side = self.job.sealed.read(folder / _KEPT, Side)
            if side.artifact is None:
                return side
            binary = Path(side.artifact)
            is_there = size_and_digest(binary) == (side.size_bytes, side.sha256)
            return side if is_there and binary.parent == folder else None
        return None

    def _judged(self, trial: Trial, candidate: Candidate) -> Trial:
        """Judge what can be judged before anything is timed; the budget may be another than it was."""
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
        return msgspec.structs.replace(trial, side=side, gates=gates, failure=_failure(side, gates))


def workshop_of(session: Session) -> Workshop:
    """Return where the trials of a run are built, from its sources as they are now."""
    job = session.job
    cargo = cargo_of(job, job.opened, "candidate")
    home, limit = job.surroundings.cargo_home, job.limits.query_seconds
    return Workshop(session=session, sources=digest_sources(cargo, cargo_home=home, timeout_seconds=limit))


def _failure(side: Side, gates: list[Gate]) -> str:
    if not side.built:
        return "; ".join(filter(None, (f"does not build: {first_error(side.build_error)}", side.build_remark)))
    if side.artifact is None:
        return "the build made no binary"
    return "; ".join(
        f"{gate.name}: {gate.reason}" for gate in gates if gate.name in _UNUSABLE and gate.verdict != "pass"
    )


def overlay(plan: Plan, triple: str) -> str:
    """Return the plan as the configuration that `cargo --config FILE` takes: its effect without a touched file."""
    document: dict[str, Any] = {}
    for key, value in plan.profile.items():
        document = deep_set(document, (*PROFILE, *split_key(key)), value)
    if plan.flags:
        # Cargo does not merge a string and an array.
        flags = " ".join(plan.flags) if plan.effective.as_string else list(plan.flags)
        document["target"] = {triple: {"rustflags": flags}}
    if plan.build_target:
        document["build"] = {"target": plan.build_target}
    return tomlkit.dumps(document)
