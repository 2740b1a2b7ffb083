"""Comparing a check with a reference: another commit, built and timed beside the project, or an earlier report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.cargo.lockfiles import dependency_changes, locked_packages
from burnish.cargo.revisions import Repository, Revision, repository_of
from burnish.errors import Refused, UsageError
from burnish.job.accepted import NAME as ACCEPTED_FILE
from burnish.job.accepted import accepted_growth, require_reason
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.selecting import selection_of
from burnish.judge.absolute import CHANGE_LIMITS, SIZE_LIMITS, absolute_only
from burnish.judge.findings import listed
from burnish.judge.growth import limits_of_change
from burnish.model import AcceptedGrowth, Check, GrowthName, Reference, Report, Side, SideName
from burnish.phases.counting import count_instructions
from burnish.phases.starting import ends_otherwise, time_starts
from burnish.phases.working import measure_workloads, see_workloads
from burnish.report.store import read_report
from burnish.search.code import Code, code_as_it_is, moved
from burnish.sides.references import BuiltReference, ReferenceBuilds
from burnish.sides.starts import observe_side


@dataclass(frozen=True, kw_only=True)
class Against:
    """What a check is to compare with: a `revision` of the `repository`, or the side that an earlier report tells.

    Growth is accepted by the project as it stands, or as it is in the commit `accepting`.
    """

    name: str
    repository: Repository | None = None
    revision: Revision | None = None
    earlier: Side | None = None
    accepting: Revision | None = None

    @property
    def judged(self) -> tuple[str, ...]:
        """Return the limits that it is enough for."""
        return CHANGE_LIMITS if self.revision else SIZE_LIMITS


def find_against(job: Job) -> Against | None:
    """Return what the check is to compare with, None where nothing was named.

    Raise UsageError for a name that means nothing, Refused for a report that is of something else.
    """
    name = job.options.against
    if job.options.accept_growth is not None:
        require_reason(job.options.accept_growth)
    if name is None and job.options.accept_growth is not None:
        raise UsageError(
            "--accept-growth without --against: there is nothing that the project could have grown from",
            expected="a commit, branch or tag, or an earlier report",
            next_command='burnish check --against REF --accept-growth "WHY"',
        )
    if name is None:
        return None
    if name.endswith(".json") and Path(name).is_file():
        found = Against(name=name, earlier=_earlier_side(job, read_report(Path(name)), name))
    else:
        repository = repository_of(job.programs, job.project.root, job.limits.query_seconds)
        found = Against(name=name, repository=repository, revision=repository.revision(name))
    accepted_since(job, found)  # a file that cannot be read is told before anything is built
    return found


def _earlier_side(job: Job, report: Report, name: str) -> Side:
    """Return what a report says of the project as it stood then, without what only its own machine knows."""
    selected = selection_of(report.selection).identity if report.selection else ()
    then = (report.project.binary, report.platform.triple, *selected)
    now = (job.project.binary, job.triple, *job.project.selection.identity)
    side = report.candidate if report.outcome in {"kept", "met", "not_met"} and report.candidate else report.baseline
    if then != now or side is None or side.size_bytes is None:
        words = " ".join(map(str, then)) if then != now else "no build"
        raise Refused(
            f"--against {name} is a report of {words}",
            expected=f"a report of {' '.join(map(str, now))}",
            next_command="burnish check --report-dir DIR, in a checkout of the reference; then --against its report",
        )
    return Side(
        command=side.command,
        build_seconds=side.build_seconds,
        built=side.built,
        artifact=side.artifact,
        size_bytes=side.size_bytes,
        sha256=side.sha256,
        artifacts=side.artifacts,
    )


def reference_builds(job: Job, notes: Notebook, candidate: Candidate, against: Against) -> ReferenceBuilds | None:
    """Return what builds the commit that is the reference, None where that is a report."""
    if against.repository is None or against.revision is None:
        return None
    return builds_at(job, notes, candidate, against.repository, against.revision)


def builds_at(
    job: Job, notes: Notebook, candidate: Candidate, repository: Repository, revision: Revision
) -> ReferenceBuilds:
    """Return what builds a commit as a candidate of the run is built."""
    return ReferenceBuilds(
        job=job, candidate=candidate, toolchain=notes.report.toolchain, repository=repository, revision=revision
    )


def build_reference(job: Job, notes: Notebook, candidate: Candidate, against: Against) -> None:
    """Build the reference as the candidate is built, or take what is known of it, and see what changed since."""
    builds = reference_builds(job, notes, candidate, against)
    if builds is None:
        notes.note(baseline=against.earlier)
        note_check(notes, reference=Reference(name=against.name))
        return
    reference = Reference(name=against.name, commit=builds.revision.commit)
    if job.project.binary is None and job.project.library is None:
        lacking = "the project has no file that could be compared"
        note_check(notes, reference=msgspec.structs.replace(reference, lacking=lacking))
        return
    found, is_cached = reference_built(builds)
    parts = {"rustc": found.rustc, "lacking": found.lacking, "is_cached": is_cached}
    notes.note(baseline=found.side)
    note_check(notes, reference=msgspec.structs.replace(reference, **parts))
    if found.lacking:
        notes.warn(f"nothing to compare with: {found.lacking}")
        return
    notes.leave(copies={**notes.record.copies, "baseline": str(builds.program)})
    warn_of_surroundings(builds, notes, found)
    now = locked_packages(job.state.image("lockfile").content)
    note_check(notes, dependencies=dependency_changes(found.packages, now))
    _note_code(builds, notes, found)


def warn_of_surroundings(builds: ReferenceBuilds, notes: Notebook, found: BuiltReference) -> None:
    """Say what differs between the two builds beside the commit."""
    told, rustc = builds.revision.told, notes.report.toolchain.rustc
    if found.rustc != rustc:
        notes.warn(
            f"{found.rustc} builds {told}, and {rustc} the project: a part of what differs may be the compilers'"
        )
    if away := builds.not_inherited():
        notes.warn(f"{listed(away)}: cargo reads it for the project, and not for {told}, which is built elsewhere")


def reference_built(builds: ReferenceBuilds) -> tuple[BuiltReference, bool]:
    """Build a commit, or take what an earlier check has built of it, and return whether that was so."""
    known = builds.known()
    if known is not None:
        return known, True
    told = builds.job.project.selection.told("build")
    with builds.job.console.step(f"check: {told}, at {builds.revision.told}") as step, builds.checkout() as root:
        found = builds.build(root)
        step.summary = found.lacking or "built"
    return found, False


def note_check(notes: Notebook, **parts: Any) -> None:  # noqa: ANN401 - the part's own fields
    """Put parts into what the report says of the check."""
    notes.note(check=msgspec.structs.replace(notes.report.check or Check(), **parts))


def _note_code(builds: ReferenceBuilds, notes: Notebook, found: BuiltReference) -> None:
    """Note which crates and functions moved, where the file grew: it takes a build with symbols of each side."""
    before, after = notes.side("baseline").size_bytes or 0, notes.side("candidate").size_bytes or 0
    if after <= before or builds.job.project.binary is None:
        return
    own = dataclasses.replace(builds.job, opened=builds.candidate)
    new = code_as_it_is(own, builds.job.builds / "code", "bloat-project")
    old = new if new.lacking else _code_of_reference(builds, found)
    crates, functions = moved(old.crates, new.crates), moved(old.functions, new.functions)
    note = old.lacking or (new.note if crates or functions else "no code: data, or what is around it")
    note_check(notes, moved_crates=crates, moved_functions=functions, moved_note=note)


def _code_of_reference(builds: ReferenceBuilds, found: BuiltReference) -> Code:
    if found.code_note is not None:
        return Code(crates=found.crates, functions=found.functions)
    with builds.checkout() as root:
        code = code_as_it_is(builds.job_in(root), builds.job.builds / "code", "bloat-reference")
    if not code.lacking:
        known = msgspec.structs.replace(
            found, crates=dict(code.crates), functions=dict(code.functions), code_note=code.note
        )
        builds.keep(known)
    return code


def measure_both(job: Job, notes: Notebook, candidate: Candidate, against: Against) -> None:
    """Start both programs, and time the start-up and the workloads of both in the same rounds.

    The project's own says how commands are started, and how they must end. Where the reference's ends otherwise, it is
    not compared. There are as many rounds as the limits on the change take.
    """
    own: SideName = "candidate"
    limits = limits_of_change(absolute_only(job.budget, against.judged), accepted_since(job, against))
    job = dataclasses.replace(job, budget=limits)
    observe_side(job, notes, candidate, own, own)
    observe_side(job, notes, candidate, "baseline", own)
    see_workloads(job, notes, own)
    names = [name for name in notes.built_sides if notes.side(name).behaviour]
    if len(names) > 1 and ends_otherwise(notes, names):
        notes.warn("the reference's start-up command ends otherwise than the project's, so it was not timed")
        names = [own]
    time_starts(job, notes, candidate, names)
    measure_workloads(job, notes, candidate, own)
    if job.budget.max_instructions_ratio is not None and len(names) > 1:
        count_instructions(job, notes, candidate)


def accepted_since(job: Job, against: Against) -> Mapping[GrowthName, AcceptedGrowth]:
    """Return the growth that the project accepts, and did not accept yet in the reference."""
    if against.repository is None or against.revision is None:
        return accepted_growth(job, None)
    before = against.repository.content(against.revision, ACCEPTED_FILE)
    if against.accepting is None:
        return accepted_growth(job, before)
    return accepted_growth(job, before, against.repository.content(against.accepting, ACCEPTED_FILE) or b"")
