"""Judging what a change does to size, start-up and workloads, beside the reference's, and growth that is accepted."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from burnish.job.accepted import NAME as ACCEPTED_FILE
from burnish.job.accepted import accept_growth, require_reason
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.judge.absolute import absolute_only
from burnish.judge.gates import judge_size
from burnish.judge.growth import Accepted, levels_to_accept, limits_of_change, size_growth_findings, told_accepted
from burnish.judge.instructions_gate import judge_instructions
from burnish.judge.startup_gate import judge_startup
from burnish.judge.workloads_gate import judge_workloads
from burnish.model import AcceptedGrowth, Gate, Mode, Side, Workload
from burnish.phases.comparing import Against, accepted_since, note_check
from burnish.sides.workloads import workloads_here

_NAMES = ("size", "startup", "workloads")
_STARTED = ("startup", "instructions")
_NO_REFERENCE = "without a reference"
_OF_SETTINGS = "in a check"
_OTHER_MACHINE = "since times of another machine compare with nothing,"


@dataclass(frozen=True, kw_only=True)
class NumberGates:
    """The gates of size, start-up and workloads, the limits on a change that they judged, and by gate why no others."""

    gates: Sequence[Gate]
    judged: Collection[str] = ()
    why: Mapping[str, str] = field(default_factory=dict)

    def why_left_out(self, gate: str) -> str:
        """Return why a gate leaves limits out."""
        return self.why.get(gate, _NO_REFERENCE)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """The reference and the project, and how they are compared; `lacking` says why there is no reference to time."""

    job: Job
    before: Side
    after: Side
    against: Against
    mode: Mode
    lacking: str

    def gates(self, accepted: Accepted) -> list[Gate]:
        """Judge the change, by limits that what is accepted lifts."""
        budget = limits_of_change(absolute_only(self.job.budget, self.against.judged), accepted)
        is_timed = self.against.revision is not None
        timed = self.before if is_timed else self.after
        sizes = (self.after.size_bytes, self.before.size_bytes)
        names = [workload.name for workload in workloads_here(self.job)]
        gates = [
            judge_size(self.before, self.after, budget, size_growth_findings(*sizes, budget, accepted, self.lacking)),
            judge_startup(timed, self.after, budget, self.mode),
            judge_workloads(timed, self.after, budget, self.mode, names, same_output=not is_timed),
            judge_instructions(timed, self.after, budget, self.mode),
        ]
        return [self._told_untimed(gate) for gate in gates if gate is not None]

    def _told_untimed(self, gate: Gate) -> Gate:
        is_known = self.against.revision is None or self.before.startup is not None
        if gate.verdict != "inconclusive" or is_known or gate.name not in _STARTED:
            return gate
        why = self.lacking or "the baseline's start-up command ends otherwise"
        return msgspec.structs.replace(gate, reason=f"{gate.reason}; {why}")


def judge_numbers(job: Job, side: Side, mode: Mode) -> NumberGates:
    """Judge a side by itself, by the limits that need no other one."""
    budget = absolute_only(job.budget)
    names = [workload.name for workload in workloads_here(job)]
    return NumberGates(
        gates=[
            judge_size(side, side, budget),
            judge_startup(side, side, budget, mode),
            judge_workloads(side, side, budget, mode, names),
        ]
    )


def judge_change(job: Job, notes: Notebook, against: Against, mode: Mode) -> NumberGates:
    """Judge the project against the reference, by the limits that it is enough for."""
    check, after = notes.report.check, notes.side("candidate")
    lacking = check.reference.lacking if check and check.reference else ""
    before = _reference_side(job, notes, lacking)
    if before is None:
        alone = judge_numbers(job, after, mode)
        return NumberGates(gates=alone.gates, why=dict.fromkeys(_NAMES, f"since {lacking},"))
    change = _Change(job=job, before=before, after=after, against=against, mode=mode, lacking=lacking)
    accepted = accepted_growth_of(job, notes, against, before, after)
    note_check(notes, accepted=list(accepted.values()))
    gates = map(told_accepted, change.gates(accepted), itertools.repeat(accepted), change.gates({}))
    times = _OF_SETTINGS if against.revision else _OTHER_MACHINE
    why = {"size": _OF_SETTINGS, "startup": times, "workloads": times}
    return NumberGates(gates=list(gates), judged=against.judged, why=why)


def _reference_side(job: Job, notes: Notebook, lacking: str) -> Side | None:
    """Return the side to compare with, None where the reference has no such program.

    One that could not be built has no workload that could be compared, which is told of each.
    """
    side = notes.report.baseline
    if side is None or not lacking:
        return side
    workloads = workloads_here(job)
    unknown = [Workload(name=each.name, max_seconds=each.max_seconds, failure=lacking) for each in workloads]
    return msgspec.structs.replace(side, workloads=unknown)


def accepted_growth_of(job: Job, notes: Notebook, against: Against, before: Side, after: Side) -> Accepted:
    """Return the growth that is accepted of a binary; where a reason is given, what grows by more is from now on.

    What grows by more is noted for the whole run.
    """
    accepted, levels = accepted_since(job, against), levels_to_accept(before, after, job.budget)
    known = notes.report.check.beyond if notes.report.check else []
    note_check(notes, beyond=list(dict.fromkeys([*known, *levels])))
    reason = job.options.accept_growth
    if reason is None:
        return accepted
    needed = {name: level for name, level in levels.items() if not _covers(accepted.get(name), after, level)}
    if not needed:
        told = f"{job.project.judged}: nothing grows by more than is allowed, so nothing was written"
        job.console.say(f"    --accept-growth: {told}")
        return accepted
    commit = against.repository.head() if against.repository else ""
    accept_growth(job, needed, require_reason(reason), commit)
    notes.warn(f"{ACCEPTED_FILE} accepts the growth of {', '.join(needed)}: commit it with the change")
    return accepted_since(job, against)


def _covers(entry: AcceptedGrowth | None, after: Side, level: float) -> bool:
    """Return whether growth is accepted already; a size need not come up to the level that it would be rounded to."""
    needed = (after.size_bytes or 0) if entry and entry.name == "size" else level
    return entry is not None and entry.level >= needed
