"""Checking the project as it stands: built, measured and judged, and nothing of it changed."""

from __future__ import annotations

import msgspec

from burnish.cargo.command_lines import build_command
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.pin import selecting
from burnish.job.plan import make_plan, not_in_force, wanted_in_force
from burnish.job.wanted import linkage_wanted
from burnish.judge.absolute import absolute_only, limits_left_out, told_left_out
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.gates import judge_build, judge_size
from burnish.judge.linkage_gate import LinkageWanted, judge_linkage
from burnish.judge.startup_gate import judge_startup
from burnish.judge.tests_gate import judge_suite
from burnish.judge.workloads_gate import judge_workloads
from burnish.measure.hyperfine import find_hyperfine
from burnish.model import Check, Gate, Report, VerdictName, overall
from burnish.phases.baseline import require_built
from burnish.phases.judging import selection_in
from burnish.phases.starting import time_starts
from burnish.phases.testing import require_runner, test_alone
from burnish.phases.working import measure_workloads, see_workloads
from burnish.search.judged_file import recall_judged, remember_judged
from burnish.search.kept import KeptRecipe
from burnish.sides.recording import look_at_settings
from burnish.sides.side import build_side, cargo_of
from burnish.sides.starts import observe_side
from burnish.sides.workloads import workloads_here


def require_ready(job: Job) -> None:
    """Raise Refused for what would fail later: a program that times, or runs tests, is not there."""
    if job.project.binary is not None:
        find_hyperfine(job.programs, job.surroundings.scripts)
    if job.options.tests:
        require_runner(job)


def build_project(job: Job, notes: Notebook, kept: KeptRecipe) -> None:
    """Build the project as it stands, and see whether the recipe that it holds is in force."""
    told = job.project.selection.told("build")
    built = build_side(job, notes, kept.candidate, "baseline", f"check: {told}, as it stands")
    require_built(job, kept.candidate, built, "as it stands", "to complete")
    if kept.lacking:
        notes.warn(kept.lacking)
    if kept.name:
        plan = make_plan(job, kept.candidate)
        notes.describe(kept.candidate, [], plan.settings)
        with job.console.step("check: how cargo called rustc") as step:
            wanted, cargo = wanted_in_force(job, kept.candidate, plan), cargo_of(job, kept.candidate, "baseline")
            found = look_at_settings(job, cargo, built, build_command(job.project), wanted)
            step.summary = found.unknown or f"{found.settings} settings in {found.packages} packages"
        edited = [f"{edit.name} does not hold the recipe {kept.name} any more" for edit in plan.edits]
        causes = [*edited, *filter(None, [not_in_force(plan)])]
        notes.note_side("baseline", in_force=msgspec.structs.replace(found, causes=causes))


def measure_project(job: Job, notes: Notebook, kept: KeptRecipe) -> None:
    """Start the binary with each listed command, and time its start-up and the workloads."""
    if job.project.binary is None:
        return
    observe_side(job, notes, kept.candidate, "baseline")
    see_workloads(job, notes)
    time_starts(job, notes, kept.candidate)
    measure_workloads(job, notes, kept.candidate)


def test_project(job: Job, notes: Notebook, kept: KeptRecipe) -> None:
    """Run the tests of the project as it stands."""
    test_alone(job, notes, kept.candidate, "baseline")


def judge_project(job: Job, notes: Notebook, kept: KeptRecipe) -> VerdictName:
    """Judge the project as it stands by the limits that need no other build, and return the verdict."""
    side, mode = notes.side("baseline"), kept.candidate.toolkit.mode
    budget = absolute_only(job.budget)
    wants = linkage_wanted(kept.candidate) if kept.name else LinkageWanted()
    workloads = [workload.name for workload in workloads_here(job)]
    gates = [
        judge_build(side, side),
        judge_linkage(side, side, wants, job.accepted(kept.candidate)),
        judge_behaviour(side, side, mode),
        judge_size(side, side, budget),
        judge_startup(side, side, budget, mode),
        judge_workloads(side, side, budget, mode, workloads),
        judge_suite(side, budget, mode),
    ]
    left_out = limits_left_out(job.budget, gates)
    gates = [told_left_out(gate, left_out.get(gate.name, [])) for gate in gates]
    check = Check(kept=kept.name, left_out=[key for keys in left_out.values() for key in keys])
    notes.note(gates=gates, check=check)
    return overall(gates)


def remember_checked(job: Job, notes: Notebook, kept: KeptRecipe) -> None:
    """Remember the file that was judged, unless another selection of the project is what is kept."""
    known = recall_judged(job.sealed, job.state)
    if known is None or known.options == selecting(job.options):
        remember_judged(job, notes, kept.candidate, "baseline")


def next_after_check(report: Report) -> str:
    """Return the command to type after a check that was not met."""
    unmet = [gate for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if any(map(_is_not_in_force, unmet)):
        return "burnish doctor, which names what beats the settings; then burnish check"
    if any(gate.name == "tests" for gate in unmet):
        return selection_in(report).told("test")
    if all(gate.verdict == "inconclusive" for gate in unmet):
        return "burnish check, when the machine has less to do"
    return "burnish optimize, which looks for settings that meet the budget"


def _is_not_in_force(gate: Gate) -> bool:
    return gate.name == "build"
