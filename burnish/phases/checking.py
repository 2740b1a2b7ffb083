"""Checking the project as it stands: built, measured and judged, and nothing of it changed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from burnish.cargo.benches.bench import sort_benches
from burnish.cargo.command_lines import build_command
from burnish.job.binaries import others, started_others
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.pin import selecting
from burnish.job.plan import make_plan, not_in_force, wanted_in_force
from burnish.job.wanted import linkage_wanted
from burnish.judge.absolute import limits_left_out, told_left_out
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.benches_gate import judge_benches, unbenched
from burnish.judge.findings import clipped, listed, names_of, unknown
from burnish.judge.gates import judge_build
from burnish.judge.linkage_gate import LinkageWanted, judge_linkage
from burnish.judge.several import joined, judge_total
from burnish.judge.tests_gate import judge_suite
from burnish.measure.hyperfine import find_hyperfine
from burnish.model import Gate, Mode, Report, Side, SideName, VerdictName, overall
from burnish.phases.baseline import require_built
from burnish.phases.benching import bench_change, bench_project
from burnish.phases.changing import judge_change, judge_numbers
from burnish.phases.comparing import Against, measure_both, note_check, reference_builds
from burnish.phases.judging import selection_in
from burnish.phases.others import observe_others
from burnish.phases.sizes_beside import judge_sizes_beside
from burnish.phases.starting import time_starts
from burnish.phases.testing import require_runner, test_alone
from burnish.phases.working import measure_workloads, see_workloads
from burnish.search.judged_file import recall_judged, remember_judged
from burnish.search.kept import KeptRecipe
from burnish.sides.recording import look_at_settings
from burnish.sides.side import build_side, cargo_of
from burnish.sides.starts import observe_side


def require_ready(job: Job) -> None:
    """Raise Refused for what would fail later: a program that times, or runs tests, is not there."""
    if job.project.may_be_started:
        find_hyperfine(job.programs, job.surroundings.scripts)
    if job.options.tests:
        require_runner(job)


def build_project(job: Job, notes: Notebook, kept: KeptRecipe, own: SideName) -> None:
    """Build the project as it stands, as its `own` side, and see whether the recipe that it holds is in force."""
    told = job.project.selection.told("build")
    built = build_side(job, notes, kept.candidate, own, f"check: {told}, as it stands")
    require_built(job, kept.candidate, built, "as it stands", "to complete")
    if kept.lacking:
        notes.warn(kept.lacking)
    if kept.name:
        plan = make_plan(job, kept.candidate)
        notes.describe(kept.candidate, [], plan.settings)
        with job.console.step("check: how cargo called rustc") as step:
            wanted, cargo = wanted_in_force(job, kept.candidate, plan), cargo_of(job, kept.candidate, own)
            found = look_at_settings(job, cargo, built, build_command(job.project), wanted)
            step.summary = found.unknown or f"{found.settings} settings in {found.packages} packages"
        edited = [f"{edit.name} does not hold the recipe {kept.name} any more" for edit in plan.edits]
        causes = [*edited, *filter(None, [not_in_force(plan)])]
        notes.note_side(own, in_force=msgspec.structs.replace(found, causes=causes))


def measure_project(job: Job, notes: Notebook, kept: KeptRecipe, against: Against | None) -> None:
    """Start the binary with each listed command, and time its start-up and the workloads, beside the reference's."""
    if not job.project.may_be_started:
        return
    if against is not None:
        measure_both(job, notes, kept.candidate, against)
        _warn_of_uncompared(job, notes)
        return
    observe_side(job, notes, kept.candidate, "baseline")
    see_workloads(job, notes)
    time_starts(job, notes, kept.candidate)
    measure_workloads(job, notes, kept.candidate)
    observe_others(job, notes)
    for other, own_notes in started_others(job, notes):
        time_starts(other, own_notes, kept.candidate)
        measure_workloads(other, own_notes, kept.candidate)


def _warn_of_uncompared(job: Job, notes: Notebook) -> None:
    names = [part.name for part in notes.report.binaries if part.kind == "bin"]
    if names:
        alone = f"`burnish check --bin {shlex.quote(names[0])}` with the same --against times one alone"
        told = (
            f"the times that are compared are those of {job.project.binary}, and of {names_of(names)} the sizes alone"
        )
        notes.warn(f"{told}: {alone}")


def test_project(job: Job, notes: Notebook, kept: KeptRecipe, own: SideName) -> None:
    """Run the tests of the project as it stands."""
    test_alone(job, notes, kept.candidate, own)


def bench_both(job: Job, notes: Notebook, kept: KeptRecipe, own: SideName, against: Against | None) -> None:
    """Run the benches of the project as it stands, beside those of the commit that it is compared with."""
    reference = notes.report.check.reference if notes.report.check else None
    builds = reference_builds(job, notes, kept.candidate, against) if against else None
    if builds is None or reference is None or reference.lacking:
        bench_project(job, notes, kept.candidate, own)
    else:
        bench_change(job, notes, kept.candidate, builds)


def judge_project(job: Job, notes: Notebook, kept: KeptRecipe, own: SideName, against: Against | None) -> VerdictName:
    """Judge the project as it stands by the limits that hold in a check, and return the verdict."""
    side, mode = notes.side(own), kept.candidate.toolkit.mode
    wants = linkage_wanted(kept.candidate) if kept.name else LinkageWanted()
    numbers = judge_change(job, notes, against, mode) if against else judge_numbers(job, side, mode)
    gates = [
        judge_build(side, side),
        judge_linkage(side, side, wants, job.accepted(kept.candidate)),
        judge_behaviour(side, side, mode),
        *numbers.gates,
        judge_suite(side, job.budget, mode),
        *_benches_judged(job, notes, side, mode),
    ]
    beside = judge_sizes_beside(job, notes, against) if against else _gates_beside(job, notes, mode)
    gates = judge_total(joined(gates, beside), _sides(job, notes, own), job.budget)
    left_out = limits_left_out(job.budget, gates, numbers.judged)
    gates = [told_left_out(gate, left_out.get(gate.name, []), numbers.why_left_out(gate.name)) for gate in gates]
    keys = [key for keys in left_out.values() for key in keys]
    notes.note(gates=gates)
    note_check(notes, kept=kept.name, left_out=keys)
    return overall(gates)


def _benches_judged(job: Job, notes: Notebook, side: Side, mode: Mode) -> list[Gate]:
    """Return the gate of the benches where they are asked for; alone they are held against what is expected of them."""
    if not job.options.benches:
        return []
    before = notes.report.baseline
    beside = before if before is not None and before is not side and before.benches else unbenched(side)
    gate = judge_benches(beside, side, job.budget, mode)
    failed = _failed_benches(job, (beside, side))
    if gate.verdict not in {"pass", "not-applicable"} or not failed or mode != "native":
        return [gate]
    told = listed([f"{clipped(name)}: {why}" for name, why in failed.items()])
    return [unknown(gate.name, gate.criterion, f"asked for, and not judged: {told}; {gate.reason}")]


def _failed_benches(job: Job, sides: Sequence[Side]) -> dict[str, str]:
    """Return which benches could not be built or run, and why; not those that are of no kind that is judged."""
    others = sort_benches(job.project)[1]
    benched = [side.benches for side in sides if side.benches]
    return {name: why for each in benched for name, why in each.not_judged.items() if name not in others}


def _gates_beside(job: Job, notes: Notebook, mode: Mode) -> dict[str, list[Gate]]:
    """Return the gates by which each other binary is held against the limits by itself, by its name."""
    started = {own.binary for _, own in started_others(job, notes)}
    return {
        own.binary: [
            gate
            for gate in judge_numbers(other, own.side("baseline"), mode).gates
            if own.binary in started or gate.name == "size"
        ]
        for other, own in others(job, notes)
    }


def _sides(job: Job, notes: Notebook, name: SideName) -> dict[str, Side]:
    """Return the side of each binary that is held against the limit of all together, by its name."""
    first = notes.side(name)
    beside = {own.binary: own.side(name) for _, own in others(job, notes)}
    return {job.project.binary or Path(first.artifact or "").name: first, **beside}


def remember_checked(job: Job, notes: Notebook, kept: KeptRecipe, own: SideName) -> None:
    """Remember the files that were judged, the `own` side's, unless another selection of the project is what is kept.

    Nor where only the first of several was judged, as against a reference: the others would be taken for judged too.
    """
    if own == "candidate" and notes.report.binaries:
        return
    known = recall_judged(job.sealed, job.state)
    if known is None or known.options == selecting(job.options):
        remember_judged(job, notes, kept.candidate, own)


def next_after_check(report: Report) -> str:
    """Return the command to type after a check that was not met."""
    unmet = [gate for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    check = report.check
    if any(map(_is_not_in_force, unmet)):
        return "burnish doctor, which names what beats the settings; then burnish check"
    if any(gate.name == "tests" for gate in unmet):
        return selection_in(report).told("test")
    failed = {gate.name for gate in unmet if gate.verdict == "fail"} or {gate.name for gate in unmet}
    if check and check.reference and check.beyond and failed <= {*check.beyond}:
        against = f"burnish check --against {shlex.quote(check.reference.name)}"
        return f'{against} --accept-growth "WHY", where that is meant; or burnish optimize'
    if check and check.reference and check.reference.lacking:
        return "burnish check --against REF, with a commit that builds"
    if all(gate.verdict == "inconclusive" for gate in unmet):
        return "burnish check, when the machine has less to do"
    return "burnish optimize, which looks for settings that meet the budget"


def _is_not_in_force(gate: Gate) -> bool:
    return gate.name == "build"
