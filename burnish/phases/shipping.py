"""Shipping: the kept program, made by whatever command it needs, and held against the file that was judged."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from burnish.cargo.build import Built
from burnish.cargo.command_lines import build_command
from burnish.errors import UNTOUCHED, GateFailed, Refused
from burnish.job.binaries import job_of
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.pin import selecting
from burnish.job.plan import make_plan, require_in_force
from burnish.job.session import Session
from burnish.judge.findings import Finding, gate_of, listed, not_applicable
from burnish.measure.size import size_and_digest
from burnish.model import Gate, VerdictName
from burnish.report.dist import put_into, require_room
from burnish.search.judged_file import JudgedFiles, Origin, names_folder, origin_of, recall_judged
from burnish.search.kept import KeptRecipe, kept_build
from burnish.sides.beside import made_beside
from burnish.sides.products import judged_file
from burnish.sides.side import build_side

DIST = "dist"
_CRITERION = "the file that was judged"
_CHECK = "built, not judged; run `burnish check`"
_NOTHING_KEPT = "nothing is kept here: built what is there; `burnish optimize` looks for something better"


def ship_kept(session: Session, out: Path | None) -> None:
    """Make the kept program and put it into a folder, the project's own `dist` where none is named.

    Raise Refused where it cannot be made here, and GateFailed where it does not build, or is not the judged file though
    all that it is made from is as it was judged: nothing is put anywhere then.
    """
    job, notes = session.job, session.notes
    folder = out or job.project.root / DIST
    require_room(folder, root=job.project.root, is_named=out is not None)
    # From the beginning: where this is killed, what it leaves is no run of steps to go on with.
    notes.note(outcome="built")
    try:
        files = _built_files(job, notes, folder)
        report = notes.close("built")
    except BaseException:
        with contextlib.suppress(OSError):
            notes.close("refused")
        raise
    if all(gate.verdict != "fail" for gate in report.gates):
        for file in files:
            placed = put_into(folder, file, report)
            job.console.say(f"    {job.relative(placed)}")


def _built_files(job: Job, notes: Notebook, folder: Path) -> Sequence[Path]:
    """Build what is kept, note the verdict on it and where it is to lie, and return the files."""
    judged = recall_judged(job.sealed, job.state)
    kept = kept_build(job, notes)
    _describe(job, notes, kept, judged)
    built = build_side(job, notes, kept.candidate, "candidate", f"build: {_told(job, kept.candidate)}")
    if not built.ok:
        words = "cargo's words are above" if job.console.verbosity else "without --quiet cargo says why"
        raise GateFailed(
            f"the program does not build; {words}", files=UNTOUCHED, next_command=_told(job, kept.candidate)
        )
    files = _files_of(job, built)
    gate = _judged(job, kept, judged, files)
    notes.note(gates=[gate])
    if gate.verdict != "fail":
        notes.note_side("candidate", artifact=job.relative(folder / files[0].name))
    return files


def _describe(job: Job, notes: Notebook, kept: KeptRecipe, judged: JudgedFiles | None) -> None:
    """Note what is kept, and warn of what the files do not hold of it. Raise Refused where it would not be in force."""
    if not kept.name:
        # The digest tells all that a recipe could whose name is not known any more.
        if not kept.lacking or judged is None or judged.options != selecting(job.options):
            notes.warn(kept.lacking or _NOTHING_KEPT)
        return
    plan = make_plan(job, kept.candidate)
    require_in_force(plan)
    notes.describe(kept.candidate, [], plan.settings)
    for edit in plan.edits:
        notes.warn(f"{edit.name} does not hold the recipe {kept.name} any more: built as it stands")


def _told(job: Job, candidate: Candidate) -> str:
    own = job.own_target(candidate, "candidate")
    place = ["--target-dir", job.relative(own)] if own else []
    return candidate.toolkit.typed(build_command(job.project, *place))


def _files_of(job: Job, built: Built) -> Sequence[Path]:
    """Return what is shipped: each file that is judged, the chosen one first."""
    projects = [job.project, *(job_of(job, part).project for part in made_beside(job, built))]
    files = [file for project in projects if (file := judged_file(project, built)) is not None]
    if not files:
        raise Refused(
            "the build made nothing that is shipped: no program, and no library but for cargo",
            expected="a binary, a cdylib or a staticlib",
            next_command="burnish build --package NAME",
        )
    return files


def _judged(job: Job, kept: KeptRecipe, judged: JudgedFiles | None, files: Sequence[Path]) -> Gate:
    """Hold files against those that were judged."""
    is_kept = bool(kept.name or kept.lacking)
    if judged is None or judged.options != selecting(job.options):
        return _unjudged(f"no file of this was judged here: {_CHECK}" if is_kept else _NOTHING_KEPT)
    origin, digests = origin_of(job, kept.candidate), {file.name: size_and_digest(file)[1] for file in files}
    if digests == judged.digests:
        same = origin.sources == judged.origin.sources
        return _gate("pass", _CRITERION if same else f"{_CRITERION}: the sources changed since, and it did not")
    others = [file for file in files if digests[file.name] != judged.digests.get(file.name)]
    return _other(judged, origin, others) if is_kept else _unjudged(_NOTHING_KEPT)


def _other(judged: JudgedFiles, origin: Origin, files: Sequence[Path]) -> Gate:
    """Return the gate of other files than the judged ones: it fails where nothing explains the difference."""
    if origin.sources != judged.origin.sources:
        return _unjudged(f"the sources changed since they were judged: {_CHECK}")
    if origin.toolchain != judged.origin.toolchain:
        before, now = (_first_lines(each) for each in (judged.origin, origin))
        return _unjudged(f"the toolchain is {now}, and {before} when it was judged: {_CHECK}")
    if not judged.reproduces:
        return _unjudged(f"this project never builds the same file twice: {_CHECK}")
    if origin.folders != judged.origin.folders and any(names_folder(file, origin) for file in files):
        return _unjudged(f"it names folders that are not those it was judged in: {_CHECK}")
    names = listed([file.name for file in files]) or "what was made"
    return _gate("fail", f"another file than the judged one, of the judged sources and toolchain: {names}")


def _gate(verdict: VerdictName, reason: str) -> Gate:
    return gate_of("build", [Finding(criterion=_CRITERION, verdict=verdict, reason=reason)])


def _unjudged(reason: str) -> Gate:
    return not_applicable("build", _CRITERION, reason)


def _first_lines(origin: Origin) -> str:
    return ", ".join(words.partition("\n")[0] for words in origin.toolchain)
