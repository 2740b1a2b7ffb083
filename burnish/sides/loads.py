"""Loading a shared library by itself: whether that can be done is its behaviour, how long it takes its start-up.

Nothing of it is called: what runs is what a library runs whenever it is loaded.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.measure.behaviour import Output, behaviour_of, look_at
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.folders import Folders
from burnish.measure.loader import find_loader, why_not_loaded
from burnish.model import SideName

# Which file it is differs from side to side, and says nothing.
_ARGUMENTS = ["dlopen"]


def load_command(job: Job, loader: str, library: Path) -> Command:
    """Return what loads a library and ends."""
    folders = Folders(root=job.project.root, target=job.project.target_directory)
    return Command(argv=(loader, str(library)), cwd=folders.fresh("scratch") or job.project.root)


def loaded(job: Job, loader: str, library: Path) -> Output:
    """Load a library, and return how that ended."""
    seen = look_at(
        load_command(job, loader, library), programs=job.programs, timeout_seconds=job.limits.command_seconds
    )
    said = seen.stderr.replace(str(library).encode(), library.name.encode())
    return msgspec.structs.replace(seen, args=_ARGUMENTS, stderr=said)


def observe_library(job: Job, notes: Notebook, name: SideName, first: SideName) -> None:
    """Load the library of a side once, and note how that ended; the `first` side says whether it can be loaded at all.

    One that needs what only the program around it has, as an extension of Python does, is judged by its file alone.
    """
    if name == first:
        _choose_loader(job, notes, first)
    elif not notes.record.loader:
        notes.note_side(name, unloaded=notes.side(first).unloaded)
    if notes.record.loader:
        notes.note_side(name, behaviour=[behaviour_of(loaded(job, notes.record.loader, notes.copy(name)))])


def _choose_loader(job: Job, notes: Notebook, first: SideName) -> None:
    """Leave the loader to what comes, where it loads the first side's library; else say why it does not."""
    if job.opened.toolkit.mode != "native":
        return
    loader = _loader_of(job)
    if loader is None:
        _leave_unloaded(notes, first, "no program that loads libraries can be made and started here")
        return
    library = notes.copy(first)
    seen = loaded(job, str(loader.path), library)
    if seen.timed_out:
        _leave_unloaded(notes, first, "loading it did not end within the time limit")
    elif seen.exit_status < 0:
        _leave_unloaded(notes, first, f"loading it was ended by signal {-seen.exit_status}")
    elif seen.exit_status:
        _leave_unloaded(notes, first, why_not_loaded(seen.stderr.decode("utf-8", "replace"), library))
    else:
        notes.leave(loader=str(loader.path))
        notes.note_side(first, unloaded="")


def _leave_unloaded(notes: Notebook, first: SideName, why: str) -> None:
    notes.leave(loader="")
    notes.note_side(first, unloaded=f"not loaded: {why}")


def _loader_of(job: Job) -> FloorBinary | None:
    """Return the loader of the job's platform, compiled and linked as the project is."""
    toolkit = job.opened.toolkit
    linker = job.surroundings.configured(job.triple, "linker")
    words = [toolkit.rustc, f"--target={job.triple}", *([f"-Clinker={linker[0]}"] if linker else [])]
    return find_loader(job.programs, job.builds / "floor", rustc=words, cwd=job.project.root)
