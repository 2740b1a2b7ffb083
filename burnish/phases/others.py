"""The other binaries that the build command makes: each is started, timed and judged as the first one is."""

from __future__ import annotations

import msgspec

from burnish.errors import Refused
from burnish.job.binaries import others, own_settings, part_of, sessions, with_part
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge.gates import judge_gates
from burnish.judge.linkage_gate import LinkageWanted
from burnish.judge.several import budget_beside
from burnish.model import Gate
from burnish.phases.counting import count_instructions
from burnish.phases.starting import measure_starts
from burnish.phases.working import measure_workloads, see_workloads
from burnish.sides.starts import observe_side
from burnish.sides.workloads import workloads_here

# What one file tells of its own; the rest is of the project.
_OF_THE_FILE = ("linkage", "size")
_OWN = ("linkage", "behaviour", "size", "startup", "workloads", "instructions")


def observe_others(job: Job, notes: Notebook) -> None:
    """Start each other binary of the baseline with its commands.

    One that nobody said how to start, and that does not end well when it is asked for its version, is not started.
    """
    for other, own in others(job, notes):
        if other.project.binary is None:
            continue
        try:
            observe_side(other, own, job.opened, "baseline")
        except Refused as error:
            name = str(other.project.binary)
            if own_settings(job.resolved, name) is not None:
                raise
            _leave_unstarted(notes, name, error.found)
        else:
            see_workloads(other, own)


def _leave_unstarted(notes: Notebook, name: str, found: str) -> None:
    part = msgspec.structs.replace(part_of(notes.report, name), unstarted=found)
    notes.note(binaries=with_part(notes.report, part).binaries)
    advice = f"say how it is started in [package.metadata.burnish.bins.{name}]"
    notes.warn(f"{name} is judged by its file alone, since it was not started: {found}; {advice}")


def measure_others(session: Session, candidate: Candidate) -> None:
    """Start, time and count each other binary of both sides, as the first one is."""
    for each in [each for part, each in sessions(session) if not part.unstarted]:
        measure_starts(each, candidate)
        measure_workloads(each.job, each.notes, candidate)
        count_instructions(each.job, each.notes, candidate)


def judge_others(session: Session, candidate: Candidate) -> dict[str, list[Gate]]:
    """Return the gates of each other binary by what its own file tells, and note them beside it."""
    found: dict[str, list[Gate]] = {}
    for part, each in sessions(session):
        found[part.name] = _gates(each, candidate, is_started=not part.unstarted)
        each.notes.note(gates=found[part.name])
    return found


def _gates(session: Session, candidate: Candidate, *, is_started: bool) -> list[Gate]:
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
    )
    return [gate for gate in gates if gate.name in (_OWN if is_started else _OF_THE_FILE)]
