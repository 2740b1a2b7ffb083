"""Observing a binary: what it gives on the listed commands, and what of it only two builds make differ."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.job.run import Run, SideName
from burnish.job.settings import CommandSettings
from burnish.judge.behaviour_gate import seen_again
from burnish.judge.findings import listed
from burnish.measure.behaviour import Output, behaviour_of, look_at
from burnish.measure.command import Command
from burnish.measure.folders import Folders, Started, choose_folder
from burnish.model import Behaviour


def observe_side(run: Run, name: SideName) -> None:
    """Start the binary once with each listed command, and keep what it gave.

    The baseline's is started twice, to know what differs from run to run; what was seen of it before counts too.
    """
    if name not in run.record.copies or run.toolkit.mode == "link-only":
        return
    if name == "baseline":
        _choose_folders(run)
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
    """Start a program once with each listed command, the start-up command first, and return what is compared of it."""
    return [behaviour_of(output) for output in outputs_of(run, program)]


def outputs_of(run: Run, program: Path) -> list[Output]:
    """Start a program in the same way, and return all that it gave."""
    return [_output_of(run, _command(run, program, each, 0)) for each in _listed(run)]


def _output_of(run: Run, command: Command) -> Output:
    return look_at(command, programs=run.programs, timeout_seconds=run.limits.command_seconds, places=run.places)


def _listed(run: Run) -> list[CommandSettings]:
    return [_startup(run), *run.resolved.settings.behaviour]


def _choose_folders(run: Run) -> None:
    """Choose once where each command is started, by the baseline's binary, and tell which of them writes files."""
    folders, program = _folders(run), run.copy("baseline")
    for settings, expected in zip(_listed(run), _expected_statuses(run), strict=True):
        if _key(settings) not in run.record.folders:
            look = functools.partial(_look_in, run, _command(run, program, settings, 0))
            started = choose_folder(folders, look, expected or 0)
            run.leave(folders={**run.record.folders, _key(settings): started.kind})
            if started.written:
                run.warn(_written_words(run, settings, started))


def _look_in(run: Run, command: Command, folder: Path) -> Output:
    return _output_of(run, dataclasses.replace(command, cwd=folder))


def _written_words(run: Run, settings: CommandSettings, started: Started) -> str:
    words, files = shlex.join([str(run.project.binary), *settings.args]), listed(started.written)
    if started.kind == "root":
        return f"`{words}` wrote files into the project, and they are there still: {files}"
    place = "a scratch folder" if started.kind == "scratch" else "a copy of the project"
    return f"`{words}` writes files where it is started: {files}; it is started in {place}, so that none is left here"


def _key(settings: CommandSettings) -> str:
    return msgspec.json.encode((settings.args, settings.stdin)).decode()


def _folders(run: Run) -> Folders:
    return Folders(root=run.project.root, target=run.project.target_directory)


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


def _command(run: Run, program: Path, settings: CommandSettings, exit_status: int) -> Command:
    return Command(
        argv=(str(program), *settings.args),
        cwd=_folders(run).fresh(run.record.folders.get(_key(settings), "root")) or run.project.root,
        stdin=settings.stdin.encode(),
        exit_status=exit_status,
        runner=run.toolkit.runner,
        env=run.toolkit.runner_env,
    )


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
