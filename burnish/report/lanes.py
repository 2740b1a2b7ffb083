"""Numbers drawn on lanes: each round as a dot, an interval as a band, and all lanes on one axis. Pure.

Places are percent of a lane's width, so that a page draws them on a screen of any width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from burnish.measure.statistics import mean
from burnish.model import Report, Side
from burnish.report.amounts import short_seconds
from burnish.report.plot import Scale
from burnish.report.summary import Comparison, Interval

_MARGIN_SHARE = 0.06
_FULL = 100.0
# An interval of two rounds may reach to the end of the world.
_WIDEST_INTERVAL = 3.0


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One value's place, and in which of three rows it lies, so that equal ones can be told apart."""

    at: float
    row: int


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """An interval's place and width; `at` is where its mean is."""

    left: float
    width: float
    at: float


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its name, what it says in words, and what is drawn; `kind` is its look."""

    name: str
    kind: str
    words: str
    band: Band
    dots: Sequence[Dot]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled place on the axis."""

    at: float
    label: str


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """All rows with their axis, which need not begin at nothing."""

    rows: Sequence[Lane]
    axis: Sequence[Mark]


def startup_lanes(report: Report) -> Lanes | None:
    """Return the rounds of the start-up of both sides and of the floor, or None where nothing was timed."""
    timed = list(_timed(report))
    if not timed:
        return None
    values = [value for _, _, rounds, _ in timed for value in rounds]
    ends = [end for _, _, rounds, interval in timed for end in _within(interval, rounds)]
    scale = scale_of([*values, *ends])
    return Lanes(
        rows=[_lane(name, kind, rounds, interval, scale) for name, kind, rounds, interval in timed],
        axis=axis_of(scale, short_seconds),
    )


def _timed(report: Report) -> list[tuple[str, str, list[float], Interval]]:
    sides: list[tuple[str, str, Side | None]] = [
        ("before", "before", report.baseline),
        ("after", "after", report.candidate),
    ]
    found = [
        (name, kind, [mean(runs) for runs in side.startup.raw], side.startup.ci95_seconds)
        for name, kind, side in sides
        if side and side.startup
    ]
    last = next((side for _, _, side in reversed(sides) if side and side.startup), None)
    floor = last.startup.floor if last and last.startup else None
    if floor is not None:
        rounds = [mean(runs) for runs in floor.timing.raw]
        found.append(("smallest process", "floor", rounds, floor.timing.ci95_seconds))
    return found


def _lane(name: str, kind: str, rounds: Sequence[float], interval: Interval, scale: Scale) -> Lane:
    low, high = map(short_seconds, interval)
    words = f"{short_seconds(mean(rounds))} ({low} to {high})" if len(rounds) > 1 else short_seconds(mean(rounds))
    dots = [Dot(at=scale.at(value), row=number % 3) for number, value in enumerate(rounds)]
    return Lane(name=name, kind=kind, words=words, band=band_of(mean(rounds), interval, scale), dots=dots)


def _within(interval: Interval, values: Sequence[float]) -> Interval:
    """Return an interval, cut where it is far wider than what was seen."""
    widest = _WIDEST_INTERVAL * max(*values, 1e-9)
    return max(interval[0], 0.0), min(interval[1], widest)


def band_of(middle: float, interval: Interval, scale: Scale) -> Band:
    """Return where an interval lies on a scale, cut at its ends."""
    left, right = scale.at(interval[0]), scale.at(interval[1])
    return Band(left=left, width=round(max(right - left, 0.4), 1), at=scale.at(middle))


def scale_of(values: Sequence[float]) -> Scale:
    """Return a scale in percent on which all values lie."""
    low, high = min(values), max(values)
    margin = _MARGIN_SHARE * (high - low) or 0.1 * abs(high) or 1.0
    return Scale(low=max(0.0, low - margin) if low >= 0 else low - margin, high=high + margin, start=0.0, end=_FULL)


def axis_of(scale: Scale, write: Callable[[float], str]) -> list[Mark]:
    """Return a few labelled places, none of which is too near to another or to an end for its label."""
    marks: list[Mark] = []
    for tick in scale.ticks(write):
        if 6 <= tick.at <= _FULL - 6 and (not marks or tick.at - marks[-1].at >= 18):  # noqa: PLR2004 - percent
            marks.append(Mark(at=tick.at, label=tick.label))
    return marks


def whiskers(row: Comparison) -> tuple[Band | None, Band | None]:
    """Return where the intervals of both sides lie beside their bars, of which the longer fills the lane."""
    largest = largest_of(row)
    scale = Scale(low=0.0, high=largest or 1.0, start=0.0, end=_FULL)
    pairs = ((row.before, row.before_interval), (row.after, row.after_interval))
    before, after = (
        band_of(value, interval, scale) if value is not None and interval is not None and largest > 0 else None
        for value, interval in pairs
    )
    return before, after


def largest_of(row: Comparison) -> float:
    """Return what fills the lane of a comparison: the larger value, or the end of its interval where that is near."""
    values = [value for value in (row.before, row.after) if value is not None]
    ends = [interval[1] for interval in (row.before_interval, row.after_interval) if interval]
    top = max(values, default=0.0)
    return max([top, *(end for end in ends if end < 2 * top)])
