"""Starting a binary: with the commands that the project lists, to see what it gives, and to time the first of them."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.inputs import read_input
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.settings import CommandSettings
from burnish.judge.behaviour_gate import seen_again
from burnish.judge.findings import listed
from burnish.measure.behaviour import Output, behaviour_of, look_at
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary, find_floor
from burnish.measure.folders import FolderKind, Folders, Started, choose_folder
from burnish.measure.hyperfine import Timer, find_hyperfine
from burnish.measure.loader import loader_floor
from burnish.model import Behaviour, SideName
from burnish.sides.loads import load_command, loaded, observe_library


@dataclass(frozen=True, kw_only=True)
class Starts:
    """How binaries of a candidate are started: by its platform's runner, each command in its own of the `folders`.

    A library is loaded by the `loader`, where there is one.
    """

    job: Job
    candidate: Candidate
    folders: Mapping[str, FolderKind]
    loader: str = ""

    def observe(self, program: Path) -> list[Behaviour]:
        """Start a program once with each listed command, the start-up command first; return what is compared of it."""
        return [behaviour_of(output) for output in self.outputs(program)]

    def outputs(self, program: Path) -> list[Output]:
        """Start a program in the same way, and return all that it gave; of a library how it is loaded, if it can be."""
        if self.job.project.binary is None:
            return [loaded(self.job, self.loader, program)] if self.loader else []
        return [self.output_of(self.command(program, each)) for each in listed_commands(self.job)]

    def output_of(self, command: Command) -> Output:
        """Start one command, and return all that it gave."""
        job = self.job
        places, limit = job.places(self.candidate), job.limits.command_seconds
        return look_at(command, programs=job.programs, timeout_seconds=limit, places=places)

    def startup(self, program: Path, exit_status: int) -> Command:
        """Return the timed command of a program, or what loads a library; every run must give the exit status."""
        if self.loader:
            return load_command(self.job, self.loader, program)
        return self.command(program, _startup(self.job), exit_status)

    def command(self, program: Path, settings: CommandSettings, exit_status: int = 0) -> Command:
        """Return one of the listed commands, for a program."""
        kind = self.folders.get(key_of(settings), "root")
        return Command(
            argv=(str(program), *settings.args),
            cwd=_folders(self.job).fresh(kind) or self.job.project.root,
            stdin=input_of(self.job, settings),
            exit_status=exit_status,
            runner=self.candidate.toolkit.runner,
            env={**self.candidate.toolkit.runner_env, **settings.env},
        )


def starts_of(job: Job, notes: Notebook, candidate: Candidate) -> Starts:
    """Return how binaries of a candidate are started, in the folders that were chosen so far."""
    record = notes.record
    return Starts(job=job, candidate=candidate, folders=record.folders, loader=record.loader)


def startup_command(
    job: Job, notes: Notebook, candidate: Candidate, program: Path, first: SideName | None = None
) -> Command:
    """Return the timed command of a program; every run must give the exit status that the first side gave."""
    side = notes.side(first or notes.built_sides[0])
    return starts_of(job, notes, candidate).startup(program, side.behaviour[0].exit_status)


def listed_commands(job: Job) -> list[CommandSettings]:
    """Return the commands that a binary is started with, the start-up command first."""
    return [_startup(job), *job.settings.behaviour]


def observe_side(job: Job, notes: Notebook, candidate: Candidate, name: SideName, first: SideName = "baseline") -> None:
    """Start the binary of a side once with each listed command, and note what it gave.

    The `first` side says where commands are started, and must end as the project says. It is started twice, to know
    what differs from run to run; what was seen of it before counts too. A shared library is loaded.
    """
    is_started = job.project.may_be_started and candidate.toolkit.mode != "link-only"
    if name not in notes.record.copies or not is_started:
        return
    if job.project.binary is None:
        observe_library(job, notes, name, first)
        return
    if name == first:
        _choose_folders(job, notes, candidate, notes.copy(name))
    starts, program = starts_of(job, notes, candidate), notes.copy(name)
    seen = starts.observe(program)
    if name == first:
        for observed, expected in zip(seen, _expected_statuses(job), strict=True):
            _require_loaded(candidate, observed, expected)
            _require_usable(observed, expected)
        for others in (starts.observe(program), notes.side(name).behaviour):
            if [other.args for other in others] == [each.args for each in seen]:
                seen = list(map(seen_again, seen, others))
    notes.note_side(name, behaviour=seen)


def _choose_folders(job: Job, notes: Notebook, candidate: Candidate, program: Path) -> None:
    """Choose once where each command is started, by the first side's binary, and tell which of them writes files."""
    folders = _folders(job)
    for settings, expected in zip(listed_commands(job), _expected_statuses(job), strict=True):
        if key_of(settings) not in notes.record.folders:
            starts = starts_of(job, notes, candidate)
            look = functools.partial(_look_in, starts, starts.command(program, settings))
            started = choose_folder(folders, look, expected or 0)
            notes.leave(folders={**notes.record.folders, key_of(settings): started.kind})
            if started.written:
                notes.warn(_written_words(job, settings, started))


def _look_in(starts: Starts, command: Command, folder: Path) -> Output:
    return starts.output_of(dataclasses.replace(command, cwd=folder))


def _written_words(job: Job, settings: CommandSettings, started: Started) -> str:
    words, files = shlex.join([str(job.project.binary), *settings.args]), listed(started.written)
    if started.kind == "root":
        return f"`{words}` wrote files into the project, and they are there still: {files}"
    place = "a scratch folder" if started.kind == "scratch" else "a copy of the project"
    return f"`{words}` writes files where it is started: {files}; it is started in {place}, so that none is left here"


def key_of(settings: CommandSettings) -> str:
    """Return by what a command's folder is found again."""
    more = [part for part in (settings.stdin_file, settings.env) if part]
    return msgspec.json.encode((settings.args, settings.stdin, *more)).decode()


def input_of(job: Job, settings: CommandSettings) -> bytes:
    """Return what a command reads on its standard input. Raise Refused where its file cannot be read."""
    return read_input(job.project, settings) if settings.stdin_file else settings.stdin.encode()


def _folders(job: Job) -> Folders:
    return Folders(root=job.project.root, target=job.project.target_directory)


def _startup(job: Job) -> CommandSettings:
    settings = job.settings.startup
    return CommandSettings(args=settings.args, stdin=settings.stdin)


def _expected_statuses(job: Job) -> list[int | None]:
    """Return the exit status that each listed command was said to give; None where nobody said."""
    settings = job.settings
    startup = None if job.resolved.is_default("startup.exit_status") else settings.startup.exit_status
    return [startup, *(command.exit_status for command in settings.behaviour)]


def _require_loaded(candidate: Candidate, observed: Behaviour, expected: int | None) -> None:
    """Refuse a binary that the emulator could not load: on both sides that would look like the same behaviour."""
    cross, runner = candidate.platform.cross, candidate.toolkit.runner
    if runner and cross and observed.exit_status == cross.cannot_load != expected:
        raise Refused(
            f"{runner[0]} gave exit status {observed.exit_status}, by which it says that it cannot load the"
            f" binary as it is: {observed.stderr_head.strip() or 'it says no more'}",
            expected="a binary that the emulator can start; a program that gives this status itself says so in its"
            " metadata, by exit_status",
            next_command=f"burnish doctor --platform {candidate.triple}",
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


def timer_of(job: Job, notes: Notebook, *, runs: int) -> Timer:
    """Return what times start-ups, with so many runs in a round."""
    hyperfine = find_hyperfine(job.programs, job.surroundings.scripts)
    notes.note(toolchain=msgspec.structs.replace(notes.report.toolchain, hyperfine=hyperfine.version))
    return Timer(
        programs=job.programs,
        hyperfine=hyperfine.path,
        folder=notes.folder / "startup",
        runs=runs,
        warmup=job.settings.startup.warmup,
        timeout_seconds=job.limits.round_seconds,
    )


def floor_of(job: Job, loader: str = "") -> FloorBinary | None:
    """Return this machine's floor, made where the builds are; of what a `loader` loads, that is the loader alone."""
    return loader_floor(Path(loader)) if loader else find_floor(job.programs, job.builds / "floor")
