"""Trials: one candidate built beside the project, by an overlay, in a target folder of the trials' own."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.cargo.build import build_with
from burnish.cargo.diagnostics import first_error
from burnish.concessions import Concession, in_order, told
from burnish.errors import Refused
from burnish.job.host_flags import loss_remark, lost_flags
from burnish.job.plan import Plan, linkage_wanted, make_plan, not_in_force, wanted_in_force
from burnish.job.run import Run
from burnish.judge.artifacts_gate import ArtifactsWanted, judge_artifacts
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.gates import judge_build, judge_size
from burnish.judge.linkage_gate import judge_linkage
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Gate, Side, Trial
from burnish.phases.building import side_of
from burnish.sides.starts import observe_binary
from burnish.sides.recording import look_at_settings
from burnish.sides.twins import without_noise
from burnish.platforms.finding import make_ready
from burnish.search.choices import Candidate
from burnish.search.overlay import overlay
from burnish.search.views import view_of

_UNUSABLE = ("build", "artifacts", "linkage", "behaviour")
_UNBUILT = Side(command=[], build_seconds=0.0, built=False)
# What is kept of a trial: one that was kept in another form is built again.
_FORM = "4"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where trials are built and kept: `sources` is the digest of what they are built from.

    `offered` are concessions that a trial may take though they are not accepted: to see what they would buy.
    """

    run: Run
    sources: str
    offered: frozenset[Concession] = frozenset()

    @property
    def folder(self) -> Path:
        """Give the folder of all trials."""
        return self.run.project.target_directory / "burnish" / "trials"

    def binary(self, trial: Trial) -> Path:
        """Give the file of a trial that works."""
        return Path(trial.side.artifact or "")

    def try_out(self, candidate: Candidate, on_line: Callable[[str], None]) -> Trial:
        """Build and look at a candidate, or give what an earlier search found of it."""
        trial = self.try_view(view_of(self.run, candidate), candidate.label, on_line)
        conceded = candidate.conceded(self.run.measured)
        return msgspec.structs.replace(
            trial,
            choices=list(candidate.ids),
            unusual=candidate.unusual,
            gives_up=told(conceded),
            takes=list(in_order(conceded)),
        )

    def try_view(self, run: Run, name: str, on_line: Callable[[str], None]) -> Trial:
        """Do the same for a run's recipe, under a name."""
        plan = make_plan(run)
        if refused := not_in_force(plan):
            # Its overlay would be in force where the written files are not.
            settings = list(plan.settings)
            return Trial(name=name, choices=[], unusual=0, settings=settings, side=_UNBUILT, failure=refused)
        text = overlay(plan, run.triple)
        folder = self.folder / self._key(run, text)
        trial = self._read(folder / "trial.json")
        if trial is None:
            side, is_lasting = self._build(run, plan, folder, on_line)
            trial = Trial(name=name, choices=[], unusual=0, settings=list(plan.settings), side=side)
            if is_lasting:
                self.run.sealed.write(folder / "trial.json", trial)
        if not trial.side.built:
            remark = loss_remark(lost_flags(run, plan.build_target))
            trial = msgspec.structs.replace(trial, side=msgspec.structs.replace(trial.side, build_remark=remark))
        toolkit = run.toolkit
        command = toolkit.typed(["build", "--release", *run.project.selection]) if toolkit.arguments else ""
        return self._judged(msgspec.structs.replace(trial, name=name, command=command), run)

    def _key(self, run: Run, text: str) -> str:
        project, toolkit = run.project, run.toolkit
        rustc = run.machine.says(toolkit.rustc, "-vV")
        parts = [_FORM, self.sources, rustc, run.triple, *project.selection, str(project.binary), text]
        parts += [toolkit.cargo, *toolkit.arguments, *(f"{name}={toolkit.env[name]}" for name in sorted(toolkit.env))]
        settings = self.run.resolved.settings
        commands = msgspec.json.encode((settings.startup, settings.behaviour, self.run.record.folders))
        return hashlib.sha256("\0".join(parts).encode() + commands).hexdigest()[:24]

    def _build(self, run: Run, plan: Plan, folder: Path, on_line: Callable[[str], None]) -> tuple[Side, bool]:
        """Build by the overlay, keep the binary, and say whether the answer would be the same another time."""
        folder.mkdir(parents=True, exist_ok=True)
        make_ready(run.machine, run.platform, run.toolkit)
        file = folder / "overlay.toml"
        file.write_text(overlay(plan, run.triple), encoding="utf-8")
        cargo = dataclasses.replace(run.cargo("candidate"), target_directory=self.folder / run.triple, on_line=on_line)
        command = ["build", "--release", *run.project.selection, "--config", str(file)]
        built = build_with(cargo, command, timeout_seconds=run.limits.build_seconds)
        side = side_of(run.project, built)
        artifact = built.binary(run.project) if built.ok else None
        if artifact is None:
            return side, built.ok or built.fails_always
        copy = folder / artifact.name
        shutil.copy2(artifact, copy)
        size_bytes, sha256 = size_and_digest(copy)
        looked_at = msgspec.structs.replace(
            side,
            artifact=str(copy),
            size_bytes=size_bytes,
            sha256=sha256,
            linkage=read_linkage(copy),
            in_force=look_at_settings(run, cargo, built, command, wanted_in_force(run, plan)),
        )
        return msgspec.structs.replace(looked_at, behaviour=observe_binary(run, copy)), True

    def _read(self, path: Path) -> Trial | None:
        """Read a trial whose binary is still there. One that cannot be read is built again."""
        with contextlib.suppress(OSError, ValueError, Refused):
            trial = self.run.sealed.read(path, Trial)
            side = trial.side
            binary = Path(side.artifact or path)
            is_there = side.artifact is None or size_and_digest(binary) == (side.size_bytes, side.sha256)
            return trial if is_there and binary.parent == path.parent else None
        return None

    def _judged(self, trial: Trial, run: Run) -> Trial:
        """Judge what can be judged before anything is timed; the budget may be another than it was."""
        side = trial.side
        gates: list[Gate] = []
        if side.artifact is not None:
            baseline = self.run.side("baseline")
            seen = without_noise(self.run, side.behaviour, self.binary(trial), "beside", view=run)
            side = msgspec.structs.replace(side, behaviour=seen)
            gates.append(judge_build(baseline, side))
            if run.toolkit.arguments == self.run.as_opened.toolkit.arguments:
                gates.append(judge_artifacts(baseline, side, ArtifactsWanted()))
            wants = linkage_wanted(run.recipe, run.platform)
            gates.append(judge_linkage(baseline, side, wants, self.run.accepted | self.offered))
            gates.append(judge_behaviour(baseline, side, "native"))
            gates.append(judge_size(baseline, side, run.budget))
        return msgspec.structs.replace(trial, side=side, gates=gates, failure=_failure(side, gates))


def _failure(side: Side, gates: list[Gate]) -> str:
    if not side.built:
        return "; ".join(filter(None, (f"does not build: {first_error(side.build_error)}", side.build_remark)))
    if side.artifact is None:
        return "the build made no binary"
    return "; ".join(
        f"{gate.name}: {gate.reason}" for gate in gates if gate.name in _UNUSABLE and gate.verdict != "pass"
    )
