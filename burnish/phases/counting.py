"""Counting instructions: what the start-up and the workloads execute, on both sides in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.settings import WorkloadSettings
from burnish.judge.instructions_gate import needs_more_counts, workload_counted
from burnish.measure.command import Command
from burnish.measure.instructions import (
    VALGRIND,
    CannotCountError,
    Counter,
    CountPlan,
    KernelCounter,
    ValgrindCounter,
    count_in_rounds,
)
from burnish.measure.statistics import mean
from burnish.model import Counted, SideName
from burnish.sides.starts import startup_command, timer_of
from burnish.sides.workloads import WorkloadRuns, workloads_here
from burnish.system.console import Step

STARTUP = "start-up"


def count_instructions(job: Job, notes: Notebook, candidate: Candidate) -> None:
    """Count the instructions of the start-up on what is built, and of the workloads where the budget limits them.

    Where it does not, the kernel's count stands beside each time already, and valgrind's of the start-up costs little.
    """
    is_timed = candidate.toolkit.mode == "native" and job.project.binary is not None and bool(notes.built_sides)
    if is_timed and job.settings.instructions.max_seconds:
        _count(job, notes, candidate)
    elif is_timed and job.budget.max_instructions_ratio is not None:
        why = "instructions.max_seconds = 0 counts nothing"
        for side in notes.built_sides:
            notes.note_side(side, instructions=[Counted(name=STARTUP, failure=why)])


def _count(job: Job, notes: Notebook, candidate: Candidate) -> None:
    is_asked = job.budget.max_instructions_ratio is not None
    counter = _counter(job, notes)
    if counter is None or not (is_asked or counter.by == "valgrind"):
        return
    workloads = workloads_here(job) if is_asked else ()
    with job.console.step("4 measure: instructions") as step:
        counted = [
            _counted(job, name, _commands(job, notes, candidate, settings), counter, len(workloads) + 1, step)
            for name, settings in [(STARTUP, None), *((workload_counted(each.name), each) for each in workloads)]
        ]
        step.summary = _said(counted[0], counter)
    for side in notes.built_sides:
        notes.note_side(side, instructions=[each[side] for each in counted])


def _counter(job: Job, notes: Notebook) -> Counter | None:
    """Return what counts here: the kernel where it did so beside the times, else valgrind where it is installed."""
    startup = notes.side(notes.built_sides[0]).startup
    if startup is not None and startup.evidence is not None and startup.evidence.instructions is not None:
        return KernelCounter(timer=timer_of(job, notes, runs=1))
    valgrind = job.surroundings.which(VALGRIND)
    if valgrind is None:
        return None
    seconds = job.settings.instructions.max_seconds
    folder = notes.folder / "instructions"
    return ValgrindCounter(programs=job.programs, valgrind=valgrind, folder=folder, timeout_seconds=seconds)


def _commands(
    job: Job, notes: Notebook, candidate: Candidate, settings: WorkloadSettings | None
) -> dict[SideName, Command]:
    """Return a workload of each side, the start-up where there is none."""
    programs = {name: notes.copy(name) for name in notes.built_sides}
    if settings is None:
        return {name: startup_command(job, notes, candidate, program) for name, program in programs.items()}
    runs = WorkloadRuns(job=job, notes=notes)
    return {name: runs.command(settings, program) for name, program in programs.items()}


def _counted(
    job: Job, name: str, commands: Mapping[SideName, Command], counter: Counter, among: int, step: Step
) -> dict[SideName, Counted]:
    """Count one of so many commands on each side. Where one side cannot be counted, no side is."""
    plan, limit = job.settings.instructions, job.budget.max_instructions_ratio
    # Evidence needs no interval, and a limit cannot be judged without one.
    rounds, least = (plan.rounds, 2) if limit is not None else (1, 1)

    def is_undecided(seen: Mapping[SideName, Sequence[int]]) -> bool:
        return len(seen) > 1 and needs_more_counts(seen["baseline"], seen["candidate"], limit, among)

    try:
        runs = count_in_rounds(
            commands,
            counter,
            CountPlan(rounds=rounds, max_rounds=plan.max_rounds, max_seconds=plan.max_seconds, least=least),
            is_undecided=is_undecided,
            clock=job.console.clock,
            on_round=step.count_rounds,
        )
    except CannotCountError as error:
        return {side: Counted(name=name, by=counter.by, failure=str(error)) for side in commands}
    return {side: Counted(name=name, by=counter.by, runs=counts) for side, counts in runs.items()}


def _said(counted: Mapping[SideName, Counted], counter: Counter) -> str:
    """Return in words how many the start-up takes."""
    *_, last = counted.values()
    if last.failure:
        return f"{STARTUP} not counted: {last.failure}"
    first = next(iter(counted.values()))
    ratio = f", {mean(last.runs) / mean(first.runs):.4f} of the baseline" if len(counted) > 1 else ""
    return f"{STARTUP} {mean(last.runs):,.0f}{ratio}, counted by {counter.by}"
