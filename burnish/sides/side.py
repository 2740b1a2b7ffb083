"""One way to build a side and to look at it: the baseline, the candidate and each trial alike."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, Cargo, build_release
from burnish.cargo.project import Project
from burnish.job.binaries import others
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Side, SideName
from burnish.platforms.finding import make_ready
from burnish.sides.beside import made_beside
from burnish.sides.products import judged_file, made_by
from burnish.sides.sharing import borrow_units


def cargo_of(job: Job, candidate: Candidate, name: SideName) -> Cargo:
    """Return what runs cargo for one side, by the toolkit of a candidate's platform.

    The candidate is built where the user's own `cargo build` puts it, so that the judged file is the user's file.
    """
    selection = job.project.selection
    is_offline = selection.offline or selection.frozen
    make_ready(job.surroundings, candidate.platform, candidate.toolkit, offline=is_offline)
    return Cargo(
        programs=job.programs,
        project=job.project,
        toolkit=candidate.toolkit,
        target_directory=job.own_target(candidate, name),
        on_line=job.console.program_line,
        on_unit=job.console.unit_done,
        on_failure=job.console.program_failed,
    )


def build_side(
    job: Job, notes: Notebook, candidate: Candidate, name: SideName, title: str, *, cargo: Cargo | None = None
) -> Built:
    """Build one side by the user's own command, note how that went, and look at what was made.

    It is built by the side's own `cargo`, or by another.
    """
    cargo = cargo or cargo_of(job, candidate, name)
    borrow_units(job, cargo)
    with job.console.step(title) as step:
        built = build_release(cargo, timeout_seconds=job.limits.build_seconds)
        step.summary = "built" if built.ok else "does not build"
    notes.note(**{name: side_of(job.project, built)})
    _note_file(job, notes, name, built)
    if name == "baseline" or notes.report.baseline is None:  # the first build tells what there is
        notes.note(binaries=made_beside(job, built))
    for other_job, other_notes in others(job, notes):
        other_notes.note(**{name: side_of(other_job.project, built)})
        _note_file(other_job, other_notes, name, built)
    return built


def _note_file(job: Job, notes: Notebook, name: SideName, built: Built) -> None:
    """Note what the judged file of a side tells by itself, and keep a copy of it."""
    artifact = judged_file(job.project, built)
    if artifact is None:
        return
    looked_at = msgspec.structs.replace(look_at_file(notes.side(name), artifact), artifact=job.relative(artifact))
    copy = copied(artifact, artifacts_folder(job) / name)
    notes.leave(copies={**notes.record.copies, name: str(copy)})
    notes.note(**{name: looked_at})
    job.console.say(f"    {job.relative(artifact)}: {looked_at.size_bytes:,} bytes")


def side_of(project: Project, built: Built) -> Side:
    """Return what cargo's exit status and messages say of a side: the judged file was not looked at yet."""
    return Side(
        command=list(built.command),
        build_seconds=built.seconds,
        built=built.ok,
        build_error=built.errors,
        artifacts=made_by(project, built) if built.ok else [],
        kind=project.library[1] if project.library else "bin",
    )


def look_at_file(side: Side, file: Path) -> Side:
    """Return the side with what its file tells by itself: size, digest and linkage."""
    size_bytes, digest = size_and_digest(file)
    linkage = read_linkage(file) if side.kind != "staticlib" else None
    return msgspec.structs.replace(side, artifact=str(file), size_bytes=size_bytes, sha256=digest, linkage=linkage)


def artifacts_folder(job: Job) -> Path:
    """Return where copies of the judged files are kept: cargo's tests may overwrite its own."""
    return job.builds / "artifacts"


def lay_out_anew(copy: Path) -> None:
    """Put a copy of ours elsewhere on the disk and in memory, under its own name; where it is in use, it stays."""
    with tempfile.TemporaryDirectory(dir=copy.parent) as folder, contextlib.suppress(PermissionError):
        copied(copy, Path(folder)).replace(copy)


def copied(file: Path, folder: Path) -> Path:
    """Copy a file into a folder, which is made, and return the copy."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy2(file, folder / file.name))
