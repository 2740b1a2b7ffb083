"""The other binaries that the build command makes: each is started, timed and judged as the first one is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from burnish.errors import Refused
from burnish.job.binaries import BinaryNotes, others, own_settings, part_of, sessions, with_part
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge.gates import Rebuilt, judge_gates
from burnish.judge.linkage_gate import LinkageWanted
from burnish.judge.several import budget_beside
from burnish.model import Gate
from burnish.phases.counting import count_instructions
from burnish.phases.starting import measure_starts
from burnish.phases.working import measure_workloads, see_workloads
from burnish.sides.starts import observe_side
from burnish.sides.workloads import workloads_here

_NONE_AGAIN: Mapping[str, Rebuilt] = MappingProxyType({})
# What one file tells of its own; the rest is of the project.
_OF_THE_FILE = ("linkage", "size")
_OF_A_LIBRARY = ("linkage", "behaviour", "size", "startup")
_OWN = (*_OF_A_LIBRARY, "workloads", "instructions")


def observe_others(job: Job, notes: Notebook) -> None:
    """Start each other binary of the baseline with its commands, and load each shared library.

    One that nobody said how to start, and that does not end well when it is asked for its version, is not started.
    """
    for other, own in others(job, notes):
        name = other.project.binary
        if name is None:
            _see_loaded(other, own, notes)
            continue
        stated = own_settings(job.resolved, name)
        if stated is not None and not stated.start:
            _note_unstarted(notes, name, "the project says so")
            continue
        if stated is not None:
            observe_side(other, own, job.opened, "baseline")
        elif not _answers(other, own, notes):
            continue
        see_workloads(other, own)
        _warn_of_unseen_speed(job, other, notes)


def _see_loaded(other: Job, own: BinaryNotes, notes: Notebook) -> None:
    """Load a library of the baseline, and note why it is not where it cannot be."""
    observe_side(other, own, other.opened, "baseline")
    if other.project.may_be_started:
        _note_unstarted(notes, own.binary, own.side("baseline").unloaded)


def _answers(other: Job, own: Notebook, notes: Notebook) -> bool:
    """Return whether a binary that nobody said how to start tells its version, as a program does that may be started.

    One that runs on, or ends otherwise, may do whatever it is there for.
    """
    name = str(other.project.binary)
    try:
        observe_side(other, own, other.opened, "baseline")
    except Refused as error:
        _leave_unstarted(notes, name, error.found)
        return False
    status = own.side("baseline").behaviour[0].exit_status
    if status:
        _leave_unstarted(notes, name, f"`{name} --version` ends with {status}")
    return not status


def _warn_of_unseen_speed(job: Job, other: Job, notes: Notebook) -> None:
    """Say where workloads judge the first binary, and speed may be given for size in another unseen."""
    if job.budget.max_workload_ratio is not None and workloads_here(job) and not workloads_here(other):
        name = other.project.binary
        table = f"[[package.metadata.burnish.bins.{name}.workloads]]"
        notes.warn(f"{name} has no workload: where it gets slower at its work, nobody sees it; {table} gives it one")


def _note_unstarted(notes: Notebook, name: str, why: str) -> None:
    part = msgspec.structs.replace(part_of(notes.report, name), unstarted=why)
    notes.note(binaries=with_part(notes.report, part).binaries)


def _leave_unstarted(notes: Notebook, name: str, found: str) -> None:
    _note_unstarted(notes, name, found)
    first = notes.report.project.package
    advice = f"say how it is started in [package.metadata.burnish.bins.{name}] of {first}, or start = false"
    notes.warn(f"{name} is judged by its file alone, since it was not started: {found}; {advice}")


def measure_others(session: Session, candidate: Candidate) -> None:
    """Start, time and count each other binary of both sides, as the first one is."""
    for each in [each for part, each in sessions(session) if not part.unstarted]:
        measure_starts(each, candidate)
        measure_workloads(each.job, each.notes, candidate)
        count_instructions(each.job, each.notes, candidate)


def judge_others(session: Session, candidate: Candidate, again: Mapping[str, Rebuilt]) -> dict[str, list[Gate]]:
    """Return the gates of each other binary by what its own file tells, and note them beside it.

    `again` is, by name, what became of the files that were built once more.
    """
    found = gates_of_others(session, candidate, again)
    for part, each in sessions(session):
        if part.name in found:
            each.notes.note(gates=found[part.name])
    return found


def gates_of_others(
    session: Session, candidate: Candidate, again: Mapping[str, Rebuilt] = _NONE_AGAIN
) -> dict[str, list[Gate]]:
    """Return the gates of each other binary, but of those that were not built: what was not applied is one's alone."""
    is_candidate = session.notes.report.candidate is not None
    return {
        part.name: _gates(each, candidate, again.get(part.name), is_started=not part.unstarted)
        for part, each in sessions(session)
        if not is_candidate or part.candidate is not None
    }


def _gates(session: Session, candidate: Candidate, again: Rebuilt | None, *, is_started: bool) -> list[Gate]:
    job, notes = session.job, session.notes
    before, after = notes.side("baseline"), notes.report.candidate or notes.side("baseline")
    gates = judge_gates(
        baseline=before,
        candidate=after,
        budget=budget_beside(job.budget, before),
        wants=linkage_wanted(candidate) if notes.report.candidate else LinkageWanted(),
        mode=candidate.toolkit.mode,
        accepted=job.accepted(candidate),
        workloads=[workload.name for workload in workloads_here(job)],
        again=again,
    )
    of_started = _OWN if job.project.binary is not None else _OF_A_LIBRARY
    named = {*(of_started if is_started else _OF_THE_FILE), *(["build"] if again is not None else [])}
    return [gate for gate in gates if gate.name in named]
