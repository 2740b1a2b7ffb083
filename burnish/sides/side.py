"""One way to build a side and to look at it: the baseline, the candidate and each trial alike."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, Cargo, build
from burnish.cargo.project import Project
from burnish.job.run import Run, SideName
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Side
from burnish.platforms.finding import make_ready
from burnish.sides.products import made_by


def build_side(run: Run, name: SideName, title: str) -> Built:
    """Build one side, and note how that went."""
    with run.console.step(title) as step:
        built = build(run.cargo(name), timeout_seconds=run.limits.build_seconds)
        step.summary = "built" if built.ok else "does not build"
    run.note(**{name: side_of(run.project, built)})
    return built


def side_of(project: Project, built: Built) -> Side:
    """Return what cargo's exit status and messages say of a side: the judged file was not looked at yet."""
    return Side(
        command=list(built.command),
        build_seconds=built.seconds,
        built=built.ok,
        build_error=built.errors,
        artifacts=made_by(project, built) if built.ok else [],
    )


def inspect_side(run: Run, name: SideName, built: Built) -> None:
    """Read size, digest and linkage of the artefact, and keep a copy: cargo's tests may overwrite it."""
    artifact = built.binary(run.project)
    if artifact is None:
        return
    size_bytes, sha256 = size_and_digest(artifact)
    copy = run.project.target_directory / "burnish" / "artifacts" / name / artifact.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(artifact, copy)
    run.leave(copies={**run.record.copies, name: str(copy)})
    run.note_side(
        name,
        artifact=run.relative(artifact),
        size_bytes=size_bytes,
        sha256=sha256,
        linkage=read_linkage(artifact),
    )
    run.console.say(f"    {run.relative(artifact)}: {size_bytes:,} bytes")
