"""Tables in several orders, all of them made beforehand: a page without a script can only show one or another. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from burnish.model import Report, Side, Trial, Workload
from burnish.report.amounts import Amount, amount_of
from burnish.report.lanes import Band, band_of, scale_of
from burnish.report.plot import Scale
from burnish.report.summary import startup_name
from burnish.report.trial_table import note_of

_NOTHING = Amount(text="-")
Ratio = tuple[float, float, float]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a cell, with the band of its interval, if it has one, and the place of 1 on its axis."""

    amount: Amount
    kind: str = "number"
    band: Band | None = None
    one: float = 0.0


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A row: `name` is its head, `keys` are what the orders sort by, one each, the smallest first."""

    name: str
    cells: Sequence[Cell]
    keys: Sequence[float | str]
    is_pick: bool = False


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The rows in one order, whose name completes `order by`."""

    name: str
    rows: Sequence[Ordered]


class Sortable(msgspec.Struct, frozen=True, kw_only=True):
    """A table: `key` is its word in the page's own names."""

    key: str
    title: str
    columns: Sequence[str]
    orders: Sequence[Order]


def sortable_trials(report: Report) -> Sortable | None:
    """Return a search's trials with the project as it is, or None where there was no search."""
    tune = report.tune
    if tune is None:
        return None
    has_work = any(trial.workload_ratio for trial in tune.trials)
    ratios = [trial.startup_ratio for trial in tune.trials] + [trial.workload_ratio for trial in tune.trials]
    scale = _ratio_scale(filter(None, ratios))
    before = [_as_it_is(report.baseline, scale, has_work=has_work)] if report.baseline else []
    rows = [
        *before,
        *(
            _trial(trial, scale, place, note_of(trial, tune), is_pick=trial.name == tune.pick, has_work=has_work)
            for place, trial in enumerate(tune.trials, 1)
        ),
    ]
    work, startup = ["time at work"] if has_work else [], startup_name(report.baseline, None)
    return Sortable(
        key="trials",
        title="The project as it is, and each candidate; ratios are to the project as it is, with 95% intervals",
        columns=["candidate", "size", startup, "ratio", *work, "build", "remarks"],
        orders=_orders(["the best first", "size", startup, *work, "build time", "name"], rows),
    )


def sortable_workloads(report: Report) -> Sortable | None:
    """Return the workloads of both sides, or None where there are none."""
    before, after = _workloads(report.baseline), _workloads(report.candidate)
    names = list(dict.fromkeys([*before, *after]))
    if not names:
        return None
    ratios = {name: _ratio_of(after.get(name)) for name in names}
    scale = _ratio_scale(filter(None, ratios.values()))
    rows = [
        _workload(name, place, before.get(name), after.get(name), ratios[name], scale)
        for place, name in enumerate(names)
    ]
    return Sortable(
        key="workloads",
        title="The time of each workload as a whole, the mean of its rounds",
        columns=["workload", "before", "after", "ratio", "remarks"],
        orders=_orders(["as they are listed", "the slowest ratio first", "the longest first", "name"], rows),
    )


def _orders(names: Sequence[str], rows: Sequence[Ordered]) -> list[Order]:
    return [Order(name=name, rows=sorted(rows, key=_by(place))) for place, name in enumerate(names)]


def _by(place: int) -> Callable[[Ordered], float | str]:
    return lambda entry: entry.keys[place]


def _as_it_is(side: Side, scale: Scale, *, has_work: bool) -> Ordered:
    size, startup = _size(side), _startup(side)
    work, work_key = ([_interval(None, scale)], [1.0]) if has_work else ([], [])
    return Ordered(
        name="as it is",
        cells=[
            Cell(amount=amount_of(size, "bytes")),
            Cell(amount=amount_of(startup, "s")),
            _interval(None, scale),
            *work,
            Cell(amount=amount_of(side.build_seconds, "s")),
            Cell(amount=Amount(text=""), kind="long"),
        ],
        keys=[0.0, _last(size), 1.0 if startup else math.inf, *work_key, side.build_seconds, "as it is"],
    )


def _trial(trial: Trial, scale: Scale, place: int, note: str, *, is_pick: bool, has_work: bool) -> Ordered:
    side, ratio, at_work = trial.side, trial.startup_ratio, trial.workload_ratio
    size = _size(side)
    return Ordered(
        name=trial.name,
        cells=[
            Cell(amount=amount_of(size, "bytes")),
            Cell(amount=amount_of(_startup(side), "s")),
            _interval(ratio, scale),
            *([_interval(at_work, scale)] if has_work else []),
            Cell(amount=amount_of(side.build_seconds, "s")),
            Cell(amount=Amount(text=note), kind="long"),
        ],
        keys=[
            float(place),
            _last(size),
            _last(ratio and ratio[0]),
            *([_last(at_work and at_work[0])] if has_work else []),
            side.build_seconds,
            trial.name,
        ],
        is_pick=is_pick,
    )


def _workload(
    name: str, place: int, before: Workload | None, after: Workload | None, ratio: Ratio | None, scale: Scale
) -> Ordered:
    sides = [each.times.mean_seconds if each and each.times else None for each in (before, after)]
    failures = "; ".join(dict.fromkeys(each.failure for each in (before, after) if each and each.failure))
    return Ordered(
        name=name,
        cells=[
            *(Cell(amount=amount_of(seconds, "s")) for seconds in sides),
            _interval(ratio, scale),
            Cell(amount=Amount(text=failures), kind="long"),
        ],
        keys=[float(place), -ratio[0] if ratio else math.inf, -max(seconds or 0.0 for seconds in sides), name],
    )


def _workloads(side: Side | None) -> dict[str, Workload]:
    return {each.name: each for each in side.workloads} if side else {}


def _ratio_of(workload: Workload | None) -> Ratio | None:
    ratio = workload.times.ratio_to_baseline if workload and workload.times else None
    return (ratio.mean, *ratio.ci95) if ratio else None


def _ratio_scale(ratios: Iterable[Ratio]) -> Scale:
    return scale_of([1.0, *(value for ratio in ratios for value in _cut(ratio))])


def _cut(ratio: Ratio) -> Ratio:
    """Return a ratio whose interval is cut where it would leave no room for the others."""
    middle, low, high = ratio
    return middle, max(low, 0.0), min(high, 3.0 * middle)


def _interval(ratio: Ratio | None, scale: Scale) -> Cell:
    if ratio is None:
        return Cell(amount=_NOTHING, kind="ratio")
    middle, low, high = ratio
    return Cell(
        amount=Amount(text=f"{middle:.3f}", exact=f"95% interval {low:.3f} to {high:.3f}"),
        kind="ratio",
        band=band_of(middle, (low, high), scale),
        one=scale.at(1.0),
    )


def _size(side: Side) -> float | None:
    return side.size_bytes


def _startup(side: Side) -> float | None:
    return side.startup.mean_seconds if side.startup else None


def _last(value: float | None) -> float:
    """Return what to sort by: what was not measured comes last."""
    return math.inf if value is None else value
