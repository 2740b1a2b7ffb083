"""The frontier as a picture: size against start-up, intervals as bars, the best ones numbered and named below. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import jinja2

from burnish.model import Report, Side
from burnish.report.junit import xml_text
from burnish.report.summary import subject
from burnish.text import format_bytes, format_seconds, neutral, shortened

MarkKind = Literal["other", "best", "before"]
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 860, 84, 836, 48, 400
WIDE = 2.0
"""An axis whose ends differ by more than this factor is logarithmic."""
_LEGEND_TOP, _LEGEND_STEP = BOTTOM + 74, 26
_NAME_LENGTH = 78
_WIDEST = 1.5


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Maps values to places on the page, with ticks at round numbers; logarithmic where they differ by much."""

    low: float
    high: float
    start: float
    end: float

    @property
    def is_logarithmic(self) -> bool:
        """Return whether equal ratios are equal distances."""
        return self.low > 0 and self.high / self.low > WIDE

    def at(self, value: float) -> float:
        """Return the place of a value, on the edge for one beyond it."""
        within = min(max(value, self.low), self.high)
        if self.is_logarithmic:
            share = math.log(within / self.low) / math.log(self.high / self.low)
        else:
            share = (within - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, label: Callable[[float], str]) -> list[Tick]:
        """Return a handful of ticks at round numbers."""
        return [Tick(at=self.at(value), label=label(value)) for value in self._round_values()]

    def _round_values(self) -> list[float]:
        if self.is_logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)))
            rounds = [factor * 10.0**power for power in powers for factor in (1, 1.5, 2, 3, 4, 5, 7)]
            return [value for value in rounds if self.low <= value <= self.high]
        step = _round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One build: where it stands, its interval from `low` to `high`, and its number in the legend, 0 for none."""

    name: str
    words: str
    kind: MarkKind
    number: int
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A budget's limit as a line, with its words."""

    x1: float
    x2: float
    y1: float
    y2: float
    text_x: float
    text_y: float
    label: str


@dataclass(frozen=True, kw_only=True)
class LegendEntry:
    """One line of the legend."""

    name: str
    words: str
    kind: MarkKind
    number: int
    y: float


@dataclass(frozen=True, kw_only=True)
class Plot:
    """All that the template draws."""

    title: str
    description: str
    height: int
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    limits: Sequence[Limit]
    marks: Sequence[Mark]
    legend: Sequence[LegendEntry]
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    x_label: str = "size of the binary"
    y_label: str = "start-up, mean and 95% interval"


@dataclass(frozen=True, kw_only=True)
class _Build:
    name: str
    kind: MarkKind
    size_bytes: float
    mean: float
    low: float
    high: float

    @property
    def words(self) -> str:
        return f"{format_bytes(self.size_bytes)}, {format_seconds(self.mean)}"

    @property
    def ends(self) -> tuple[float, float]:
        """Return the interval, cut where it is so wide that the others would have no room."""
        return max(self.low, self.mean / _WIDEST), min(self.high, self.mean * _WIDEST)


def render_frontier(report: Report) -> str | None:
    """Return the picture of a report's search as SVG, or None where nothing was timed."""
    builds = list(_builds(report))
    if report.tune is None or len(builds) <= 1:
        return None
    return template("frontier.svg.jinja").render(plot=_plot(report, builds))


def _builds(report: Report) -> Iterator[_Build]:
    if report.tune is None:
        return
    if report.baseline is not None:
        yield from _build("as it is", "before", report.baseline)
    for trial in report.tune.trials:
        if not trial.failure:
            yield from _build(trial.name, "best" if trial.name in report.tune.frontier else "other", trial.side)


def _build(name: str, kind: MarkKind, side: Side) -> Iterator[_Build]:
    if side.startup is not None and side.size_bytes is not None:
        low, high = side.startup.ci95_seconds
        mean = side.startup.mean_seconds
        yield _Build(name=name, kind=kind, size_bytes=side.size_bytes, mean=mean, low=low, high=high)


def _plot(report: Report, builds: Sequence[_Build]) -> Plot:
    x = _scale([build.size_bytes for build in builds], LEFT, RIGHT)
    y = _scale([end for build in builds for end in (build.mean, *build.ends)], BOTTOM, TOP)
    # What was smallest is first; the baseline stands apart.
    best = sorted((build for build in builds if build.kind == "best"), key=lambda build: build.size_bytes)
    numbers = {build.name: number for number, build in enumerate(best, 1)}
    marks = [_mark(build, numbers.get(build.name, 0), x, y) for build in builds]
    legend = _legend(report, best, [build for build in builds if build.kind == "before"])
    return Plot(
        title=f"{subject(report)}: {len(builds)} builds by size and start-up",
        description="; ".join(f"{build.name}: {build.words}" for build in best),
        height=_LEGEND_TOP + _LEGEND_STEP * len(legend),
        x_ticks=x.ticks(_kilobytes),
        y_ticks=y.ticks(format_seconds),
        limits=list(_limits(report, x, y)),
        # The numbered ones lie on top.
        marks=sorted(marks, key=lambda mark: mark.number > 0),
        legend=legend,
    )


def _mark(build: _Build, number: int, x: Scale, y: Scale) -> Mark:
    return Mark(
        name=build.name,
        words=build.words,
        kind=build.kind,
        number=number,
        x=x.at(build.size_bytes),
        y=y.at(build.mean),
        low=y.at(build.low),
        high=y.at(build.high),
    )


def _legend(report: Report, best: Sequence[_Build], before: Sequence[_Build]) -> list[LegendEntry]:
    pick = report.tune.pick if report.tune else None
    entries = [
        LegendEntry(
            name=_shortened(f"{build.name} (the pick)" if build.name == pick else build.name),
            words=build.words,
            kind=build.kind,
            number=number if build.kind == "best" else 0,
            y=0,
        )
        for number, build in enumerate((*best, *before), 1)
    ]
    entries.append(LegendEntry(name="beaten by one of the numbered ones", words="", kind="other", number=0, y=0))
    return [replace(entry, y=_LEGEND_TOP + _LEGEND_STEP * line) for line, entry in enumerate(entries)]


def _shortened(name: str) -> str:
    shown = neutral(name)
    return shortened(shown, _NAME_LENGTH)


def _limits(report: Report, x: Scale, y: Scale) -> Iterator[Limit]:
    trials = report.tune.trials if report.tune else []
    for gate in {gate.name: gate for trial in trials for gate in trial.gates}.values():
        if gate.limit is None or gate.unit not in {"bytes", "s"}:
            continue
        if gate.unit == "bytes" and x.low < gate.limit < x.high:
            at = x.at(gate.limit)
            label = f"limit {format_bytes(gate.limit)}"
            yield Limit(x1=at, x2=at, y1=TOP, y2=BOTTOM, text_x=at - 6, text_y=TOP + 14, label=label)
        elif gate.unit == "s" and y.low < gate.limit < y.high:
            at = y.at(gate.limit)
            label = f"limit {format_seconds(gate.limit)}"
            yield Limit(x1=LEFT, x2=RIGHT, y1=at, y2=at, text_x=RIGHT - 6, text_y=at - 6, label=label)


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    margin = 0.12 * (high - low) or 0.1 * high
    return Scale(low=max(0.0, low - margin), high=high + margin, start=start, end=end)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _kilobytes(size_bytes: float) -> str:
    return f"{size_bytes / 1000:,.0f} kB"


@cache
def template(name: str) -> jinja2.Template:
    """Return the template of a picture; foreign text in it is made neutral, and its markup escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("burnish.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: xml_text(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
