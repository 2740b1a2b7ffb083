"""The instructions gate: the program executes no more instructions than the budget allows. Pure.

They are user-space work, not time: a count that hardly differs between runs, so that little is seen on a machine where
times tell nothing. Each command is judged by the interval of its ratio to the baseline over paired runs. As with
workloads, the low end is corrected for their number: any one of many could fail by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    among_several,
    clipped,
    gate_of,
    held_against,
    is_finite,
    listed,
    names_of,
    not_applicable,
    paired_ratio,
    ratio_finding,
    unknown,
)
from burnish.measure.statistics import Interval
from burnish.model import Counted, Gate, Mode, Side

ERROR = 0.025
NOBODY_COUNTS = (
    "nobody counts instructions here: the kernel gives this machine no counter, and valgrind is not installed;"
    " `burnish doctor` says how to get it"
)
_GROUPS = {"fail": "more", "inconclusive": "not decided", "pass": "within the limit"}


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """The counts of one command on both sides, and among how many it is judged."""

    name: str
    before: Sequence[int]
    after: Sequence[int]
    among: int

    @property
    def ratio(self) -> Interval | None:
        return among_several(self._interval, ERROR, self.among)

    def _interval(self, confidence: float) -> Interval | None:
        return paired_ratio(self.after, self.before, confidence=confidence)

    @property
    def words(self) -> str:
        ratio = self.ratio
        if ratio is None:
            return self.name
        # Counts are told apart by less than a thousandth.
        between = f" ({ratio.low:.4f} to {ratio.high:.4f})" if is_finite(ratio) else " (one pair, so no interval)"
        return f"{self.name} {ratio.mean:.4f}{between}"


def judge_instructions(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate | None:
    """Hold the counts of each command against the budget's limit; None where it states none.

    The workloads by which the candidate was guided judge nothing.
    """
    limit = budget.max_instructions_ratio
    if limit is None:
        return None
    criterion = f"no more instructions than {limit:.3f} times the baseline's"
    if mode != "native":
        reason = LINK_ONLY if mode == "link-only" else "under emulation, instructions are not those of the real machine"
        return not_applicable("instructions", criterion, reason)
    if candidate.artifact is None or candidate.kind != "bin":
        return not_applicable("instructions", criterion, "there is no binary")
    uncounted = _uncounted(baseline, candidate)
    if uncounted:
        return unknown("instructions", criterion, uncounted)
    trained = [workload_counted(each.name) for each in candidate.workloads if each.trained]
    pairs = _pairs(baseline, candidate, trained)
    return gate_of("instructions", [_finding(pairs, criterion, limit)], facts=_facts(candidate, trained))


def instruction_ratios(baseline: Side, candidate: Side) -> Iterator[Interval]:
    """Yield the ratio of each command that was counted on both sides, with its interval."""
    trained = [workload_counted(each.name) for each in candidate.workloads if each.trained]
    is_whole = baseline.instructions and candidate.instructions and not _uncounted(baseline, candidate)
    for pair in _pairs(baseline, candidate, trained) if is_whole else ():
        if pair.ratio is not None:
            yield pair.ratio


def _uncounted(baseline: Side, candidate: Side) -> str:
    """Return why counts cannot be compared; nothing where they can."""
    if not baseline.instructions or not candidate.instructions:
        return NOBODY_COUNTS
    failed = {clipped(each.name): each.failure for each in _counted(baseline, candidate) if each.failure}
    if failed:
        return f"not counted: {listed([f'{name}: {failure}' for name, failure in failed.items()])}"
    names = [{each.name for each in side.instructions} for side in (baseline, candidate)]
    return f"not counted on both sides: {names_of(sorted(names[0] ^ names[1]))}" if names[0] != names[1] else ""


def workload_counted(name: str) -> str:
    """Return by what name the instructions of a workload are told."""
    return f"workload {name}"


def needs_more_counts(before: Sequence[int], after: Sequence[int], limit: float | None, among: int) -> bool:
    """Return whether more runs could still show or refute the limit for one command of so many."""
    pair = _Pair(name="", before=before, after=after, among=among)
    return limit is not None and held_against(pair.ratio, limit) == "inconclusive"


def _counted(*sides: Side) -> list[Counted]:
    return [each for side in sides for each in side.instructions]


def _pairs(baseline: Side, candidate: Side, trained: Collection[str]) -> list[_Pair]:
    after = {each.name: each.runs for each in candidate.instructions}
    judged = [each for each in baseline.instructions if each.name not in trained]
    return [
        _Pair(name=clipped(each.name), before=each.runs, after=after[each.name], among=len(judged)) for each in judged
    ]


def _finding(pairs: Sequence[_Pair], criterion: str, limit: float) -> Finding:
    """Find the command that grew most against the limit, and tell all by their groups."""
    judged = [(held_against(pair.ratio, limit), pair) for pair in pairs]
    told = [
        f"{group}: {listed(words)}"
        for verdict, group in _GROUPS.items()
        if (words := [pair.words for each, pair in judged if each == verdict])
    ]
    return ratio_finding(criterion, limit, [(verdict, pair.ratio) for verdict, pair in judged], "; ".join(told))


def _facts(candidate: Side, trained: Collection[str]) -> str:
    by = sorted({each.by for each in candidate.instructions if each.by})
    guided = [clipped(name) for name in trained if name in {each.name for each in candidate.instructions}]
    told = f"not judged, since the build was guided by it: {listed(guided)}"
    return "; ".join([f"user-space work, counted by {' and '.join(by)}: not time", *([told] if guided else [])])
