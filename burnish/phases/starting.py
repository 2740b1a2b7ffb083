"""Starting the binary: how long its start-up takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from burnish.job.binaries import startups_beside
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.judge.budget import Budget
from burnish.judge.startup_gate import is_out_of_reach, is_shown_slower, judge_out_of_reach, needs_more_rounds
from burnish.measure.command import Command
from burnish.measure.conditions import condition_warnings, read_conditions
from burnish.measure.evidence import count_page_faults
from burnish.measure.floor import FloorBinary
from burnish.measure.rounds import RoundsPlan
from burnish.measure.startup import (
    Startups,
    measure_startup,
    measure_twice_if_doubted,
    measure_until_decided,
    summarise,
    with_ratio,
)
from burnish.model import SIDES, Gate, SideName, Startup, Timing
from burnish.sides.side import lay_out_anew
from burnish.sides.starts import floor_of, observe_side, starts_of, startup_command, timer_of
from burnish.sides.twins import Twins
from burnish.system.console import Step
from burnish.text import format_seconds

_FLOOR_LOOKS = 5
_FLOOR_ROUNDS = 5
# A start takes about a millisecond.
_FLOOR_RUNS = 100
_FLOOR_PAUSE_SECONDS = 2.0


def judge_floor(job: Job, notes: Notebook) -> Gate | None:
    """Return the verdict on the start-up where no program could meet the budget's limit here: the floor misses it.

    It is looked at again and again before it is believed, for a machine may be busy for a moment.
    """
    is_timed = job.project.binary is not None and job.opened.toolkit.mode == "native"
    floor = floor_of(job) if is_timed and job.budget.max_startup_seconds is not None else None
    if floor is None:
        return None
    with job.console.step("0 baseline: the floor, which is this machine's smallest process") as step:
        timing = _floor_that_meets(job, notes, floor, step)
        misses = is_out_of_reach(timing, job.budget)
        step.summary = f"{format_seconds(timing.mean_seconds)}{', more than the limit' if misses else ''}"
    return judge_out_of_reach(timing, job.budget) if misses else None


def _floor_that_meets(job: Job, notes: Notebook, floor: FloorBinary, step: Step) -> Timing:
    """Time the floor until it meets the budget's limit, or has not for several times."""
    timer = replace(timer_of(job, notes, runs=_FLOOR_RUNS), what="smallest process")
    command = Command(argv=(str(floor.path),), cwd=job.project.root)
    for look in range(_FLOOR_LOOKS):
        if look:
            step.update(f"look {look + 1} of {_FLOOR_LOOKS}")
            time.sleep(_FLOOR_PAUSE_SECONDS)
        rounds = measure_startup({"alone": command}, timer, floor=None, rounds=_FLOOR_ROUNDS, on_round=_unseen)
        timing = summarise(command.argv, rounds.sides["alone"].raw)
        if not is_out_of_reach(timing, job.budget):
            break
    return timing


def _unseen(_done: int, _planned: int) -> None:
    """Tell nothing of rounds that take no time."""


def measure_starts(session: Session, candidate: Candidate) -> None:
    """Observe the behaviour of both sides, and time their start-up and the floor's in rotating rounds."""
    job, notes = session.job, session.notes
    if not job.project.may_be_started:
        job.console.say("==> 4 measure: there is no binary to measure", "title")
        return
    if not notes.built_sides:
        notes.side("baseline")
    for name in notes.built_sides:
        observe_side(job, notes, candidate, name)
    _leave_out_noise(session, candidate)
    time_starts(job, notes, candidate)


def time_starts(job: Job, notes: Notebook, candidate: Candidate, names: Sequence[SideName] = ()) -> None:
    """Time the start-up of the sides that were observed, or of some of them, and the floor's, in rotating rounds."""
    names = names or notes.built_sides
    if candidate.toolkit.mode != "native":
        job.console.say(f"==> 4 measure: start-up is not timed: {candidate.toolkit.mode}", "title")
        return
    if unloaded := notes.side(names[0]).unloaded:
        job.console.say(f"==> 4 measure: the library is {unloaded}", "title")
        return
    changed = ends_otherwise(notes, names)
    if changed:
        notes.warn(f"the start-up was not timed: {changed}")
        return
    what, alone = ("load time", "the library") if notes.record.loader else ("start-up", "the binary")
    sides = "both sides" if len(names) > 1 else alone
    with job.console.step(f"4 measure: {what}, {sides} and the floor in rotating rounds") as step:
        measured = _time(job, notes, candidate, names, step.count_rounds)
        step.summary = _seen(next(iter(measured.sides.values())))


def _leave_out_noise(session: Session, candidate: Candidate) -> None:
    """Name in the candidate's behaviour what two builds of the baseline differ in too."""
    notes, side = session.notes, session.notes.report.candidate
    if side is not None and side.behaviour and {*SIDES} == {*notes.built_sides}:
        twins, starts = Twins(session=session), starts_of(session.job, notes, candidate)
        seen = twins.without_noise(side.behaviour, notes.copy("candidate"), "edited", starts)
        notes.note_side("candidate", behaviour=seen)


def _seen(startup: Startup) -> str:
    counted = startup.evidence is not None and startup.evidence.instructions is not None
    uncounted = "" if counted else "; this machine gives no count of instructions"
    anew = "; measured anew, since a first measurement found the candidate slower" if startup.measured > 1 else ""
    return f"{startup.rounds} rounds of {startup.runs} runs each{anew}{uncounted}"


def ends_otherwise(notes: Notebook, names: Sequence[SideName]) -> str:
    """Return how the candidate's start-up command ends where it does not end as the baseline's: that is no start-up."""
    endings = {(seen.timed_out, seen.exit_status) for seen in (notes.side(name).behaviour[0] for name in names)}
    return "" if len(endings) <= 1 else "the start-up command ends otherwise than in the baseline"


def _time(
    job: Job, notes: Notebook, candidate: Candidate, names: Sequence[SideName], on_round: Callable[[int, int], None]
) -> Startups:
    """Time the sides until the budget's limits are shown or refuted, and note what was found."""
    commands: dict[str, Command] = {
        name: startup_command(job, notes, candidate, notes.copy(name), names[0]) for name in names
    }
    before, beside = read_conditions(), startups_beside(notes)

    def lay_out() -> None:
        for name in names:
            lay_out_anew(notes.copy(name))

    measured = measure_twice_if_doubted(
        lambda: _measure(job, notes, commands, beside, on_round),
        lambda sides: len(sides) > 1 and _asks(job, sides, beside, is_shown_slower),
        lay_out,
    )
    notes.warn_of_startup([*measured.warnings, *condition_warnings(before, read_conditions())])
    for name in names:
        notes.note_side(name, startup=_with_beside(_with_evidence(job, commands[name], measured, name), beside))
    return measured


def _measure(
    job: Job, notes: Notebook, commands: Mapping[str, Command], beside: int, on_round: Callable[[int, int], None]
) -> Startups:
    settings = job.settings.startup
    return measure_until_decided(
        commands,
        timer_of(job, notes, runs=settings.runs),
        floor=floor_of(job, notes.record.loader),
        plan=RoundsPlan(rounds=settings.rounds, max_rounds=settings.max_rounds, max_seconds=settings.max_seconds),
        is_undecided=lambda sides: _asks(job, sides, beside, needs_more_rounds),
        on_round=on_round,
        clock=job.console.clock,
    )


def _with_beside(startup: Startup, beside: int) -> Startup:
    return msgspec.structs.replace(startup, beside=beside)


def _asks(
    job: Job, sides: Mapping[str, Startup], beside: int, question: Callable[[Startup, Startup, Budget], bool]
) -> bool:
    """Return the answer to a question of what the budget asks; a side alone stands for both."""
    first, *others = (_with_beside(each, beside) for each in sides.values())
    return question(first, others[0] if others else first, job.budget)


def _with_evidence(job: Job, command: Command, measured: Startups, name: SideName) -> Startup:
    """Add what is seen beside the timed runs: page faults, and the candidate's ratio to the baseline."""
    startup = measured.sides[name]
    faults = count_page_faults(command, job.programs, job.limits.command_seconds)
    if startup.evidence is not None:
        startup = msgspec.structs.replace(
            startup, evidence=msgspec.structs.replace(startup.evidence, page_faults=faults)
        )
    baseline = measured.sides.get("baseline")
    return with_ratio(startup, baseline) if baseline is not None and name == "candidate" else startup
