"""The whole workspace: what its release and debug builds make, with and without the change, in folders of our own.

A flag that is written for a target reaches every member, every crate type and every profile, and what is judged
otherwise is one binary. Nothing more is built where the user's own command builds all members already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from burnish.cargo.build import Cargo, build_with
from burnish.cargo.targets import configured_targets
from burnish.cargo.toolkit import Toolkit
from burnish.job.plan import linkage_wanted
from burnish.job.run import Run
from burnish.judge.artifacts_gate import ArtifactsWanted, is_complete
from burnish.judge.findings import count_of
from burnish.judge.gates import judge
from burnish.model import WorkspaceBuild
from burnish.sides.products import made_by
from burnish.sides.twins import as_before

_RELEASE = ("build", "--release", "--workspace")
_DEBUG = ("build", "--workspace")
_MANIFEST = "Cargo.toml"
# The gates that can have failed before tests and benches.
_BEFORE = ("build", "artifacts", "linkage", "behaviour", "size", "startup")


def build_baseline_workspace(run: Run) -> None:
    """Build all members as they are, where the selected ones are not all."""
    if not _selects_all(run):
        cargo = run.as_opened.cargo("baseline")
        workspace = _build(run, cargo, _RELEASE, "0 baseline: cargo build --release --workspace, as it is")
        run.note_side("baseline", workspace=workspace)


def build_workspace(run: Run) -> None:
    """Build all members with the change, in release and, where a setting reaches it, in debug.

    Nothing is built where another gate has failed already.
    """
    failed = _failed_so_far(run)
    if failed:
        run.console.say(f"    the whole workspace is not built: {', '.join(failed)} failed")
        return
    wants = artifacts_wanted(run)
    if wants.workspace:
        cargo = _beside(run, run.as_opened.cargo("candidate"))
        workspace = _build(run, cargo, _RELEASE, "3 build: cargo build --release --workspace")
        run.note_side("candidate", workspace=workspace)
    if wants.debug:
        _build_debug(run)


def _failed_so_far(run: Run) -> list[str]:
    before, after = run.side("baseline"), run.side("candidate")
    verdicts = judge(
        baseline=before,
        candidate=after,
        budget=run.budget,
        wants=linkage_wanted(run.recipe, run.platform),
        mode=run.toolkit.mode,
        accepted=run.accepted,
    )
    return [gate.name for gate in verdicts if gate.verdict == "fail" and gate.name in _BEFORE]


def _build_debug(run: Run) -> None:
    """Build all members in debug by plain cargo, and as they were only where the candidate's lacks something."""
    plain = Toolkit(triple=run.toolchain.host)
    cargo = dataclasses.replace(run.cargo("candidate"), toolkit=plain)
    debug = _build(run, _beside(run, cargo), _DEBUG, "3 build: cargo build --workspace")
    run.note_side("candidate", debug=debug)
    if is_complete(run.side("baseline"), debug):
        return
    cargo = dataclasses.replace(run.as_opened.cargo("baseline"), toolkit=plain)
    with as_before(run):
        before = _build(run, cargo, _DEBUG, "0 baseline: cargo build --workspace, as it was")
    run.note_side("baseline", debug=before)


def artifacts_wanted(run: Run) -> ArtifactsWanted:
    """Return which builds are to be compared. Without an applied change there is none to compare with."""
    is_same = run.toolkit.arguments == run.as_opened.toolkit.arguments
    if run.report.candidate is None or run.live_change() is None:
        return ArtifactsWanted(selected=is_same)
    # Where another gate has failed for certain no further build was made, and the change is not kept whatever it gives.
    if failed := _failed_so_far(run):
        return ArtifactsWanted(selected=is_same, note=f"no further build was made, since {', '.join(failed)} failed")
    debug = _reaches_debug(run)
    return ArtifactsWanted(
        selected=is_same,
        workspace=not (is_same and _selects_all(run)),
        debug=debug,
        note="" if debug else "no setting of these reaches debug builds",
    )


def _selects_all(run: Run) -> bool:
    return {package.id for package in run.project.selected} == {package.id for package in run.project.members}


def _reaches_debug(run: Run) -> bool:
    """Return whether what is written is more than a profile, and for a target that plain `cargo build` builds for."""
    if all(edit.path == _MANIFEST for edit in run.report.edits):
        return False
    host = run.toolchain.host
    built_for = configured_targets(run.machine.layers, run.programs.env, host) or (host,)
    names_target = any(setting.where == "[build]" for setting in run.report.recipe.settings)
    return names_target or run.triple in built_for


def _beside(run: Run, cargo: Cargo) -> Cargo:
    """Build in a folder of our own: the workspace's features may make another file of the user's binary."""
    return dataclasses.replace(cargo, target_directory=run.project.target_directory / "burnish" / "workspace")


def _build(run: Run, cargo: Cargo, command: Sequence[str], title: str) -> WorkspaceBuild:
    """Build all members; where that fails, all that can be built of the rest, to know what exactly is lost."""
    with run.console.step(title) as step:
        built = build_with(cargo, command, timeout_seconds=run.limits.build_seconds)
        if not built.ok and not built.timed_out:
            rest = build_with(cargo, [*command, "--keep-going"], timeout_seconds=run.limits.build_seconds)
            built = dataclasses.replace(built, products=(*built.products, *rest.products))
        made = made_by(run.project, built)
        step.summary = count_of(len(made), "artifact") if built.ok else "does not complete"
    return WorkspaceBuild(
        command=list(built.command), seconds=built.seconds, built=built.ok, error=built.errors, artifacts=made
    )
