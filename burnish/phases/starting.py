"""Starting the binary: how long its start-up takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from burnish.job.run import Run, SideName
from burnish.judge.startup_gate import needs_more_rounds
from burnish.measure.command import Command
from burnish.measure.conditions import condition_warnings, read_conditions
from burnish.measure.evidence import count_page_faults
from burnish.measure.floor import FloorBinary, find_floor
from burnish.measure.hyperfine import Timer, find_hyperfine
from burnish.measure.rounds import Plan
from burnish.measure.startup import Startups, measure_until_decided, with_ratio
from burnish.model import Startup
from burnish.sides.starts import observe_side, startup_command
from burnish.sides.twins import leave_out_noise


def measure(run: Run) -> None:
    """Observe the behaviour of both sides, and time their start-up and the floor's in rotating rounds."""
    if run.project.binary is None:
        run.console.say("==> 4 measure: there is no binary to measure", "title")
        return
    if not run.built_sides():
        run.side("baseline")
    for name in run.built_sides():
        observe_side(run, name)
    leave_out_noise(run)
    if run.toolkit.mode != "native":
        run.console.say(f"==> 4 measure: start-up is not timed: {run.toolkit.mode}", "title")
        return
    changed = _ends_otherwise(run)
    if changed:
        run.warn(f"the start-up was not timed: {changed}")
        return
    with run.console.step("4 measure: start-up, both sides and the floor in rotating rounds") as step:
        measured = _time(run, lambda done, planned: step.update(f"round {done} of {planned}"))
        step.summary = _seen(next(iter(measured.sides.values())))


def _seen(startup: Startup) -> str:
    counted = startup.evidence is not None and startup.evidence.instructions is not None
    uncounted = "" if counted else "; this machine gives no count of instructions"
    return f"{startup.rounds} rounds of {startup.runs} runs each{uncounted}"


def _ends_otherwise(run: Run) -> str:
    """Say how the candidate's start-up command ends where it does not end as the baseline's: that is no start-up."""
    endings = {
        (seen.timed_out, seen.exit_status) for seen in (run.side(name).behaviour[0] for name in run.built_sides())
    }
    return "" if len(endings) <= 1 else "the start-up command ends otherwise than in the baseline"


def _time(run: Run, on_round: Callable[[int, int], None]) -> Startups:
    """Time both sides until the budget's limits are shown or refuted, and note what was found."""
    settings = run.resolved.settings.startup
    commands: dict[str, Command] = {name: startup_command(run, run.copy(name)) for name in run.built_sides()}
    before = read_conditions()
    measured = measure_until_decided(
        commands,
        timer_of(run, runs=settings.runs),
        floor=floor_of(run),
        plan=Plan(rounds=settings.rounds, max_rounds=settings.max_rounds, max_seconds=settings.max_seconds),
        is_undecided=lambda sides: _is_undecided(run, sides),
        on_round=on_round,
        clock=run.console.clock,
    )
    emulated = run.report.platform.mode == "emulated"
    conditions = condition_warnings(before, read_conditions(), emulated=emulated)
    run.warn_of_startup([*measured.warnings, *conditions])
    for name in run.built_sides():
        run.note_side(name, startup=_with_evidence(run, commands[name], measured, name))
    return measured


def _is_undecided(run: Run, sides: Mapping[str, Startup]) -> bool:
    """Say whether more rounds could still show or refute what the budget asks; a side alone stands for both."""
    first, *others = sides.values()
    return needs_more_rounds(first, others[0] if others else first, run.budget)


def _with_evidence(run: Run, command: Command, measured: Startups, name: SideName) -> Startup:
    """Add what is seen beside the timed runs: page faults, and the candidate's ratio to the baseline."""
    startup = measured.sides[name]
    faults = count_page_faults(command, run.programs, run.limits.command_seconds)
    if startup.evidence is not None:
        startup = msgspec.structs.replace(
            startup, evidence=msgspec.structs.replace(startup.evidence, page_faults=faults)
        )
    baseline = measured.sides.get("baseline")
    return with_ratio(startup, baseline) if baseline is not None and name == "candidate" else startup
