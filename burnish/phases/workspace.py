"""The whole workspace: what its release and debug builds make, with and without the change, in folders of our own.

A flag that is written for a target reaches every member, every crate type and every profile, and what is judged
otherwise is one binary. Nothing more is built where the user's own command builds all members already.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
from pathlib import Path

from burnish.cargo.build import Cargo, build_with
from burnish.cargo.command_lines import workspace_command
from burnish.cargo.targets import configured_targets
from burnish.cargo.tests.outputs import lent_outputs
from burnish.cargo.toolkit import Toolkit
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge.artifacts_gate import ArtifactsWanted, is_complete
from burnish.judge.findings import count_of
from burnish.judge.gates import judge_gates
from burnish.model import WorkspaceBuild
from burnish.sides.products import made_by
from burnish.sides.sharing import borrow_units
from burnish.sides.side import cargo_of
from burnish.transaction.journal import PATHS

# What is written there reaches no debug build.
_OF_NO_TARGET = {PATHS["manifest"], PATHS["pin"]}
# The gates that can have failed before tests and benches.
_BEFORE = ("build", "artifacts", "linkage", "behaviour", "size", "startup", "workloads")


def build_baseline_workspace(job: Job, notes: Notebook) -> None:
    """Build all members as they are, where the selected ones are not all."""
    if not selects_all(job):
        cargo = cargo_of(job, job.opened, "baseline")
        workspace = _build(job, cargo, f"0 baseline: {_told(job)}, as it is")
        notes.note_side("baseline", workspace=workspace)


def build_workspace(session: Session, candidate: Candidate) -> None:
    """Build all members with the change, in release and, where a setting reaches it, in debug.

    Nothing is built where another gate has failed already.
    """
    job, notes = session.job, session.notes
    failed = failed_so_far(job, notes, candidate)
    if failed:
        job.console.say(f"    the whole workspace is not built: {', '.join(failed)} failed")
        return
    wants = artifacts_wanted(session, candidate)
    if wants.workspace:
        cargo = _beside(job, cargo_of(job, job.opened, "candidate"))
        workspace = _build(job, cargo, f"3 build: {_told(job)}")
        notes.note_side("candidate", workspace=workspace)
    if wants.debug:
        _build_debug(session, candidate)


def failed_so_far(job: Job, notes: Notebook, candidate: Candidate) -> list[str]:
    """Return the names of the gates that have failed for certain, of those that need neither tests nor benches.

    None has where all gates are asked for.
    """
    if job.options.all_gates:
        return []
    before, after = notes.side("baseline"), notes.side("candidate")
    verdicts = judge_gates(
        baseline=before,
        candidate=after,
        budget=job.budget,
        wants=linkage_wanted(candidate),
        mode=candidate.toolkit.mode,
        accepted=job.accepted(candidate),
        artifacts=ArtifactsWanted(selected=candidate.toolkit.arguments == job.opened.toolkit.arguments),
    )
    return [gate.name for gate in verdicts if gate.verdict == "fail" and gate.name in _BEFORE]


def _build_debug(session: Session, candidate: Candidate) -> None:
    """Build all members in debug by plain cargo, and as they were only where the candidate's lacks something."""
    job, notes = session.job, session.notes
    plain = Toolkit(triple=job.surroundings.host)
    cargo = dataclasses.replace(cargo_of(job, candidate, "candidate"), toolkit=plain)
    debug = _build(job, _beside(job, cargo), "3 build: cargo build --workspace", debug=True)
    notes.note_side("candidate", debug=debug)
    if is_complete(notes.side("baseline"), debug):
        return
    cargo = dataclasses.replace(cargo_of(job, job.opened, "baseline"), toolkit=plain)
    with session.as_before():
        before = _build(job, cargo, "0 baseline: cargo build --workspace, as it was", debug=True)
    notes.note_side("baseline", debug=before)


def artifacts_wanted(session: Session, candidate: Candidate) -> ArtifactsWanted:
    """Return which builds are to be compared. Without an applied change there is none to compare with."""
    job, notes = session.job, session.notes
    is_same = candidate.toolkit.arguments == job.opened.toolkit.arguments
    if notes.report.candidate is None or session.live() is None:
        return ArtifactsWanted(selected=is_same)
    # Where another gate has failed for certain no further build was made, and the change is not kept whatever it gives.
    if failed := failed_so_far(job, notes, candidate):
        return ArtifactsWanted(selected=is_same, note=f"no further build was made, since {', '.join(failed)} failed")
    debug = _reaches_debug(job, notes, candidate)
    return ArtifactsWanted(
        selected=is_same,
        workspace=not (is_same and selects_all(job)),
        debug=debug,
        note="" if debug else "no setting of these reaches debug builds",
    )


def selects_all(job: Job) -> bool:
    """Return whether the user's own `cargo build` builds all members."""
    return {package.id for package in job.project.selected} == {package.id for package in job.project.members}


def _reaches_debug(job: Job, notes: Notebook, candidate: Candidate) -> bool:
    """Return whether what is written is more than a profile, and for a target that plain `cargo build` builds for."""
    if {edit.path for edit in notes.report.edits} <= _OF_NO_TARGET:
        return False
    host = job.surroundings.host
    built_for = configured_targets(job.surroundings.layers, job.programs.env, host) or (host,)
    names_target = any(setting.where == "[build]" for setting in notes.report.recipe.settings)
    return names_target or candidate.triple in built_for


def _beside(job: Job, cargo: Cargo) -> Cargo:
    """Build in a folder of our own: the workspace's features may make another file of the user's binary."""
    return dataclasses.replace(cargo, target_directory=_folder_beside(job))


def _folder_beside(job: Job) -> Path:
    return job.builds / "workspace"


def members_beside(job: Job, notes: Notebook, candidate: Candidate) -> contextlib.AbstractContextManager[None]:
    """Lay what the candidate's build of all members made beside its own files while tests run, as the baseline's lies.

    A test may open a library of another member, which the user's own `cargo build` need not build.
    """
    side = notes.side("candidate")
    target = job.own_target(candidate, "candidate") or job.project.target_directory
    folder = (job.project.root / side.artifact).parent if side.artifact else None
    if side.workspace is None or folder is None or not folder.is_relative_to(target):
        return contextlib.nullcontext()
    names = {part.name for part in side.workspace.artifacts} - {part.name for part in side.artifacts}
    return lent_outputs(job.project, folder, _folder_beside(job) / folder.relative_to(target), names)


def _told(job: Job) -> str:
    return shlex.join(["cargo", "build", *job.project.selection.profile_arguments, "--workspace"])


def _build(job: Job, cargo: Cargo, title: str, *, debug: bool = False) -> WorkspaceBuild:
    """Build all members; where that fails, all that can be built of the rest, to know what exactly is lost."""
    command = workspace_command(job.project, debug=debug)
    borrow_units(job, cargo)
    with job.console.step(title) as step:
        built = build_with(cargo, command, timeout_seconds=job.limits.build_seconds)
        if not built.ok and not built.timed_out:
            rest = build_with(
                cargo.without_failures, [*command, "--keep-going"], timeout_seconds=job.limits.build_seconds
            )
            built = dataclasses.replace(built, products=(*built.products, *rest.products))
        made = made_by(job.project, built)
        step.summary = count_of(len(made), "artifact") if built.ok else "does not complete"
    return WorkspaceBuild(
        command=list(built.command), seconds=built.seconds, built=built.ok, error=built.errors, artifacts=made
    )
