"""The benches gate: each Criterion bench against itself in the baseline. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    Mode,
    clipped,
    gate_of,
    listed,
    not_applicable,
    paired_ratio,
    ratio_words,
    unknown,
)
from burnish.judge.verdict import SEVERITY
from burnish.measure.statistics import Interval
from burnish.report.model import Gate, Side, VerdictName

FAMILY_ERROR = 0.05


def judge_benches(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Ask that no bench of the baseline vanished or is slower than the tolerance, by the ratio's interval.

    With m benches each interval is at confidence 1 - 0.05/m (Bonferroni), so that all of them hold together at 95%.
    """
    criterion = f"no bench slower than {1 + budget.bench_tolerance:.2f} times the baseline"
    if mode == "link-only":
        return not_applicable("benches", criterion, LINK_ONLY)
    before = _attempts(baseline)
    after = _attempts(candidate)
    if not before:
        return not_applicable("benches", criterion, _and_not_judged("no bench to compare", baseline, candidate))
    if candidate.benches is None:
        return unknown("benches", criterion, "not run on the candidate")
    confidence = 1 - FAMILY_ERROR / len(before)
    limit = 1 + budget.bench_tolerance
    benches = [_bench(name, after.get(name, []), before[name], limit, confidence) for name in before]
    finding = _benches_finding(criterion, benches, limit)
    reason = f"{finding.reason}; {_confidence_words(confidence, len(before))}"
    reason = _and_not_judged(reason, baseline, candidate)
    return gate_of("benches", [msgspec.structs.replace(finding, reason=reason)])


class _Bench(msgspec.Struct, frozen=True):
    """One bench compared: `group` is the words under which it is told."""

    name: str
    group: str
    verdict: VerdictName
    ratio: Interval | None

    @property
    def badness(self) -> tuple[int, float]:
        return SEVERITY.index(self.verdict), self.ratio.mean if self.ratio else math.inf

    @property
    def words(self) -> str:
        return f"{clipped(self.name)} {ratio_words(self.ratio)}" if self.ratio else clipped(self.name)


_BENCH_GROUPS = ("vanished", "slower", "not decided", "faster", "unchanged within the tolerance")


def _attempts(side: Side) -> dict[str, list[float]]:
    return {bench.id: bench.attempts for bench in side.benches.measured} if side.benches else {}


def _bench(name: str, after: list[float], before: list[float], limit: float, confidence: float) -> _Bench:
    if not after:
        return _Bench(name, "vanished", "fail", None)
    ratio = paired_ratio(after, before, confidence=confidence)
    if ratio is None:
        return _Bench(name, "not decided", "inconclusive", None)
    if ratio.low > limit:
        return _Bench(name, "slower", "fail", ratio)
    if ratio.mean > limit:
        return _Bench(name, "not decided", "inconclusive", ratio)
    return _Bench(name, "faster" if ratio.high < 1 else "unchanged within the tolerance", "pass", ratio)


def _benches_finding(criterion: str, benches: Sequence[_Bench], limit: float) -> Finding:
    ranked = sorted(benches, key=lambda bench: bench.badness, reverse=True)
    groups = {group: [bench.words for bench in ranked if bench.group == group] for group in _BENCH_GROUPS}
    told = [f"{len(words)} {group}: {listed(words)}" for group, words in groups.items() if words]
    worst = ranked[0]
    return Finding(
        criterion=criterion,
        verdict=worst.verdict,
        reason="; ".join(told),
        measured=worst.ratio.mean if worst.ratio else None,
        limit=limit,
        unit="ratio",
    )


def _confidence_words(confidence: float, count: int) -> str:
    if count == 1:
        return "the interval is at 95%"
    return f"each interval is at {confidence:.2%}, so that all {count} hold together at 95% (Bonferroni)"


def _and_not_judged(reason: str, *sides: Side) -> str:
    skipped = {name: why for side in sides if side.benches for name, why in side.benches.not_judged.items()}
    words = [f"{clipped(name)} ({clipped(why)})" for name, why in skipped.items()]
    return f"{reason}; not judged: {listed(words)}" if words else reason
