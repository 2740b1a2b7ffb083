"""The report as one self-contained HTML page, light and dark, on a phone, a desk and paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from burnish.model import Gate, Outcome, Report, VerdictName, overall
from burnish.report.amounts import Amount, amount_of, short_amount
from burnish.report.explanation import against_budget, explanation_tables
from burnish.report.growing import change_tables, reference_words
from burnish.report.headline import actionable
from burnish.report.lanes import Band, Lanes, largest_of, startup_lanes, whiskers
from burnish.report.plot import render_frontier
from burnish.report.sortable import Sortable, sortable_trials, sortable_workloads
from burnish.report.summary import Comparison, comparisons, outcome_sentence, subject
from burnish.report.trial_table import search_sentences
from burnish.report.waterfall import Fall, falls_of
from burnish.text import format_change, neutral

if TYPE_CHECKING:
    import jinja2

_SHOWN_WARNINGS, _SHOWN_WORKLOADS = 3, 4
# A table with more would leave no room for the rest on two sheets of paper.
_PRINTED_ROWS = 20
_CARDS = ("size", "start-up", "load time")
_LOOKS: dict[Outcome, VerdictName] = {
    "rolled_back": "fail",
    "not_met": "fail",
    "refused": "fail",
    "unfinished": "inconclusive",
}


class SideBar(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a card: its bar's length in percent, and the interval of its end."""

    name: str
    amount: Amount
    percent: float
    band: Band | None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One number before and after, in bars."""

    name: str
    change: str
    interval: str
    bars: Sequence[SideBar]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A gate's number against its limit: the bar's length and the limit's place, in percent; None where it has none."""

    gate: Gate
    amount: Amount
    limit: Amount
    percent: float | None
    limit_at: float


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template shows of a report, beside the report itself."""

    subject: str
    outcome: str
    look: VerdictName
    cards: Sequence[Card]
    gates: Sequence[Measured]
    lanes: Lanes | None
    falls: Sequence[Fall]
    standing: Sequence[str]
    first_warnings: Sequence[str]
    other_warnings: Sequence[str]
    numbers: Sequence[tuple[str, Amount, Amount, str]]


def render_html(report: Report) -> str:
    """Return the page. It loads nothing from elsewhere and runs no script."""
    # First those that the reader can do something about.
    warnings = list(dict.fromkeys([*actionable(report, report.warnings), *report.warnings]))
    rows = comparisons(report)
    page = Page(
        subject=subject(report),
        outcome=outcome_sentence(report),
        look=_look(report),
        cards=[_card(row) for row in _of_cards(rows)],
        gates=[_measured(gate) for gate in report.gates],
        lanes=startup_lanes(report),
        falls=falls_of(report, 0.0, 100.0, short_amount),
        standing=against_budget(report.explanation, short_amount) if report.explanation else [],
        first_warnings=warnings[:_SHOWN_WARNINGS],
        other_warnings=warnings[_SHOWN_WARNINGS:],
        numbers=[
            (row.name, amount_of(row.before, row.unit), amount_of(row.after, row.unit), row.ratio) for row in rows
        ],
    )
    tables = sortable_trials(report), sortable_workloads(report)
    return page_template("page.html.jinja").render(
        page=page,
        report=report,
        diff_lines=_diff_lines,
        sentences=search_sentences(report.tune) if report.tune else [],
        frontier=_picture(render_frontier(report)),
        tables=explanation_tables(report),
        changes=change_tables(report),
        reference=reference_words(report),
        trials=tables[0],
        workloads=tables[1],
        most_orders=range(_most_orders(*tables)),
        printed_rows=_PRINTED_ROWS,
    )


def _most_orders(*tables: Sortable | None) -> int:
    return max((len(table.orders) for table in tables if table is not None), default=0)


def _look(report: Report) -> VerdictName:
    """Return the verdict whose look the outcome has: kept and the like as what passes."""
    if report.outcome in {"rolled_back", "not_met"} and not any(gate.verdict == "fail" for gate in report.gates):
        return "inconclusive"
    if report.outcome == "tuned" and (report.tune is None or report.tune.pick is None):
        return "fail"
    if report.outcome == "built":
        return overall(report.gates)
    return _LOOKS.get(report.outcome, "pass")


def _of_cards(rows: Sequence[Comparison]) -> Iterator[Comparison]:
    """Yield the numbers that the report is about; the others stand in a table."""
    yield from (row for row in rows if row.name in _CARDS)
    yield from [row for row in rows if row.name.startswith("workload ")][:_SHOWN_WORKLOADS]


def _card(row: Comparison) -> Card:
    largest = largest_of(row)
    change = format_change(row.after / row.before) if row.before and row.after is not None else ""
    low_high = [*map(format_change, row.ratio_interval)] if row.ratio_interval and change else []
    sides = zip(("before", "after"), (row.before, row.after), whiskers(row), strict=True)
    return Card(
        name=row.name,
        change=change,
        interval=" to ".join(low_high),
        bars=[
            SideBar(name=name, amount=amount_of(value, row.unit), percent=_percent(value, largest), band=band)
            for name, value, band in sides
            if value is not None
        ],
    )


def _measured(gate: Gate) -> Measured:
    whole = 1.15 * max(gate.measured or 0.0, gate.limit or 0.0)
    is_drawn = gate.measured is not None and gate.limit is not None and min(gate.measured, gate.limit) > 0
    return Measured(
        gate=gate,
        amount=amount_of(gate.measured, gate.unit),
        limit=amount_of(gate.limit, gate.unit),
        percent=_percent(gate.measured, whole) if is_drawn else None,
        limit_at=_percent(gate.limit, whole),
    )


def _percent(value: float | None, whole: float) -> float:
    """Return a bar's length, of a lane that is `whole`."""
    return round(100 * max(value or 0, 0) / whole, 1) if whole > 0 else 0


def _picture(svg: str | None) -> Markup | None:
    return Markup(svg) if svg is not None else None  # noqa: S704 - a picture of ours, in which all text is escaped


@cache
def page_template(name: str, room: str = "burnish.report") -> jinja2.Template:
    """Return the template of a page of a room; foreign text in it is made neutral, and its markup escaped."""
    import jinja2  # noqa: PLC0415 - for those who write a page only

    environment = jinja2.Environment(
        # The style of all pages is here.
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(each, ".") for each in (room, "burnish.report")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


def _html(value: object) -> object:
    """Make foreign text neutral; the template engine then escapes the markup. Our own pictures pass as they are."""
    return neutral(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _diff_lines(diff: str) -> Iterable[tuple[str, str]]:
    return [(_diff_kind(line), line) for line in diff.removesuffix("\n").split("\n")]


def _diff_kind(line: str) -> str:
    if line.startswith(("--- ", "+++ ", "@@ ")):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")
