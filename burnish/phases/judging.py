"""Judging every gate, and what a verdict means for the exit status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.cargo.selection import USUAL, Selection
from burnish.errors import GateFailed
from burnish.job.candidate import Candidate
from burnish.job.notebook import Notebook
from burnish.job.recipe import BASE
from burnish.job.selecting import selection_of
from burnish.job.session import Session
from burnish.job.wanted import linkage_wanted
from burnish.judge import gates
from burnish.judge.artifacts_gate import judge_artifacts
from burnish.judge.benches_gate import require_judged
from burnish.judge.budget import Budget
from burnish.judge.findings import not_applicable, unknown
from burnish.judge.linkage_gate import LinkageWanted
from burnish.judge.several import joined, judge_total
from burnish.model import Gate, Report, Side, VerdictName, overall
from burnish.phases.others import gates_of_others, judge_others
from burnish.phases.rebuilding import FIRST, built_again
from burnish.phases.workspace import artifacts_wanted, failed_so_far
from burnish.sides.workloads import workloads_here

# The gates that are judged by what takes long, each by the part of a side that has its name.
_LATE = ("workloads", "tests", "benches")


def judge_candidate(session: Session, candidate: Candidate, *, is_applied: bool = True) -> VerdictName:
    """Judge every gate, put the table into the report, and return the verdict.

    A candidate that is not applied was built by an overlay: the files hold nothing of it that could be built again.
    """
    job, notes = session.job, session.notes
    before, after = _judged_sides(session)
    failed = has_failed(session, candidate)
    again = built_again(session, candidate) if is_applied and not failed else {}
    verdicts = gates.judge_gates(
        baseline=before,
        candidate=after,
        budget=job.budget,
        wants=linkage_wanted(candidate) if notes.report.candidate else LinkageWanted(),
        mode=candidate.toolkit.mode,
        accepted=job.accepted(candidate),
        artifacts=artifacts_wanted(session, candidate),
        workloads=[workload.name for workload in workloads_here(job)],
        again=again.get(FIRST),
    )
    verdicts = judge_total(
        joined(verdicts, judge_others(session, candidate, again)), _binaries(notes, after), job.budget
    )
    if failed and candidate.toolkit.mode != "link-only":
        verdicts = list(_without_what_was_not_run(verdicts, before, after))
    if notes.report.candidate and notes.has_benches and after.benches is None and not failed:
        verdicts = [_benches_to_run(gate) if gate.name == "benches" else gate for gate in verdicts]
    if candidate.rests_on_benches and not failed and not _is_judged_at_work(before, job.budget):
        verdicts = [require_judged(gate) if gate.name == "benches" else gate for gate in verdicts]
    notes.note(gates=verdicts)
    return overall(verdicts)


def _binaries(notes: Notebook, first: Side) -> dict[str, Side]:
    """Return the side that is judged of each binary, by its name; none where not all of them were built."""
    is_candidate = notes.report.candidate is not None
    sides = {part.name: part.candidate if is_candidate else part.baseline for part in notes.report.binaries}
    own = notes.report.project.binary or Path(first.artifact or "").name
    known = {name: side for name, side in sides.items() if side is not None}
    return {own: first} | known if len(known) == len(sides) else {}


def _benches_to_run(gate: Gate) -> Gate:
    """Return the gate of benches that are built and were not run: nothing shows that they are as fast."""
    return unknown(gate.name, gate.criterion, "there are benches, and they were not run: `burnish bench` does")


def _without_what_was_not_run(verdicts: Sequence[Gate], before: Side, after: Side) -> Iterator[Gate]:
    """Yield the gates, those of what was not run any more for a failed candidate as not applicable."""
    failed = ", ".join(gate.name for gate in verdicts if gate.verdict == "fail")
    reason = f"not run, since {failed} failed; --all-gates runs it all the same"
    for gate in verdicts:
        if failed and gate.name in _LATE and _is_not_run(gate, before, after):
            yield not_applicable(gate.name, gate.criterion, reason)
        else:
            yield gate


def _is_not_run(gate: Gate, before: Side, after: Side) -> bool:
    """Return whether it has nothing to judge by, and says so of a project that was not asked yet.

    What failed was run: of another binary, where not of the first one.
    """
    if gate.verdict == "fail" or getattr(after, gate.name):
        return False
    # Which workloads there are is known beforehand.
    return gate.verdict != "not-applicable" or (gate.name != "workloads" and getattr(before, gate.name) is None)


def _is_judged_at_work(before: Side, budget: Budget) -> bool:
    """Return whether workloads judge how fast the program is."""
    return bool(before.workloads) and budget.max_workload_ratio is not None


def _judged_sides(session: Session) -> tuple[Side, Side]:
    """Return what is compared. Without a change the project as it is stands for both: it is judged by the budget."""
    before = session.notes.side("baseline")
    if session.live() is not None:
        return before, session.notes.side("candidate")
    return before, session.notes.report.candidate or before


def has_failed(session: Session, candidate: Candidate) -> bool:
    """Return whether a candidate fails for certain by what was seen of it: nothing that takes longer is run for it."""
    job, notes = session.job, session.notes
    if job.options.all_gates or notes.report.candidate is None:
        return False
    before, after = _judged_sides(session)
    artifacts = judge_artifacts(before, after, artifacts_wanted(session, candidate))
    beside = (gate for gates in gates_of_others(session, candidate).values() for gate in gates)
    if artifacts.verdict == "fail" or any(gate.verdict == "fail" for gate in beside):
        return True
    return bool(failed_so_far(job, notes, candidate))


def require_passed(report: Report, *, files: str, next_command: str) -> None:
    """Raise GateFailed when a gate of the report failed or stayed inconclusive."""
    unmet = [f"{gate.name} ({gate.verdict})" for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if unmet:
        raise GateFailed(
            f"not met: {', '.join(unmet)}",
            expected="every gate to pass",
            files=files,
            next_command=next_command,
        )


def next_after(report: Report) -> str:
    """Return the command to type after gates failed: other settings only where other settings may pass."""
    unmet = [gate for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if report.baseline is None:
        return "burnish optimize, when the machine has less to do; or with max_startup_above_floor for max_startup"
    if all(gate.verdict == "inconclusive" for gate in unmet):
        return "burnish optimize, when the machine has less to do"
    if report.tune is None:
        return "burnish optimize --recipe auto, which looks for settings that pass"
    if {gate.name for gate in unmet if gate.verdict == "fail"} <= {"size", "startup", "workloads", "benches"}:
        return "burnish tune, which searches more widely, then burnish optimize"
    return commands_to_see(report)


def selection_in(report: Report) -> Selection:
    """Return what a report's run told cargo; what a plain release build is told where it does not say."""
    return selection_of(report.selection) if report.selection else USUAL


def commands_to_see(report: Report) -> str:
    """Return what shows the user a failure that a candidate shares with the base."""
    selection = selection_in(report)
    commands = f"{selection.told('build')} and {selection.told('test')}"
    return f"burnish apply-profile --recipe {BASE}, then {commands}, then burnish rollback"
