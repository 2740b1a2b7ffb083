"""Taking a start-up apart: the floor, loading and relocation, the runtime, and the program's own part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

from burnish.cargo.build import build_with
from burnish.cargo.command_lines import build_command
from burnish.cargo.selection import Selection
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import make_plan
from burnish.measure.command import Command
from burnish.measure.loading import copy_that_only_loads
from burnish.model import Share, Startup
from burnish.search.overlay import overlay
from burnish.sides.sharing import borrow_units
from burnish.sides.side import cargo_of
from burnish.sides.starts import startup_command

LOADED, EMPTY, EMPTY_LOADED = "loaded", "empty", "empty, loaded"
_EMPTY_CRATE = '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n'


def programs(job: Job, notes: Notebook, candidate: Candidate, binary: Path, folder: Path) -> dict[str, Command]:
    """Return what is to be timed beside a binary: an empty program with the recipe, copies of both that only load."""
    ends_well = dataclasses.replace(startup_command(job, notes, candidate, binary), exit_status=0)
    commands = {}
    loaded, empty_loaded = folder / "loaded", folder / "empty-loaded"
    if copy_that_only_loads(binary, loaded):
        commands[LOADED] = dataclasses.replace(ends_well, argv=(str(loaded), *ends_well.argv[1:]))
    empty = _build_empty(job, candidate, folder)
    if empty is not None:
        commands[EMPTY] = dataclasses.replace(ends_well, argv=(str(empty),))
        if copy_that_only_loads(empty, empty_loaded):
            commands[EMPTY_LOADED] = dataclasses.replace(ends_well, argv=(str(empty_loaded),))
    return commands


def _build_empty(job: Job, candidate: Candidate, folder: Path) -> Path | None:
    """Build a program that does nothing, with the recipe: what it takes to start is not the project's doing."""
    crate = folder / "empty-crate"
    (crate / "src").mkdir(parents=True, exist_ok=True)
    (crate / "Cargo.toml").write_text(_EMPTY_CRATE, encoding="utf-8")
    (crate / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    file = crate / "overlay.toml"
    file.write_text(overlay(make_plan(job, candidate), candidate.triple), encoding="utf-8")
    selection = Selection(profile=job.project.selection.profile, config=job.project.selection.config)
    project = dataclasses.replace(job.project, root=crate, by_package=False, selection=selection)
    cargo = dataclasses.replace(
        cargo_of(job, candidate, "candidate"), project=project, target_directory=crate / "target"
    )
    borrow_units(job, cargo)
    with job.console.step("trial: an empty program"):
        built = build_with(
            cargo, build_command(project, "--config", str(file)), timeout_seconds=job.limits.build_seconds
        )
    return next((artifact.executable for artifact in built.artifacts), None)


def shares(whole: Startup, times: Mapping[str, Startup]) -> list[Share]:
    """Part the start-up of a program, given the times of what `programs` gave."""
    floor = [("the floor", whole.floor.timing.mean_seconds)] if whole.floor is not None else []
    return list(_steps([*floor, *_marks(times), ("the program's own part", whole.mean_seconds)]))


def _marks(times: Mapping[str, Startup]) -> Iterator[tuple[str, float]]:
    """Yield what ends when, in seconds after the start. An empty program's runtime is any program's."""
    if LOADED in times:
        loaded = times[LOADED].mean_seconds
        yield "loading and relocation", loaded
        if EMPTY_LOADED in times:
            yield "the runtime", loaded + times[EMPTY].mean_seconds - times[EMPTY_LOADED].mean_seconds
    elif EMPTY in times:
        yield "loading, relocation, runtime", times[EMPTY].mean_seconds


def _steps(marks: list[tuple[str, float]]) -> Iterator[Share]:
    before = 0.0
    for name, mark in marks:
        # What takes next to nothing may seem to end before it began.
        until = max(mark, before)
        yield Share(name=name, amount=until - before)
        before = until
