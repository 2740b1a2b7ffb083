"""The gate of start-up: limits on the time itself, on its ratio to the baseline, and on what is above the floor. Pure.

The rounds may be looked at several times, more of them being taken while a limit is neither shown nor refuted. So each
limit is judged by an interval wide enough for all looks together to err in at most 5% (`decision_confidence`); what is
told is the 95% interval. Where several binaries are judged together, its low end is corrected for their number too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    among_several,
    clipped,
    count_of,
    gate_of,
    is_finite,
    missing,
    no_limit,
    not_applicable,
    paired_ratio,
    ratio_words,
    worst_of,
)
from burnish.measure.statistics import (
    Interval,
    decision_confidence,
    difference_interval,
    round_means,
    t_interval,
)
from burnish.model import Gate, Mode, Side, Startup, Timing, VerdictName
from burnish.text import format_seconds

SLOWDOWN_WORTH_ROUNDS = 1.05
"""More rounds are taken to find a slow-down of this ratio; a smaller one counts where the first rounds show it."""

Direction = Literal["slower", "faster", "neither"]


@dataclass(frozen=True, kw_only=True)
class _Quantity:
    """What a limit is about: its name, its unit, and its interval at a confidence; None where rounds do not pair."""

    name: str
    unit: str
    interval: Callable[[float], Interval | None]


def judge_startup(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Hold the start-up against whatever limits the budget states, by intervals over the rounds."""
    criterion = "the start-up time"
    if mode != "native":
        reason = LINK_ONLY if mode == "link-only" else "under emulation, times say nothing about the real machine"
        return not_applicable("startup", criterion, reason)
    after = candidate.startup
    if candidate.artifact is None or after is None:
        return missing("startup", criterion, candidate, "the start-up was not measured")
    findings = _findings(baseline.startup, after, budget) or [no_limit(after.mean_seconds, "s")]
    return gate_of("startup", findings, facts=_facts(baseline.startup, candidate, after))


def needs_more_rounds(before: Startup | None, after: Startup, budget: Budget) -> bool:
    """Return whether more rounds could still show or refute what the budget asks of the start-up."""
    findings = _findings(before, after, budget)
    verdict = worst_of(findings).verdict if findings else "pass"
    if verdict == "inconclusive" and is_out_of_reach(after.floor.timing if after.floor else None, budget):
        return False
    if verdict == "pass" and budget.startup_must_not_slow:
        ratio = _deciding_ratio(before, after)
        return ratio is not None and ratio.high > SLOWDOWN_WORTH_ROUNDS
    return verdict == "inconclusive"


def is_shown_slower(before: Startup | None, after: Startup, budget: Budget) -> bool:
    """Return whether the candidate fails for being slower than the baseline, by the ratio of the two."""
    ratio = _deciding_ratio(before, after)
    limits = [1.0] * budget.startup_must_not_slow
    limits += [] if budget.max_startup_ratio is None else [max(1.0, budget.max_startup_ratio)]
    return ratio is not None and any(ratio.low > limit for limit in limits)


def is_out_of_reach(floor: Timing | None, budget: Budget) -> bool:
    """Return whether this machine's smallest process alone misses the limit on the time itself: so does any program.

    It does where it misses it in each round: the mean of a machine that is busy now and then tells less.
    """
    limit = budget.max_startup_seconds
    return limit is not None and floor is not None and min(round_means(floor.raw), default=0.0) > limit


def judge_out_of_reach(floor: Timing, budget: Budget) -> Gate:
    """Return the verdict on a limit that the floor alone was seen to miss, where nothing else was measured."""
    limit = budget.max_startup_seconds or 0.0
    finding = Finding(
        criterion=f"upper bound of the 95% interval of the mean at most {format_seconds(limit)}",
        verdict="inconclusive",
        reason=_out_of_reach_words(floor, limit),
        measured=floor.mean_seconds,
        limit=limit,
        unit="s",
    )
    return gate_of(
        "startup",
        [finding],
        facts="relative limits are judged here all the same: max_startup_ratio, max_startup_above_floor",
    )


def _out_of_reach_words(floor: Timing, limit: float) -> str:
    return (
        f"starting any process takes {format_seconds(floor.mean_seconds)} on this machine now (the floor), more than "
        f"{format_seconds(limit)}: no program could meet the limit here, so it says nothing about this one"
    )


def startup_direction(before: Startup | None, after: Startup) -> Direction | None:
    """Return what the rounds show of the candidate against the baseline; None where they cannot be compared."""
    return _direction(_deciding_ratio(before, after))


def _direction(ratio: Interval | None) -> Direction | None:
    if ratio is None or not is_finite(ratio):
        return None
    if ratio.low > 1:
        return "slower"
    return "faster" if ratio.high < 1 else "neither"


def _deciding_ratio(before: Startup | None, after: Startup) -> Interval | None:
    return _deciding(after, lambda confidence: _ratio(before, after, confidence))


def _deciding(after: Startup, interval_of: Callable[[float], Interval | None]) -> Interval | None:
    """Return the interval that decides, corrected for the looks at it and for the binaries judged with this one."""
    return among_several(interval_of, (1 - decision_confidence(after.looks)) / 2, 1 + after.beside)


def _mean(startup: Startup, confidence: float) -> Interval | None:
    means = round_means(startup.raw)
    return t_interval(means, confidence) if means else None


def _ratio(before: Startup | None, after: Startup, confidence: float = 0.95) -> Interval | None:
    """Return the ratio of the rounds' means, candidate to baseline, or None where the rounds do not pair."""
    if before is None:
        return None
    return paired_ratio(round_means(after.raw), round_means(before.raw), confidence=confidence)


def _above_floor(startup: Startup, confidence: float = 0.95) -> Interval | None:
    """Return what the rounds' means are above the floor's, or None where the rounds do not pair."""
    floor = round_means(startup.floor.timing.raw) if startup.floor else []
    own = round_means(startup.raw)
    return difference_interval(own, floor, confidence) if own and len(own) == len(floor) else None


def _findings(before: Startup | None, after: Startup, budget: Budget) -> list[Finding]:
    mean = _Quantity(name="mean", unit="s", interval=lambda confidence: _mean(after, confidence))
    above = _Quantity(
        name="mean above the floor", unit="s", interval=lambda confidence: _above_floor(after, confidence)
    )
    ratio = _Quantity(
        name="ratio to the baseline", unit="ratio", interval=lambda confidence: _ratio(before, after, confidence)
    )
    limits = (
        (mean, budget.max_startup_seconds),
        (above, budget.max_startup_above_floor_seconds),
        (ratio, budget.max_startup_ratio),
    )
    findings = [_limit_finding(quantity, limit, after) for quantity, limit in limits if limit is not None]
    words = _busy_words(after, budget, findings[0].verdict if findings else "pass")
    if words:
        findings[0] = msgspec.structs.replace(findings[0], verdict="inconclusive", reason=words)
    return [*findings, *([_not_slower_finding(before, after)] if budget.startup_must_not_slow else [])]


def _busy_words(after: Startup, budget: Budget, verdict: VerdictName) -> str:
    """Return why the machine is too busy to judge the limit on the time itself, nothing where it is not.

    Where the floor misses the limit on the whole, and not in each round, what is for certain the program's own, on top
    of the quickest round of the floor, must miss it: otherwise the program may meet it in a quiet hour.
    """
    floor, limit = after.floor.timing if after.floor else None, budget.max_startup_seconds
    if floor is None or limit is None:
        return ""
    if is_out_of_reach(floor, budget):
        return _out_of_reach_words(floor, limit)
    above = _deciding(after, lambda confidence: _above_floor(after, confidence))
    least = min(round_means(floor.raw)) + (above.low if above else 0.0)
    if verdict != "fail" or floor.mean_seconds <= limit or least > limit:
        return ""
    return (
        f"starting any process takes {format_seconds(floor.mean_seconds)} on this machine now (the floor), more than "
        f"{format_seconds(limit)}: the program may meet the limit in a quiet hour"
    )


def _limit_finding(quantity: _Quantity, limit: float, after: Startup) -> Finding:
    """Find whether the upper bound of a quantity's interval is within the limit."""
    bound = _number_words(limit, quantity.unit)
    criterion = f"upper bound of the 95% interval of the {quantity.name} at most {bound}"
    told, deciding = quantity.interval(0.95), _deciding(after, quantity.interval)
    if told is None or deciding is None:
        reason = f"no rounds that give the {quantity.name}"
        return Finding(criterion=criterion, verdict="inconclusive", reason=reason, limit=limit, unit=quantity.unit)
    verdict, where = _against(deciding, limit)
    return Finding(
        criterion=criterion,
        verdict=verdict,
        reason=f"{_interval_name(after, verdict)} lies {where} the limit of {bound}",
        measured=told.high if math.isfinite(told.high) else None,
        limit=limit,
        unit=quantity.unit,
    )


def _against(interval: Interval, limit: float) -> tuple[VerdictName, str]:
    if interval.high <= limit:
        return "pass", "within"
    if interval.low > limit:
        return "fail", "wholly above"
    return "inconclusive", "on both sides of"


def _interval_name(after: Startup, verdict: VerdictName) -> str:
    looks = f"the {decision_confidence(after.looks):.1%} interval (95% over {after.looks} looks)"
    name = "the interval" if after.looks == 1 else looks
    is_wider = after.beside and verdict != "pass"
    return f"{name}, its low end corrected for {after.beside + 1} binaries," if is_wider else name


def _not_slower_finding(before: Startup | None, after: Startup) -> Finding:
    criterion = "not slower than the baseline beyond the interval of the ratio"
    deciding, told = _deciding_ratio(before, after), _ratio(before, after)
    direction = _direction(deciding)
    if after.measured > 1 and direction == "neither" and deciding and deciding.high > SLOWDOWN_WORTH_ROUNDS:
        reason = "slower than the baseline by a first measurement, and the second one cannot tell"
        return Finding(criterion=criterion, verdict="inconclusive", reason=reason)
    if direction is None or told is None:
        reason = "too few rounds of both sides to compare them"
        return Finding(criterion=criterion, verdict="inconclusive", reason=reason)
    words = {
        "slower": "slower than the baseline",
        "faster": "not slower than the baseline, and is faster",
        "neither": f"not shown to be slower than the baseline; at most {told.high:.3f} of it",
    }
    return Finding(
        criterion=criterion,
        verdict="fail" if direction == "slower" else "pass",
        reason=words[direction],
        measured=told.mean,
        limit=1.0,
        unit="ratio",
    )


def _facts(before: Startup | None, side: Side, after: Startup) -> str:
    """Return in words all that was measured, whatever is judged."""
    rounds = f"{count_of(after.rounds, 'round')} of {count_of(after.runs, 'run')}"
    ratio, above, floor = _ratio(before, after), _above_floor(after), after.floor
    mean = "mean" if side.kind == "bin" else f"mean {side.startup_word}"
    facts = [
        f"{mean} {format_seconds(after.mean_seconds)} ({_interval_words(after.ci95_seconds)}, {rounds})",
        *([f"first round alone {_ends(after.single_ci95_seconds)}"] if after.single_ci95_seconds else []),
        f"{ratio_words(ratio)} of the baseline" if ratio else "ratio to the baseline not known",
        *(["measured anew, since a first measurement found it slower"] if after.measured > 1 else []),
        *([f"{format_seconds(above.mean)} ({_ends((above.low, above.high))}) above the floor"] if above else []),
        f"floor {format_seconds(floor.timing.mean_seconds)} ({clipped(floor.kind)})" if floor else "floor not measured",
    ]
    return ", ".join(facts)


def _interval_words(ends: tuple[float, float]) -> str:
    return f"95% interval {_ends(ends)}" if all(map(math.isfinite, ends)) else "no interval"


def _ends(ends: tuple[float, float]) -> str:
    low, high = map(format_seconds, ends)
    return f"{low} to {high}"


def _number_words(value: float, unit: str) -> str:
    return format_seconds(value) if unit == "s" else f"{value:.3f}"
