"""Trials as they are judged: with their start-up, beside each other, and by what none of them meets. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.startup_gate import judge_startup
from burnish.judge.workloads_gate import judge_workloads
from burnish.measure.statistics import geometric_mean, mean, ratio_interval
from burnish.model import Gate, Side, Trial, Workload, overall
from burnish.report.summary import format_measure
from burnish.search.pick import Entry
from burnish.search.timing import Timed
from burnish.text import format_bytes

QUICKER = 0.8
"""A build is quicker than another when it takes less than this share of its time: one build is one sample."""
_LIMITS = ("size", "startup", "workloads")
# What is told by how many times it is beyond its limit.
_TIMES = 3


@dataclass(frozen=True, kw_only=True)
class Point:
    """One candidate: exact bytes, and its build time, seconds.

    `startup` is the 95% interval of its mean start-up, seconds, and `work` that of its workloads' ratio to the
    baseline; None where they were not timed.
    """

    name: str
    size_bytes: int
    startup: tuple[float, float] | None
    build_seconds: float
    work: tuple[float, float] | None = None


def with_startup(trial: Trial, timed: Timed, baseline: Side, budget: Budget) -> Trial:
    """Return a trial with its start-up, judged against the baseline's in the same rounds."""
    side = msgspec.structs.replace(trial.side, startup=timed.own)
    before = msgspec.structs.replace(baseline, startup=timed.baseline)
    gates = [gate for gate in trial.gates if gate.name != "startup"]
    own, before_it = ([mean(runs) for runs in each.raw] for each in (timed.own, timed.baseline))
    ratio = ratio_interval(own, before_it)
    return msgspec.structs.replace(
        trial,
        side=side,
        gates=[*gates, judge_startup(before, side, budget, "native")],
        startup_ratio=(ratio.mean, ratio.low, ratio.high),
    )


def with_workloads(trial: Trial, timed: Sequence[Workload], before: Sequence[Workload], budget: Budget) -> Trial:
    """Return a trial with its workloads, judged against the baseline's of the same rounds."""
    side = msgspec.structs.replace(trial.side, workloads=list(timed))
    baseline = Side(command=[], build_seconds=0.0, workloads=list(before))
    gates = [gate for gate in trial.gates if gate.name != "workloads"]
    return msgspec.structs.replace(
        trial,
        side=side,
        gates=[*gates, judge_workloads(baseline, side, budget, "native")],
        workload_ratio=_ratio_of_all(timed),
    )


def is_open_at_work(gates: Iterable[Gate]) -> bool:
    """Return whether nothing but the verdict on its work is open of what a trial must meet."""
    missed = {gate.name: gate.verdict for gate in gates if gate.verdict in {"fail", "inconclusive"}}
    return missed == {"workloads": "inconclusive"}


def met_at_work(trial: Trial) -> Trial:
    """Return a trial as if it had met the limits of its work."""
    met = {"workloads": "pass"}
    gates = [msgspec.structs.replace(gate, verdict=met.get(gate.name, gate.verdict)) for gate in trial.gates]
    return msgspec.structs.replace(trial, gates=gates)


def _ratio_of_all(workloads: Sequence[Workload]) -> tuple[float, float, float] | None:
    """Return the geometric mean of the ratios of those that judge, and of the ends of their intervals."""
    judging = [each for each in workloads if not each.trained]
    ratios = [each.times.ratio_to_baseline for each in judging if each.times and each.times.ratio_to_baseline]
    if not ratios or len(ratios) < len(judging) or not all(_has_ends(ratio.ci95) for ratio in ratios):
        return None
    low, high = (geometric_mean([ratio.ci95[end] for ratio in ratios]) for end in (0, 1))
    return geometric_mean([ratio.mean for ratio in ratios]), low, high


def _has_ends(interval: tuple[float, float]) -> bool:
    return interval[0] > 0 and math.isfinite(interval[1])


def _shown_work(trial: Trial) -> float:
    """Return the time at work as a ratio to the baseline's, as far as it is shown to differ: the end nearest to 1."""
    if trial.workload_ratio is None:
        return 1.0
    _, low, high = trial.workload_ratio
    return min(max(1.0, low), high)


def means_of_rounds(timed: Timed) -> tuple[float, ...]:
    """Return the mean of each round of a trial; of several binaries their geometric mean."""
    of_each = [[mean(runs) for runs in pair.own.raw] for pair in (timed, *timed.beside)]
    return tuple(geometric_mean(means) if timed.beside else means[0] for means in zip(*of_each, strict=True))


def entry_of(trial: Trial, means: tuple[float, ...], *, plain_first: bool, others: Collection[str] = ()) -> Entry:
    """Return what a trial is compared by, with the round means that count.

    Where `others`, further binaries by name, are judged too, the geometric mean of all sizes counts.
    """
    limits = [gate for gate in trial.gates if gate.name in _LIMITS]
    asks = any(gate.verdict != "not-applicable" for gate in limits)
    return Entry(
        name=trial.name,
        size_bytes=_size_of_all(trial.side, others),
        round_means=means,
        unusual=trial.unusual,
        settings=len(trial.choices),
        is_plain=not (trial.command and plain_first),
        verdict=overall(limits) if asks else "pass",
        excess=excess_of(limits),
        work=_shown_work(trial),
    )


def _size_of_all(side: Side, others: Collection[str]) -> int:
    beside = [part.size_bytes for part in side.artifacts if part.kind == "bin" and part.target in others]
    sizes = [side.size_bytes or 0, *beside]
    return round(geometric_mean(sizes)) if beside and all(sizes) else sizes[0]


def point_of(trial: Trial) -> Point:
    """Return where a trial stands beside the others."""
    startup = trial.side.startup
    return Point(
        name=trial.name,
        size_bytes=trial.side.size_bytes or 0,
        startup=startup.ci95_seconds if startup else None,
        build_seconds=trial.side.build_seconds,
        work=trial.workload_ratio[1:] if trial.workload_ratio else None,
    )


def frontier(points: Sequence[Point]) -> list[str]:
    """Return the names of the points that no other dominates, the smallest first."""
    best = [point for point in points if not any(dominates(other, point) for other in points)]
    return [point.name for point in sorted(best, key=lambda point: (point.size_bytes, point.name))]


def dominates(one: Point, other: Point) -> bool:
    """Return whether `one` is nowhere shown to be worse than `other`, and somewhere shown to be better."""
    return _is_better(one, other) and not _is_better(other, one)


def _is_better(one: Point, other: Point) -> bool:
    """Return whether `one` is somewhere shown to be better than `other`."""
    is_smaller, is_quicker = one.size_bytes < other.size_bytes, _builds_quicker(one, other)
    return is_smaller or is_quicker or _is_less(one.startup, other.startup) or _is_less(one.work, other.work)


def _is_less(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is not None and other is not None and one[1] < other[0]


def _builds_quicker(one: Point, other: Point) -> bool:
    return one.build_seconds < QUICKER * other.build_seconds


def excess_of(gates: Iterable[Gate]) -> float:
    """Return by how much the failed limits are missed: the product of measured / limit."""
    failed = [gate for gate in gates if gate.verdict == "fail" and gate.measured and gate.limit]
    return math.prod(max(1.0, (gate.measured or 0) / (gate.limit or 1)) for gate in failed)


def shortfall(works: Sequence[Trial]) -> list[str]:
    """Return which limits keep every trial that works from meeting the budget, each with the trial that comes nearest.

    The trials come best first. Empty where one meets all that a trial can tell, or may.
    """
    failed = [{gate.name for gate in trial.gates if gate.verdict == "fail"} for trial in works]
    if not all(failed):
        return []
    alone = [name for name in _LIMITS if all(name in names for names in failed)]
    return [_nearest(name, works) for name in alone] or [_together(works[0])] if works else []


def _nearest(name: str, works: Sequence[Trial]) -> str:
    pairs = [(gate, trial) for trial in works for gate in trial.gates if gate.name == name]
    gate, trial = min(pairs, key=lambda pair: pair[0].measured or math.inf)
    return f"{name}: no candidate meets {gate.criterion}; the nearest, {trial.name}, has {_missed(gate)}"


def _together(best: Trial) -> str:
    missed = [f"{gate.name} {_missed(gate)}" for gate in best.gates if gate.verdict == "fail"]
    return f"each limit is met by some candidate, all by none; the nearest, {best.name}: {', '.join(missed)}"


def _missed(gate: Gate) -> str:
    measured, limit = (format_measure(value, gate.unit) for value in (gate.measured, gate.limit))
    return f"{measured} where {limit} is the limit{_over(gate.measured, gate.limit)}"


def _over(measured: float | None, limit: float | None) -> str:
    """Return by how much a limit is missed, as people say it."""
    if not (measured and limit):
        return ""
    ratio = measured / limit
    return f", {ratio:,.0f} times as much" if ratio >= _TIMES else f", {ratio - 1:.1%} too much"


def not_taken(trials: Iterable[Trial]) -> list[str]:
    """Return why the smallest candidate that is smaller than the project as it is is not better all the same."""
    smaller = [
        trial
        for trial in trials
        if not trial.failure and any((gate.name, gate.verdict) == ("size", "pass") for gate in trial.gates)
    ]
    failed = [(trial, gate) for trial in smaller for gate in trial.gates if gate.verdict == "fail"]
    smallest = sorted(failed, key=lambda each: each[0].side.size_bytes or 0)[:1]
    return [
        f"not taken: {trial.name}, {format_bytes(trial.side.size_bytes or 0)}: {gate.name}: {_shortly(gate.reason)}"
        for trial, gate in smallest
    ]


def _shortly(reason: str) -> str:
    return ", ".join(reason.split("; ")[:2])
