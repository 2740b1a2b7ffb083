"""The files that were judged last: what they were made from, so that a later build can be held against them."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.job.binaries import others
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.options import Options
from burnish.job.pin import read_pin, selecting, with_selection
from burnish.model import Side, SideName
from burnish.search.sources import sources_of
from burnish.transaction.journal import StateFolder
from burnish.transaction.sealed import Sealed

_FILE = "judged.json"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is made from: a digest of its `sources`, the toolchain's own words, and folders that it may name."""

    sources: str
    toolchain: tuple[str, ...]
    folders: tuple[str, ...]


class JudgedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files that were judged, each digest by the file's name, and what they were made from.

    `options` chose what of the project is built. `reproduces` is whether the same sources give the same file.
    """

    digests: dict[str, str]
    origin: Origin
    options: Options
    reproduces: bool


def origin_of(job: Job, candidate: Candidate) -> Origin:
    """Return what a build of a candidate is made from now. Raise Refused where cargo cannot resolve the project."""
    around = job.surroundings
    asked = (candidate.toolkit.rustc, "-vV"), (candidate.toolkit.cargo, "--version")
    target = job.own_target(candidate, "candidate") or job.project.target_directory
    return Origin(
        sources=sources_of(job, candidate),
        toolchain=(*(around.answer(*words) for words in asked), *map(" ".join, candidate.toolkit.programs.items())),
        folders=tuple(map(str, (job.project.root, target, around.cargo_home))),
    )


def remember_judged(job: Job, notes: Notebook, candidate: Candidate, name: SideName) -> None:
    """Keep which files of a side were judged; forget those before where none was, or where that cannot be kept."""
    path = job.state.folder / _FILE
    with contextlib.suppress(OSError, Refused):
        path.unlink(missing_ok=True)
        digests = dict(_digests(job, notes, name))
        if not digests or not notes.report.gates:
            return
        twins = {twin.sha256 for name, twin in notes.record.twins.items() if name != "beside"} - {""}
        judged = JudgedFiles(
            digests=digests,
            origin=origin_of(job, candidate),
            options=selecting(job.options),
            reproduces=len(twins) <= 1,
        )
        job.sealed.write(path, judged)


def _digests(job: Job, notes: Notebook, name: SideName) -> Iterator[tuple[str, str]]:
    for own in (notes, *(other for _, other in others(job, notes))):
        side: Side | None = getattr(own.report, name)
        if side is not None and side.artifact and side.sha256:
            yield Path(side.artifact).name, side.sha256


def recall_judged(sealed: Sealed, state: StateFolder) -> JudgedFiles | None:
    """Return which files were judged last, None where this user has judged none here."""
    with contextlib.suppress(OSError, ValueError):
        return sealed.read(state.folder / _FILE, JudgedFiles)
    return None


def as_kept(options: Options, state: StateFolder, user_state: Path) -> Options:
    """Return options that build what is kept: where they choose nothing themselves, what was chosen for that."""
    if selecting(options) != Options():
        return options
    pin = read_pin(state.image("pin").content)
    judged = recall_judged(Sealed(root=state.root, user_state=user_state), state)
    kept = pin.options if pin and pin.choices else judged.options if judged else options
    return with_selection(options, kept)


def names_folder(file: Path, origin: Origin) -> bool:
    """Return whether a file names one of the folders that it was made in: elsewhere it is another file then."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(folder.encode("utf-8", "surrogateescape")) >= 0 for folder in origin.folders)
