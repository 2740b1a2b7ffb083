"""Proposals of workloads: the commands with which a project's own tests, benches and examples start its program."""

from __future__ import annotations

import contextlib
import os
import tempfile
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
_HOMES = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR")


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A command that could be a workload, and what it did when it was tried: None where there is no built program."""

    args: list[str]
    stdin: str = ""
    seconds: float | None = None
    exit_status: int | None = None


def suggest_workloads(job: Job) -> list[Suggestion]:
    """Return proposals, those that work the longest first, each tried in a copy of the project where that can be."""
    if job.project.binary is None:
        return []
    found = list(dict.fromkeys(_starts(job)))[:_MOST]
    program = _program(job)
    if program is None:
        return [_proposed(start) for start in found]
    with tempfile.TemporaryDirectory(prefix="burnish-") as scratch:
        tried = [_tried(job, program, start, Path(scratch)) for start in found]
    return sorted(filter(None, tried), key=lambda each: each.seconds or 0.0, reverse=True)


def _program(job: Job) -> Path | None:
    """Return the binary that is shipped, where the project was built."""
    name = f"{job.project.binary}{'.exe' if os.name == 'nt' else ''}"
    target, profile = job.project.target_directory, job.project.selection.profile
    places = (target / profile / name, target / job.triple / profile / name)
    return next((path for path in places if path.is_file()), None)


def _starts(job: Job) -> Iterator[CommandStart]:
    for file in _files(job):
        with contextlib.suppress(OSError, ValueError):
            yield from find_starts(read_regular(file).decode("utf-8", "replace"), str(job.project.binary))


def _files(job: Job) -> Iterator[Path]:
    for name in _FOLDERS:
        yield from sorted((package_folder(job.project) / name).rglob("*.rs"))


def _proposed(start: CommandStart) -> Suggestion:
    return Suggestion(args=[*start.args], stdin=start.stdin)


def _tried(job: Job, program: Path, start: CommandStart, scratch: Path) -> Suggestion | None:
    """Return a proposal with what it did; None where it does not end, or dies. It has no home but a scratch folder."""
    place = Folders(root=package_folder(job.project), target=job.project.target_directory, place=scratch)
    folder = place.fresh("copy")
    if folder is None:
        return _proposed(start)
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    finished = job.programs.run(
        [str(program), *start.args],
        cwd=folder,
        timeout_seconds=_TRIED_SECONDS,
        stdin=start.stdin.encode(),
        env=dict.fromkeys(_HOMES, str(home)),
    )
    if finished.timed_out or finished.exit_status < 0:
        return None
    return msgspec.structs.replace(_proposed(start), seconds=finished.seconds, exit_status=finished.exit_status)
