"""What the page draws: amounts, lanes and tables in several orders."""

from __future__ import annotations

import itertools
import math

import pytest
from msgspec.structs import replace

from burnish.model import Report
from burnish.report.amounts import amount_of
from burnish.report.lanes import axis_of, largest_of, scale_of, startup_lanes, whiskers
from burnish.report.sortable import Sortable, sortable_trials, sortable_workloads
from burnish.report.summary import Comparison, comparisons
from tests.unit.report.samples import forty_trials, inconclusive, kept, link_only


@pytest.mark.parametrize(
    ("value", "unit", "text", "exact"),
    [
        (None, "bytes", "-", ""),
        (473_368, "bytes", "473.4 kB", "473,368 bytes"),
        (1_290_616, "bytes", "1.291 MB", "1,290,616 bytes"),
        (999, "bytes", "999 B", ""),
        (0.000668, "s", "668 \N{MICRO SIGN}s", "0.000668000 s"),
        (0.0125, "s", "12.5 ms", "0.012500000 s"),
        (0.99, "ratio", "0.990", ""),
        (2, "tests lost", "2 tests lost", ""),
    ],
)
def test_amount_is_written_as_people_do_with_the_exact_one_beside(
    value: float | None, unit: str, text: str, exact: str
) -> None:
    """A few digits to read, and all of them for who looks."""
    found = amount_of(value, unit)
    assert (found.text, found.exact) == (text, exact)


def test_each_round_is_a_dot_and_lies_on_the_axis_in_its_order() -> None:
    """The slower a round, the further right; the mean lies in its interval, and the interval among the rounds."""
    report = inconclusive()
    assert report.baseline is not None
    assert report.baseline.startup is not None
    lanes = startup_lanes(report)
    assert lanes is not None
    assert [lane.name for lane in lanes.rows] == ["before", "after", "smallest process"]
    lane = lanes.rows[0]
    means = [sum(runs) / len(runs) for runs in report.baseline.startup.raw]
    places = [dot.at for dot in lane.dots]
    assert len(places) == 20
    assert sorted(range(20), key=means.__getitem__) == sorted(
        range(20), key=lambda number: (places[number], means[number])
    )
    assert 0 < min(places) <= lane.band.left <= lane.band.at <= lane.band.left + lane.band.width <= max(places) < 100
    assert lane.words.startswith("861.9 \N{MICRO SIGN}s (")


def test_floor_that_lies_far_off_is_told_and_not_drawn() -> None:
    """Beside it the rounds of both sides would be one blot."""
    lanes = startup_lanes(kept())
    assert lanes is not None
    assert [lane.name for lane in lanes.rows] == ["before", "after"]
    assert lanes.apart.startswith("Smallest process: 66")


def test_nothing_is_drawn_where_nothing_was_timed() -> None:
    """A platform that cannot be started here has no rounds."""
    assert startup_lanes(link_only()) is None


def test_interval_without_an_end_leaves_room_for_the_rounds() -> None:
    """A sample of one has an interval up to infinity."""
    report = inconclusive()
    assert report.candidate is not None
    assert report.candidate.startup is not None
    endless = replace(report.candidate.startup, ci95_seconds=(0.0, 1.7e308))
    lanes = startup_lanes(replace(report, candidate=replace(report.candidate, startup=endless)))
    assert lanes is not None
    places = [dot.at for lane in lanes.rows for dot in lane.dots]
    assert max(places) - min(places) > 15


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1e-4, 9e-4), (0.5, 0.5), (1.0, 1e6)])
def test_labels_of_an_axis_do_not_run_into_each_other(low: float, high: float) -> None:
    """Each has room for its words, also on a phone."""
    marks = axis_of(scale_of([low, high]), str)
    assert all(right.at - left.at >= 18 for left, right in itertools.pairwise(marks))
    assert all(6 <= mark.at <= 94 for mark in marks)


def test_whisker_stands_around_the_end_of_its_bar() -> None:
    """The bars share one scale, on which the wider end of an interval has room."""
    row = Comparison(name="x", unit="s", before=1.0, after=0.8, before_interval=(0.9, 1.1), after_interval=(0.7, 0.9))
    before, after = whiskers(row)
    assert before is not None
    assert after is not None
    bar = 100 * 0.8 / largest_of(row)
    assert after.left < bar < after.left + after.width
    assert before.left + before.width == pytest.approx(100, abs=0.2)
    assert whiskers(Comparison(name="size", unit="bytes", before=1, after=2)) == (None, None)


def names_by(table: Sortable | None, order: str) -> list[str]:
    """Return the rows of a table in an order."""
    assert table is not None
    (found,) = [each for each in table.orders if each.name == order]
    return [row.name for row in found.rows]


def test_trials_are_sorted_by_what_the_order_says() -> None:
    """Each order has every row, once; what was not measured comes last, and the best first is the search's own."""
    report = forty_trials()
    assert report.tune is not None
    assert report.baseline is not None
    table = sortable_trials(report)
    trials = report.tune.trials
    sizes = {trial.name: trial.side.size_bytes or math.inf for trial in trials}
    sizes["as it is"] = report.baseline.size_bytes or 0
    assert names_by(table, "the best first") == ["as it is", *(trial.name for trial in trials)]
    assert names_by(table, "size") == sorted(names_by(table, "the best first"), key=sizes.__getitem__)
    ratios = {trial.name: trial.startup_ratio[0] if trial.startup_ratio else math.inf for trial in trials}
    ratios["as it is"] = 1.0
    assert names_by(table, "start-up") == sorted(names_by(table, "the best first"), key=ratios.__getitem__)
    assert names_by(table, "name") == sorted(sizes)


def test_workloads_are_sorted_by_what_the_order_says() -> None:
    """The one that lost most comes first where that is asked."""
    report = kept()
    ratios = {row.name.removeprefix("workload "): row.ratio_interval for row in comparisons(report)}
    slowest = names_by(sortable_workloads(report), "the slowest ratio first")
    assert slowest == sorted(slowest, key=lambda name: -(ratios[name] or (0.0, 0.0))[0])
    assert names_by(sortable_workloads(report), "the longest first")[0] == "many small files"
    assert sortable_workloads(link_only()) is None


def test_report_without_a_search_has_no_table_of_one(partial_report: Report) -> None:
    """No head without rows."""
    assert sortable_trials(partial_report) is None
