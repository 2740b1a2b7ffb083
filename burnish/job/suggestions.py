"""Proposals of workloads: the commands with which a project's own tests, benches and examples start its program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from burnish.cargo.command_starts import CommandStart, find_starts
from burnish.job.inputs import package_folder
from burnish.job.job import Job
from burnish.measure.folders import Folders
from burnish.system.regular import read_regular

_FOLDERS = ("benches", "tests", "examples")
_MOST = 12
_TRIED_SECONDS = 10.0


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A command that could be a workload, and what it did when it was tried: None where there is no built program."""

    args: list[str]
    stdin: str = ""
    seconds: float | None = None
    exit_status: int | None = None


def suggest_workloads(job: Job) -> list[Suggestion]:
    """Return proposals, those that work the longest first, each tried in a copy of the project where that can be."""
    found = list(dict.fromkeys(_starts(job)))[:_MOST]
    program = job.project.target_directory / "release" / str(job.project.binary)
    tried = [_tried(job, program, start) for start in found]
    useful = [each for each in tried if each is not None]
    return sorted(useful, key=lambda each: each.seconds or 0.0, reverse=True)


def _starts(job: Job) -> Iterator[CommandStart]:
    for file in _files(job):
        with contextlib.suppress(OSError, ValueError):
            yield from find_starts(read_regular(file).decode("utf-8", "replace"), str(job.project.binary))


def _files(job: Job) -> Iterator[Path]:
    for name in _FOLDERS:
        yield from sorted((package_folder(job.project) / name).rglob("*.rs"))


def _tried(job: Job, program: Path, start: CommandStart) -> Suggestion | None:
    """Return a proposal with what it did; None where it does not end, or dies."""
    suggestion = Suggestion(args=[*start.args], stdin=start.stdin)
    folder = Folders(root=package_folder(job.project), target=job.project.target_directory).fresh("copy")
    if not program.is_file() or folder is None:
        return suggestion
    finished = job.programs.run(
        [str(program), *start.args], cwd=folder, timeout_seconds=_TRIED_SECONDS, stdin=start.stdin.encode()
    )
    if finished.timed_out or finished.exit_status < 0:
        return None
    return msgspec.structs.replace(suggestion, seconds=finished.seconds, exit_status=finished.exit_status)
