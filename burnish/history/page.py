"""The history as one self-contained page: a curve for each number, with intervals, and what moved it. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from burnish.history.timeline import Milestone, Move, Series, SeriesUnit, Timeline
from burnish.report.html import page_template
from burnish.report.plot import Scale, Tick
from burnish.text import format_bytes

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 860, 92, 836, 26, 190
# A page of more would be read by nobody; all of them are in the document.
_MOST_CURVES = 24
_HASH_LENGTH = 10


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One record on a curve: its place, the ends of its interval, and what it is in words."""

    x: float
    y: float
    low: float
    high: float
    words: str
    is_move: bool


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One number through time, drawn."""

    key: str
    title: str
    ticks: Sequence[Tick]
    dots: Sequence[Dot]
    line: str
    marks: Sequence[Tick]
    first: str
    last: str
    width: int = WIDTH
    height: int = BOTTOM + 30
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


class HistorySection(msgspec.Struct, frozen=True, kw_only=True):
    """All of one binary: curves, what moved, and the table, the newest first."""

    title: str
    curves: Sequence[Curve]
    more_curves: int
    moves: Sequence[Sequence[str]]
    rows: Sequence[Sequence[str]]


def render_history(made: Sequence[Timeline]) -> str:
    """Return the page. It loads nothing from elsewhere and runs no script."""
    sections = [_section(number, timeline) for number, timeline in enumerate(made)]
    return page_template("history.html.jinja").render(sections=sections)


def _section(number: int, timeline: Timeline) -> HistorySection:
    package, binary, platform, profile = timeline.subject
    told = package if binary in {"", package} else f"{package}, binary {binary}"
    shown = timeline.series[:_MOST_CURVES]
    return HistorySection(
        title=", ".join(part for part in (told, platform, profile and f"profile {profile}") if part),
        curves=[_curve(f"{number}-{place}", series, timeline.milestones) for place, series in enumerate(shown)],
        more_curves=len(timeline.series) - len(shown),
        moves=[_move(move) for move in reversed(timeline.moves)],
        rows=[list(_row(milestone)) for milestone in reversed(timeline.milestones)],
    )


def _curve(key: str, series: Series, milestones: Sequence[Milestone]) -> Curve:
    points, write = series.points, _writer(series.unit)
    scale = _scale([end for point in points for end in (point.low, point.high)])
    step = (RIGHT - LEFT) / max(len(milestones) - 1, 1)
    moved = {move.place: move for move in series.moves}
    dots = [
        Dot(
            x=round(LEFT + step * point.place, 1),
            y=scale.at(point.value),
            low=scale.at(point.low),
            high=scale.at(point.high),
            words=_words(milestones[point.place], write(point.value)),
            is_move=point.place in moved,
        )
        for point in points
    ]
    return Curve(
        key=key,
        title=f"{series.name}{'' if series.unit != 'x floor' else ', as a multiple of the smallest process'}",
        ticks=scale.ticks(write),
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        marks=[Tick(at=round(LEFT + step * place, 1), label=move.change) for place, move in moved.items()],
        first=_short(milestones[0]),
        last=_short(milestones[-1]),
    )


def _scale(ends: Sequence[float]) -> Scale:
    low, high = min(ends), max(ends)
    margin = 0.1 * (high - low) or 0.05 * high
    return Scale(low=max(low - margin, 0.0), high=high + margin, start=BOTTOM, end=TOP)


def _writer(unit: SeriesUnit) -> Callable[[float], str]:
    writers: dict[SeriesUnit, Callable[[float], str]] = {
        "bytes": format_bytes,
        "x floor": lambda value: f"{value:.3f}",
        "instructions": lambda value: f"{value:,.0f}",
    }
    return writers[unit]


def _words(milestone: Milestone, value: str) -> str:
    return "; ".join(filter(None, [f"{_short(milestone)}: {value}", milestone.title, *milestone.remarks]))


def _move(move: Move) -> Sequence[str]:
    write = _writer(move.unit)
    since = f" or one of the {move.between} before it" if move.between else ""
    return f"{move.series} {move.change}", write(move.before), write(move.after), _cut(move.commit) + since


def _row(milestone: Milestone) -> Iterator[str]:
    entry = milestone.entry
    ratio = entry.now.startup.to_floor if entry.now.startup else None
    yield _cut(entry.commit)
    yield time.strftime("%Y-%m-%d", time.gmtime(milestone.seconds)) if milestone.seconds else entry.recorded[:10]
    yield format_bytes(entry.now.size_bytes) if entry.now.size_bytes is not None else "-"
    yield f"{ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f})" if ratio else "-"
    yield "; ".join([*milestone.remarks, *filter(None, [milestone.title])])


def _short(milestone: Milestone) -> str:
    return _cut(milestone.entry.commit)


def _cut(commit: str) -> str:
    return commit[:_HASH_LENGTH]
