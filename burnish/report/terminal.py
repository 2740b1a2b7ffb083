"""The report for the terminal: ASCII, aligned, each verdict in words.

No line begins with foreign text, and none holds a workflow command, since CI systems read commands from the output.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from burnish.model import Gate, Report, VerdictName
from burnish.report.explanation import Table, against_budget, explanation_tables
from burnish.report.growing import change_tables
from burnish.report.summary import comparisons, format_measure, outcome_sentence, subject
from burnish.report.trial_table import search_sentences, trial_columns, trial_rows
from burnish.system.console import ColorRole
from burnish.text import inert, neutral

Paint = Callable[[str, ColorRole], str]
DEFAULT_WIDTH = 120
_NARROWEST_REASON = 40
_BAR = " | "
_COLUMNS = ("gate", "verdict", "measured", "limit", "reason")
ROLES: Mapping[VerdictName, ColorRole] = {
    "pass": "good",
    "fail": "bad",
    "inconclusive": "doubt",
    "not-applicable": "quiet",
}


def render_text(report: Report) -> str:
    """Return the whole text as `report.txt` holds it: without colour, at the default width."""
    return render_table(report, _unpainted) + "\n"


def render_table(report: Report, paint: Paint, *, width: int = DEFAULT_WIDTH) -> str:
    """Return the gate table and the summary, in lines of at most `width` columns as far as names allow.

    The reason is the last column, or stands below its gate where the terminal is too narrow for that.
    """
    title = paint(printable(f"burnish: {subject(report)} ({report.recipe.name}, {report.platform.triple})"), "title")
    parts = [
        title,
        _trial_table(report, paint, width),
        *explanation_lines(report),
        *map(_table_lines, change_tables(report)),
        _gate_table(report.gates, paint, width),
        _summary(report, paint, width),
    ]
    return "\n\n".join(part for part in parts if part)


def _trial_table(report: Report, paint: Paint, width: int) -> str:
    rows, columns = trial_rows(report), trial_columns(report)
    if report.tune is None:
        return ""
    cells = [[printable(cell) for cell in row.cells] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns[:-1], *(row[:-1] for row in cells), strict=True)]
    margin = _BAR.join(" " * size for size in widths) + _BAR
    lines = _head(widths, columns, is_narrow=False)
    for row, texts in zip(rows, cells, strict=True):
        note, *more = wrapped(row.note, width - len(margin)) or [""]
        line = (_BAR.join(_padded(texts, widths)) + _BAR + note).rstrip(" |")
        lines += [paint(line, "good" if row.is_pick else "plain"), *(margin + text for text in more)]
    sentences = [f"  | {line}" for text in search_sentences(report.tune) for line in wrapped(text, width - 4)]
    return "\n".join([*lines, *([""] if sentences else []), *sentences])


def explanation_lines(report: Report) -> Iterator[str]:
    """Yield the tables of an explanation, each as a whole, and how the sums stand against the budget."""
    for table in explanation_tables(report):
        yield _table_lines(table)
    if report.explanation is not None:
        yield "\n".join(against_budget(report.explanation))


def _table_lines(table: Table) -> str:
    rows = [[printable(cell) for cell in row] for row in table.rows]
    columns = [printable(column) for column in table.columns]
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = [_BAR.join(_padded(row, widths)).rstrip() for row in (columns, *rows)]
    rule = "-+-".join("-" * size for size in widths)
    return "\n".join([printable(table.title), lines[0], rule, *lines[1:]])


def _gate_table(gates: Sequence[Gate], paint: Paint, width: int) -> str:
    if not gates:
        return ""
    rows = [_cells(gate) for gate in gates]
    widths = [max(map(len, column)) for column in zip(_COLUMNS[:-1], *rows, strict=True)]
    reason_width = width - sum(widths) - len(_BAR) * len(widths)
    is_narrow = reason_width < _NARROWEST_REASON
    margin = "  | " if is_narrow else _BAR.join(" " * size for size in widths) + _BAR
    lines = _head(widths, _COLUMNS, is_narrow=is_narrow)
    for gate, row in zip(gates, rows, strict=True):
        cells = _padded(row, widths)
        cells[1] = paint(cells[1], ROLES[gate.verdict])
        reason = [margin + line for line in wrapped(gate.reason, width - len(margin))]
        beside = "" if is_narrow or not reason else _BAR + reason.pop(0).removeprefix(margin)
        lines += [_BAR.join(cells) + beside, *reason]
    return "\n".join(lines)


def _cells(gate: Gate) -> list[str]:
    numbers = (format_measure(gate.measured, gate.unit), format_measure(gate.limit, gate.unit))
    return [printable(cell) for cell in (gate.name, gate.verdict, *numbers)]


def _head(widths: Sequence[int], names: Sequence[str], *, is_narrow: bool) -> list[str]:
    columns = [*_padded(names, widths), *([] if is_narrow else [names[-1]])]
    return [_BAR.join(columns), "-+-".join("-" * len(column) for column in columns)]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(size) for cell, size in zip(cells, widths, strict=False)]


def _summary(report: Report, paint: Paint, width: int) -> str:
    rows = [
        [row.name, f"{format_measure(row.before, row.unit)} -> {format_measure(row.after, row.unit)}", row.ratio]
        for row in comparisons(report)
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"{row[0].ljust(widths[0])} : {row[1].ljust(widths[1])}   {row[2]}" for row in rows]
    warnings = [f"warning: {line}" for text in report.warnings for line in wrapped(text, width - 9)]
    outcome = paint(printable(outcome_sentence(report)), "title")
    return "\n".join([*lines, *warnings, outcome])


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in printable lines of at most `width` columns, as far as its words allow."""
    return textwrap.wrap(printable(text), max(width, _NARROWEST_REASON // 2), break_on_hyphens=False)


def printable(text: str) -> str:
    """Return one line of printable ASCII; everything else is written as an escape."""
    line = " ".join(neutral(text).split())
    return inert(line.encode("ascii", "backslashreplace").decode("ascii"))


def _unpainted(text: str, _role: ColorRole) -> str:
    return text
