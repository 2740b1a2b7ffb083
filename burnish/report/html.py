"""The report as one self-contained HTML page, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from burnish.model import Report
from burnish.report.explanation import against_budget, explanation_tables
from burnish.report.plot import render_frontier
from burnish.report.summary import Comparison, comparisons, format_measure, outcome_sentence, subject
from burnish.report.trial_table import search_sentences, trial_columns, trial_rows
from burnish.report.waterfall import render_waterfall
from burnish.text import neutral

if TYPE_CHECKING:
    import jinja2


def render_html(report: Report) -> str:
    """Return the page. It loads nothing from elsewhere and runs no script."""
    return _template().render(
        report=report,
        subject=subject(report),
        outcome=outcome_sentence(report),
        comparisons=comparisons(report),
        format_measure=format_measure,
        bar_percent=_bar_percent,
        diff_lines=_diff_lines,
        columns=trial_columns(report),
        trials=trial_rows(report),
        sentences=search_sentences(report.tune) if report.tune else [],
        frontier=_picture(render_frontier(report)),
        waterfall=_picture(render_waterfall(report)),
        tables=explanation_tables(report),
        standing=against_budget(report.explanation) if report.explanation else [],
    )


def _picture(svg: str | None) -> Markup | None:
    return Markup(svg) if svg is not None else None  # noqa: S704 - a picture of ours, in which all text is escaped


@cache
def _template() -> jinja2.Template:
    import jinja2  # noqa: PLC0415 - for those who write a page only

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("burnish.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.jinja")


def _html(value: object) -> object:
    """Make foreign text neutral; the template engine then escapes the markup. Our own pictures pass as they are."""
    return neutral(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _bar_percent(row: Comparison, value: float | None) -> int:
    """Return the length of a value's bar, the larger of the two being 100."""
    largest = max(row.before or 0, row.after or 0)
    return round(100 * max(value or 0, 0) / largest) if largest > 0 else 0


def _diff_lines(diff: str) -> Iterable[tuple[str, str]]:
    return [(_diff_kind(line), line) for line in diff.removesuffix("\n").split("\n")]


def _diff_kind(line: str) -> str:
    if line.startswith(("--- ", "+++ ", "@@ ")):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")
