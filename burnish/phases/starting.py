"""Starting the binary: what it gives on the listed commands, and how long its start-up takes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.judge.behaviour import seen_again
from burnish.judge.startup import needs_more_rounds
from burnish.measure.behaviour import observe
from burnish.measure.command import Command
from burnish.measure.conditions import condition_warnings, read_conditions
from burnish.measure.evidence import count_page_faults
from burnish.measure.floor import FloorBinary, find_floor
from burnish.measure.hyperfine import Timer, find_hyperfine
from burnish.measure.rounds import Plan
from burnish.measure.startup import Startups, measure_until_decided, with_ratio
from burnish.report.model import Behaviour, Startup
from burnish.run import Run, SideName
from burnish.settings import CommandSettings


def measure(run: Run) -> None:
    """Observe the behaviour of both sides, and time their start-up and the floor's in rotating rounds."""
    if run.project.binary is None:
        run.console.say("==> 4 measure: there is no binary to measure", "title")
        return
    if not run.built_sides():
        run.side("baseline")
    for name in run.built_sides():
        observe_side(run, name)
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


def timer_of(run: Run, *, runs: int) -> Timer:
    """Give the timer of a run, with so many runs in a round."""
    hyperfine = find_hyperfine(run.programs, run.scripts)
    run.note(toolchain=msgspec.structs.replace(run.report.toolchain, hyperfine=hyperfine.version))
    return Timer(
        programs=run.programs,
        hyperfine=hyperfine.path,
        folder=run.folder / "startup",
        runs=runs,
        warmup=run.resolved.settings.startup.warmup,
        timeout_seconds=run.limits.round_seconds,
    )


def floor_of(run: Run) -> FloorBinary | None:
    """Give this machine's floor, made where the builds are."""
    return find_floor(run.programs, run.project.target_directory / "burnish" / "floor")


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


def observe_side(run: Run, name: SideName) -> None:
    """Start the binary once with each listed command, and keep what it gave.

    The baseline's is started twice, to know what differs from run to run; what was seen of it before counts too.
    """
    if name not in run.record.copies or run.toolkit.mode == "link-only":
        return
    seen = observe_binary(run, run.copy(name))
    if name == "baseline":
        for observed, expected in zip(seen, _expected_statuses(run), strict=True):
            _require_loaded(run, observed, expected)
            _require_usable(observed, expected)
        for others in (observe_binary(run, run.copy(name)), run.side(name).behaviour):
            if [other.args for other in others] == [each.args for each in seen]:
                seen = list(map(seen_again, seen, others))
    run.note_side(name, behaviour=seen)


def observe_binary(run: Run, program: Path) -> list[Behaviour]:
    """Start a program once with each listed command, the start-up command first, and give what it gave."""
    commands = [_command(run, program, listed, 0) for listed in (_startup(run), *run.resolved.settings.behaviour)]
    return [observe(command, programs=run.programs, timeout_seconds=run.limits.command_seconds) for command in commands]


def _expected_statuses(run: Run) -> list[int | None]:
    """Give the exit status that each listed command was said to give; None where nobody said."""
    settings = run.resolved.settings
    startup = None if run.resolved.is_default("startup.exit_status") else settings.startup.exit_status
    return [startup, *(command.exit_status for command in settings.behaviour)]


def _require_loaded(run: Run, observed: Behaviour, expected: int | None) -> None:
    """Refuse a binary that the emulator could not load: on both sides that would look like the same behaviour."""
    cross = run.platform.cross
    if run.toolkit.runner and cross and observed.exit_status == cross.cannot_load != expected:
        raise Refused(
            f"{run.toolkit.runner[0]} gave exit status {observed.exit_status}, by which it says that it cannot load the"
            f" binary as it is: {observed.stderr_head.strip() or 'it says no more'}",
            expected="a binary that the emulator can start; a program that gives this status itself says so in its"
            " metadata, by exit_status",
            next_command=f"burnish doctor --platform {run.triple}",
        )


def _require_usable(observed: Behaviour, expected: int | None) -> None:
    """Refuse a command of the baseline that never ends, dies of a signal, or does not give what the project says."""
    words = shlex.join(observed.args)
    problem = ""
    if observed.timed_out:
        problem = f"`{words}` did not end within its time limit"
    elif observed.exit_status < 0:
        problem = f"`{words}` was ended by signal {-observed.exit_status}"
    elif expected is not None and observed.exit_status != expected:
        problem = f"`{words}` gave exit status {observed.exit_status}, where the project says {expected}"
    if problem:
        raise Refused(
            f"the binary as it is cannot be timed: {problem}",
            expected="a command that ends by itself and always the same; see [package.metadata.burnish.startup]",
            next_command="burnish optimize, after setting startup.args, stdin and exit_status",
        )


def startup_command(run: Run, program: Path) -> Command:
    """Give the timed command of a program; every run must give the exit status that the first side gave."""
    first = run.side(run.built_sides()[0])
    return _command(run, program, _startup(run), first.behaviour[0].exit_status)


def _startup(run: Run) -> CommandSettings:
    settings = run.resolved.settings.startup
    return CommandSettings(args=settings.args, stdin=settings.stdin)


def _command(run: Run, program: Path, listed: CommandSettings, exit_status: int) -> Command:
    return Command(
        argv=(str(program), *listed.args),
        cwd=run.project.root,
        stdin=listed.stdin.encode(),
        exit_status=exit_status,
        runner=run.toolkit.runner,
        env=run.toolkit.runner_env,
    )
