"""What was found of one limit, how findings make a gate, and the words that gates share. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from burnish.measure.statistics import Interval, ratio_interval
from burnish.model import SEVERITY, Gate, Side, VerdictName
from burnish.text import shortened

MAX_NAMES = 5
MAX_NAME_LENGTH = 120
A_LIBRARY = "a library is not started by itself"
LINK_ONLY = "this platform can be linked for here, and not run"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one limit."""

    criterion: str
    verdict: VerdictName
    reason: str
    measured: float | None = None
    limit: float | None = None
    unit: str = ""


def gate_of(name: str, findings: Sequence[Finding], *, facts: str = "") -> Gate:
    """Make a gate: the worst finding's verdict and number, the criteria and reasons of all of them, then `facts`."""
    worst = worst_of(findings)
    return Gate(
        name=name,
        criterion="; ".join(finding.criterion for finding in findings),
        verdict=worst.verdict,
        measured=worst.measured,
        limit=worst.limit,
        unit=worst.unit,
        reason="; ".join(filter(None, [*(finding.reason for finding in findings), facts])),
    )


def worst_of(findings: Iterable[Finding]) -> Finding:
    """Return the finding with the worst verdict, the first among equals."""
    return max(findings, key=lambda finding: SEVERITY.index(finding.verdict))


def missing(name: str, criterion: str, candidate: Side, reason: str) -> Gate:
    """Return the gate of a number that is not there: without a binary nothing is asked, with one it is unknown."""
    if candidate.artifact is None:
        return not_applicable(name, criterion, absent(candidate, reason))
    if candidate.kind != "bin" and not candidate.behaviour:
        return not_applicable(name, criterion, candidate.unloaded or A_LIBRARY)
    return unknown(name, criterion, reason)


def absent(candidate: Side, otherwise: str) -> str:
    """Return that there is no binary, or else what is absent."""
    return "there is no binary" if candidate.artifact is None else otherwise


def no_limit(measured: float, unit: str) -> Finding:
    """Return the finding of a number that the budget does not limit."""
    return Finding(
        criterion="no limit stated",
        verdict="not-applicable",
        reason="the budget states no limit",
        measured=measured,
        unit=unit,
    )


def not_applicable(name: str, criterion: str, reason: str) -> Gate:
    """Return a gate that does not apply, with the reason."""
    return gate_of(name, [Finding(criterion=criterion, verdict="not-applicable", reason=reason)])


def unknown(name: str, criterion: str, reason: str) -> Gate:
    """Return a gate of which nothing could be known, with the reason: inconclusive, so that it is not kept."""
    return gate_of(name, [Finding(criterion=criterion, verdict="inconclusive", reason=reason)])


def count_of(number: int, noun: str) -> str:
    """Write a number with its noun: `1 test`, `2 tests`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def names_of(names: Sequence[str]) -> str:
    """Write names, clipped, and at most five of them."""
    return listed([clipped(name) for name in names])


def listed(words: Sequence[str]) -> str:
    """Write at most five words, and how many more there are."""
    shown = ", ".join(words[:MAX_NAMES])
    return f"{shown} and {len(words) - MAX_NAMES} more" if len(words) > MAX_NAMES else shown


def named(text: str | None) -> str:
    """Write one name between backticks, clipped."""
    return f"`{clipped(text or '')}`"


def clipped(text: str) -> str:
    """Return a name, or the beginning of one that is very long."""
    return shortened(text, MAX_NAME_LENGTH)


def held_against(interval: Interval | None, limit: float) -> VerdictName:
    """Return whether an interval shows that a limit is kept, or that it is not; inconclusive where it shows neither."""
    if interval is None or interval.low <= limit < interval.high:
        return "inconclusive"
    return "fail" if interval.low > limit else "pass"


def among_several(interval_of: Callable[[float], Interval | None], error: float, among: int) -> Interval | None:
    """Return the interval by which one of several is judged, each end of which errs with the probability `error`.

    Any one of them could fail by chance, so the low end is corrected for their number (Bonferroni); all must pass, so
    the high end is not. `interval_of` gives the interval of a confidence.
    """
    low, high = interval_of(1 - 2 * error / among), interval_of(1 - 2 * error)
    return Interval(low=low.low, mean=low.mean, high=high.high, n=low.n) if low and high else None


def ratio_finding(
    criterion: str, limit: float, judged: Sequence[tuple[VerdictName, Interval | None]], reason: str
) -> Finding:
    """Return what was found of several ratios: the worst verdict, with the largest ratio that has it."""
    worst = max((verdict for verdict, _ in judged), key=SEVERITY.index)
    ratios = [ratio.mean for verdict, ratio in judged if verdict == worst and ratio]
    return Finding(
        criterion=criterion,
        verdict=worst,
        reason=reason,
        measured=max(ratios, default=None),
        limit=limit,
        unit="ratio",
    )


def paired_ratio(candidate: Sequence[float], baseline: Sequence[float], *, confidence: float = 0.95) -> Interval | None:
    """Return the ratio's interval, unbounded for a single pair; None where samples do not pair or are no times."""
    try:
        return ratio_interval(candidate, baseline, confidence)
    except ValueError:
        return None


def ratio_words(ratio: Interval) -> str:
    """Write a ratio with its interval, or say that there is none."""
    if not is_finite(ratio):
        return f"{ratio.mean:.3f} (one pair, so no interval)"
    return f"{ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def is_finite(interval: Interval) -> bool:
    """Return whether an interval has two ends."""
    return math.isfinite(interval.low) and math.isfinite(interval.high)
