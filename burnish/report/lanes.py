"""Numbers drawn on lanes: each round as a dot, an interval as a band, and all lanes on one axis. Pure.

Places are percent of a lane's width, so that a page draws them on a screen of any width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from burnish.measure.statistics import mean
from burnish.model import Report, Startup, Timing
from burnish.report.amounts import short_seconds
from burnish.report.plot import Scale
from burnish.report.summary import Comparison, Interval

_MARGIN_SHARE = 0.06
_FULL = 100.0
_FLOOR = "smallest process"
# An interval of two rounds may reach to the end of the world.
_WIDEST_INTERVAL = 1.5


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


class LaneMark(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled place on the axis."""

    at: float
    label: str


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """All rows with their axis, which need not begin at nothing; `apart` says what lies too far off to be drawn."""

    rows: Sequence[Lane]
    axis: Sequence[LaneMark]
    apart: str = ""


class _Timed(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    rounds: Sequence[float]
    interval: Interval

    @property
    def mean_seconds(self) -> float:
        return mean(self.rounds)

    @property
    def words(self) -> str:
        low, high = map(short_seconds, self.interval)
        told = short_seconds(self.mean_seconds)
        return f"{told} ({low} to {high})" if len(self.rounds) > 1 else told


def startup_lanes(report: Report) -> Lanes | None:
    """Return the rounds of the start-up of both sides and of the floor, or None where nothing was timed."""
    sides = [("before", report.baseline), ("after", report.candidate)]
    startups = [(name, side.startup) for name, side in sides if side and side.startup]
    if not startups:
        return None
    timed = [_timed(name, name, startup) for name, startup in startups]
    floor = startups[-1][1].floor
    least = _timed(_FLOOR, "floor", floor.timing) if floor else None
    near = [least] if least and _is_near(least, timed) else []
    scale = scale_of([value for each in (*timed, *near) for value in (*each.rounds, *_cut_interval(each))])
    apart = f"{_FLOOR}: {least.words}, off the axis." if least and not near else ""
    rows = [_lane(each, scale) for each in (*timed, *near)]
    return Lanes(rows=rows, axis=axis_of(scale, short_seconds), apart=apart.capitalize())


def _timed(name: str, kind: str, times: Startup | Timing) -> _Timed:
    return _Timed(name=name, kind=kind, rounds=[mean(runs) for runs in times.raw], interval=times.ci95_seconds)


def _is_near(floor: _Timed, sides: Sequence[_Timed]) -> bool:
    """Return whether the floor can be drawn beside the sides, and their rounds still be told from each other."""
    values = [value for each in sides for value in each.rounds]
    return min(values) - floor.mean_seconds <= max(values) - min(values)


def _lane(timed: _Timed, scale: Scale) -> Lane:
    dots = [Dot(at=scale.at(value), row=number % 3) for number, value in enumerate(timed.rounds)]
    band = band_of(timed.mean_seconds, timed.interval, scale)
    return Lane(name=timed.name, kind=timed.kind, words=timed.words, band=band, dots=dots)


def _cut_interval(timed: _Timed) -> Interval:
    """Return an interval, cut where it is far wider than what was seen."""
    return max(timed.interval[0], 0.0), min(timed.interval[1], _WIDEST_INTERVAL * max(timed.rounds))


def band_of(middle: float, interval: Interval, scale: Scale) -> Band:
    """Return where an interval lies on a scale, cut at its ends."""
    left, right = scale.at(interval[0]), scale.at(interval[1])
    return Band(left=left, width=round(max(right - left, 0.4), 1), at=scale.at(middle))


def scale_of(values: Sequence[float]) -> Scale:
    """Return a scale in percent on which all values lie."""
    low, high = min(values), max(values)
    margin = _MARGIN_SHARE * (high - low) or 0.1 * abs(high) or 1.0
    return Scale(low=max(0.0, low - margin) if low >= 0 else low - margin, high=high + margin, start=0.0, end=_FULL)


def axis_of(scale: Scale, write: Callable[[float], str]) -> list[LaneMark]:
    """Return a few labelled places, none of which is too near to another or to an end for its label."""
    marks: list[LaneMark] = []
    for tick in scale.ticks(write):
        if 6 <= tick.at <= _FULL - 6 and (not marks or tick.at - marks[-1].at >= 18):  # noqa: PLR2004 - percent
            marks.append(LaneMark(at=tick.at, label=tick.label))
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
