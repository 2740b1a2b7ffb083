"""Looking at how cargo called rustc in a build, also for the crates that were fresh in it.

What cargo said of a crate when it compiled it is kept. Such a recording is known by the file that was made: its path,
size and time of change. A file that somebody else has made since has another time, and then nothing is known of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, Cargo, build_with
from burnish.cargo.invocations import Invocation, Unit, graph_of
from burnish.cargo.project import Project
from burnish.errors import Refused
from burnish.job.job import Job
from burnish.judge.in_force import Wanted, compare
from burnish.model import InForce
from burnish.transaction.sealed import Sealed

_FILE = "invocations.json"
_MAX_RECORDINGS = 20_000


def look_at_settings(job: Job, cargo: Cargo, built: Built, command: Sequence[str], wanted: Wanted) -> InForce:
    """Compare what the recipe asks for with how rustc was called for all that goes into the program.

    Where cargo did not say it, since what it needed was there and no recording of it is, the command is carried out
    once more in a folder of its own: the user's own stays as it is.
    """
    folder = cargo.target_directory or job.builds
    graph = _graph(job.project, record_units(job.sealed, folder, built.units))
    if any(unit.invocation is None for unit in graph):
        own = job.builds / "seen"
        again = dataclasses.replace(cargo, target_directory=own)
        built = build_with(again, command, timeout_seconds=job.limits.build_seconds)
        graph = _graph(job.project, record_units(job.sealed, own, built.units))
    return compare(wanted, graph)


def _graph(project: Project, units: Sequence[Unit]) -> list[Unit]:
    """Return what goes into the chosen binary, or into the libraries of a project without one."""
    if project.package is not None and project.binary is not None:
        own = [unit for unit in units if "bin" in unit.kind and unit.name == project.binary]
        return graph_of(units, [unit for unit in own if unit.package == project.package.id])
    selected = {package.id for package in project.selected}
    return graph_of(units, [unit for unit in units if unit.package in selected and _is_library(unit)])


def _is_library(unit: Unit) -> bool:
    return not {"proc-macro", "custom-build"}.intersection(unit.kind)


def record_units(sealed: Sealed, folder: Path, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Keep what is known of units in a file of `folder`, and return them with what was known of the fresh ones."""
    known = _read(sealed, folder / _FILE)
    completed = tuple(_completed(unit, known) for unit in units)
    found = dict(_keyed(unit for unit in completed if not unit.is_fresh))
    if found:
        # The newest come first, and the oldest go.
        newest = {**found, **{key: call for key, call in known.items() if key not in found}}
        folder.mkdir(parents=True, exist_ok=True)
        sealed.write(folder / _FILE, dict(islice(newest.items(), _MAX_RECORDINGS)))
    return completed


def lend_recordings(sealed: Sealed, lender: Path, folder: Path) -> None:
    """Give a folder what is known of the files that it was lent, where they lie in it now."""
    known, own = _read(sealed, lender / _FILE), _read(sealed, folder / _FILE)
    lent = dict(_moved(known, str(lender), str(folder)))
    if not lent.keys() <= own.keys():
        sealed.write(folder / _FILE, {**own, **lent})


def _moved(known: Mapping[str, Invocation], before: str, after: str) -> Iterator[tuple[str, Invocation]]:
    """Yield what is known of files as it is of those of the same size and time in another folder."""
    old, new = (msgspec.json.encode(path)[1:-1] for path in (before, after))
    for key, call in known.items():
        file, mark, seen = key.partition("\0")
        moved = f"{after}{file.removeprefix(before)}"
        if file.startswith(before) and _key(moved) == f"{moved}{mark}{seen}":
            yield _key(moved), msgspec.json.decode(msgspec.json.encode(call).replace(old, new), type=Invocation)


def _read(sealed: Sealed, path: Path) -> dict[str, Invocation]:
    with contextlib.suppress(OSError, ValueError, Refused):
        return sealed.read(path, dict[str, Invocation])
    return {}


def _completed(unit: Unit, known: dict[str, Invocation]) -> Unit:
    if unit.invocation is not None:
        return unit
    call = next((known[key] for key in map(_key, unit.files) if key in known), None)
    return msgspec.structs.replace(unit, invocation=call)


def _keyed(units: Iterable[Unit]) -> Iterator[tuple[str, Invocation]]:
    for unit in units:
        for key in filter(None, map(_key, unit.files)):
            if unit.invocation is not None:
                yield key, unit.invocation


def _key(file: str) -> str:
    """Return what a file is known by; empty where it is not there."""
    try:
        found = Path(file).stat()
    except (OSError, ValueError):
        return ""
    return f"{file}\0{found.st_size}\0{found.st_mtime_ns}"
