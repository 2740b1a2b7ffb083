"""The history of one binary in the order of the commits: what moved, at which commit, and what else changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from burnish.history.change_points import change_points, noise_of, without_outliers
from burnish.history.entries import HistoryEntry, TimeEntry, newest_of_each
from burnish.history.repository import CommitPart
from burnish.text import format_change

SeriesUnit = Literal["bytes", "x floor", "instructions"]
# Sizes and instructions hardly differ from build to build and from run to run: what moves them by this is told. The
# length of a variable's value moves the instructions of a start-up by some tenths of a percent.
_LEAST: Mapping[SeriesUnit, float] = {"bytes": 0.001, "instructions": 0.005}
# The same build, timed twice, differs by so much.
_LEAST_NOISE = 0.01
_NORMAL_95 = 1.96


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """A record at its commit; without a repository nothing is known of the commit but its name."""

    entry: HistoryEntry
    title: str = ""
    seconds: int | None = None
    remarks: list[str] = []


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a series: `place` is that of its milestone."""

    place: int
    value: float
    low: float
    high: float


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A number that moved: from `before` to `after`, of a time the means of two levels, at the record of `commit`.

    `since` is the commit of the record before, and `between` how many commits without a record lie between the two.
    """

    series: str
    unit: SeriesUnit
    before: float
    after: float
    commit: str
    since: str
    between: int
    place: int

    @property
    def ratio(self) -> float:
        """Return after / before."""
        return self.after / self.before

    @property
    def change(self) -> str:
        """Return the change in percent, in words."""
        return format_change(self.ratio)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One number through time."""

    name: str
    unit: SeriesUnit
    points: list[SeriesPoint]
    moves: list[Move] = []


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """All of one binary on one platform, the oldest first. `subject` are package, binary, platform and profile."""

    subject: tuple[str, str, str, str]
    milestones: list[Milestone]
    series: list[Series]

    @property
    def moves(self) -> list[Move]:
        """Return all moves, the oldest first."""
        return sorted((move for series in self.series for move in series.moves), key=lambda move: move.place)


def timelines(entries: Sequence[HistoryEntry], commits: Sequence[CommitPart]) -> list[Timeline]:
    """Return a timeline for each binary, the one recorded last first.

    `commits` lead to the one that is checked out, the newest first; records of other commits are left out. Without any
    commit all records count, in the order in which they were written.
    """
    by_subject: dict[tuple[str, str, str, str], list[HistoryEntry]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, []).append(entry)
    made = [_timeline(subject, own, commits) for subject, own in by_subject.items()]
    told = [timeline for timeline in made if timeline.milestones]
    return sorted(told, key=lambda timeline: max(each.entry.recorded for each in timeline.milestones), reverse=True)


def _timeline(
    subject: tuple[str, str, str, str], entries: Sequence[HistoryEntry], commits: Sequence[CommitPart]
) -> Timeline:
    places = {commit.hash: place for place, commit in enumerate(reversed(commits))}
    known = {commit.hash: commit for commit in commits}
    newest = newest_of_each(entries)
    if commits:
        newest = sorted((each for each in newest if each.commit in places), key=lambda each: places[each.commit])
    series = [_with_moves(each, newest, places) for each in _all_series(newest)]
    moves: dict[int, list[Move]] = {}
    for each in series:
        for move in each.moves:
            moves.setdefault(move.place, []).append(move)
    milestones = [
        Milestone(
            entry=entry,
            title=known[entry.commit].title if entry.commit in known else "",
            seconds=known[entry.commit].seconds if entry.commit in known else None,
            remarks=[*map(_told, moves.get(place, [])), *_others(newest[place - 1] if place else None, entry)],
        )
        for place, entry in enumerate(newest)
    ]
    return Timeline(subject=subject, milestones=milestones, series=series)


def _told(move: Move) -> str:
    return f"{move.series} {move.change}"


def _others(before: HistoryEntry | None, entry: HistoryEntry) -> Iterator[str]:
    """Yield what else is another than at the record before: numbers may have moved by that."""
    if before is not None and entry.toolchain != before.toolchain:
        yield entry.toolchain
    if before is not None and entry.machine != before.machine:
        yield "another machine"
    if entry.kind == "kept":
        size = entry.kept.size_bytes if entry.kept else None
        yield f"kept {entry.recipe}" + (f": {size:,} B" if size is not None else "")


def _all_series(entries: Sequence[HistoryEntry]) -> Iterator[Series]:
    sizes = [_exact(place, entry.now.size_bytes) for place, entry in enumerate(entries)]
    yield from _series("size", "bytes", sizes)
    starts = [_ratio(place, entry.now.startup) for place, entry in enumerate(entries)]
    yield from _series("start-up", "x floor", starts)
    for name in _names(entries, lambda entry: entry.now.workloads):
        ratios = [_ratio(place, entry.now.workloads.get(name)) for place, entry in enumerate(entries)]
        yield from _series(f"workload {name}", "x floor", ratios)
    for name in _names(entries, lambda entry: entry.now.instructions):
        counts = [_exact(place, entry.now.instructions.get(name)) for place, entry in enumerate(entries)]
        yield from _series(f"instructions, {name}", "instructions", counts)


def _names(entries: Sequence[HistoryEntry], read: Callable[[HistoryEntry], Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for entry in entries for name in read(entry)))


def _series(name: str, unit: SeriesUnit, points: Sequence[SeriesPoint | None]) -> Iterator[Series]:
    measured = [point for point in points if point is not None]
    if measured:
        yield Series(name=name, unit=unit, points=measured)


def _exact(place: int, value: float | None) -> SeriesPoint | None:
    return SeriesPoint(place=place, value=value, low=value, high=value) if value else None


def _ratio(place: int, times: TimeEntry | None) -> SeriesPoint | None:
    ratio = times.to_floor if times else None
    if ratio is None or ratio.low <= 0:
        return None
    return SeriesPoint(place=place, value=ratio.mean, low=ratio.low, high=ratio.high)


def _with_moves(series: Series, entries: Sequence[HistoryEntry], places: Mapping[str, int]) -> Series:
    points = series.points
    levels = _exact_steps(points, _LEAST[series.unit]) if series.unit in _LEAST else _timed_steps(points)
    means = [_level(points[start:end]) for start, end in pairwise([0, *levels, len(points)]) if end > start]
    moves = []
    for number, at in enumerate(levels):
        commit, since = entries[points[at].place].commit, entries[points[at - 1].place].commit
        # What has no noise is told as it is; a time is the mean of its level.
        exact = (points[at - 1].value, points[at].value)
        before, after = exact if series.unit in _LEAST else (means[number], means[number + 1])
        moves.append(
            Move(
                series=series.name,
                unit=series.unit,
                before=before,
                after=after,
                commit=commit,
                since=since,
                between=_between(since, commit, places),
                place=points[at].place,
            )
        )
    return msgspec.structs.replace(series, moves=moves)


def _level(points: Sequence[SeriesPoint]) -> float:
    return math.exp(math.fsum(math.log(point.value) for point in points) / len(points))


def _between(since: str, commit: str, places: Mapping[str, int]) -> int:
    return places[commit] - places[since] - 1 if commit in places and since in places else 0


def _exact_steps(points: Sequence[SeriesPoint], least: float) -> list[int]:
    pairs = pairwise(points)
    return [at for at, (old, new) in enumerate(pairs, 1) if abs(new.value / old.value - 1) >= least]


def _timed_steps(points: Sequence[SeriesPoint]) -> list[int]:
    """Return where the levels of a time begin; its noise is never less than its intervals say."""
    logs = [math.log(point.value) for point in points]
    if not logs:
        return []
    errors = sorted(math.log(point.high / point.low) / (2 * _NORMAL_95) for point in points)
    return change_points(without_outliers(logs), noise_of(logs, max(_LEAST_NOISE, errors[len(errors) // 2])))
