"""A trial as it is judged, compared and drawn. Pure."""

from __future__ import annotations

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.startup_gate import judge_startup
from burnish.measure.statistics import mean, ratio_interval
from burnish.model import Side, Trial, overall
from burnish.search.frontier import Point
from burnish.search.pick import Entry
from burnish.search.shortfall import excess_of
from burnish.search.timing import Timed


def with_startup(trial: Trial, timed: Timed, baseline: Side, budget: Budget) -> Trial:
    """Give a trial with its start-up, judged against the baseline's in the same rounds."""
    side = msgspec.structs.replace(trial.side, startup=timed.own)
    before = msgspec.structs.replace(baseline, startup=timed.baseline)
    gates = [gate for gate in trial.gates if gate.name != "startup"]
    ratio = ratio_interval(round_means(timed), [mean(runs) for runs in timed.baseline.raw])
    return msgspec.structs.replace(
        trial,
        side=side,
        gates=[*gates, judge_startup(before, side, budget, "native")],
        startup_ratio=(ratio.mean, ratio.low, ratio.high),
    )


def round_means(timed: Timed) -> tuple[float, ...]:
    """Give the mean of each round of a trial."""
    return tuple(mean(runs) for runs in timed.own.raw)


def entry_of(trial: Trial, means: tuple[float, ...], *, plain_first: bool) -> Entry:
    """Give what a trial is compared by, with the round means that count."""
    limits = [gate for gate in trial.gates if gate.name in {"size", "startup"}]
    asks = any(gate.verdict != "not-applicable" for gate in limits)
    return Entry(
        name=trial.name,
        size_bytes=trial.side.size_bytes or 0,
        round_means=means,
        unusual=trial.unusual,
        settings=len(trial.choices),
        is_plain=not (trial.command and plain_first),
        verdict=overall(limits) if asks else "pass",
        excess=excess_of(limits),
    )


def point_of(trial: Trial) -> Point:
    """Give where a trial stands beside the others."""
    startup = trial.side.startup
    return Point(
        name=trial.name,
        size_bytes=trial.side.size_bytes or 0,
        startup=startup.ci95_seconds if startup else None,
        build_seconds=trial.side.build_seconds,
    )
