"""The result as the terminal shows it: what became of the run, one line for each gate, and what the user can act on.

All else stands in the report. ASCII, drawn for 80 columns; no line begins with foreign text.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from burnish.model import Gate, Outcome, Report
from burnish.report.growing import changes_in_short, reference_words
from burnish.report.summary import Comparison, comparisons, format_measure, outcome_sentence, subject
from burnish.report.terminal import ROLES, Paint, explanation_lines, printable, wrapped
from burnish.report.trial_table import search_sentences, trial_columns, trial_rows
from burnish.system.console import ColorRole
from burnish.text import format_change, shortened

RESULT_COLUMNS = 80
_MARGIN, _GAP, _BAR = "  ", "   ", "  | "
_NAME_COLUMNS, _FEWEST_COLUMNS = 26, 10
_WARNINGS, _TRIALS, _REASON_LINES, _WORKLOADS, _OTHERS = 3, 8, 6, 3, 5
_MEASURED = ("size", "start-up", "load time")
_OUTCOMES: dict[Outcome, ColorRole] = {
    "kept": "good",
    "rolled_back": "bad",
    "refused": "bad",
    "met": "good",
    "not_met": "bad",
}
# What names a command, an option or a setting can be done something about.
_ACTION = re.compile(r"`[^`]+`|(?<!\S)--[a-z]|\bburnish [a-z]|\b(?:install|upgrade|set|stop|close|measure again)\b")


def render_result(report: Report, paint: Paint, *, place: str, undo: str = "", width: int = RESULT_COLUMNS) -> str:
    """Return the result, in lines of at most `width` columns as far as names allow.

    `place` is the report's path as it is to be shown, and `undo` the command that undoes what was kept.
    """
    parts = [
        headline(report, paint, place=place, undo=undo, width=width),
        _gates(report.gates, paint, width),
        "\n".join(_reasons(report.gates, width)),
        _best_trials(report, paint) if report.outcome == "tuned" else "",
        *explanation_lines(report),
        "\n".join(_sentences([*changes_in_short(report), *_of_search(report)], width)),
        "\n".join(_warnings(report, paint, width)),
    ]
    return "\n\n".join(part for part in parts if part)


def headline(report: Report, paint: Paint, *, place: str, undo: str = "", width: int = RESULT_COLUMNS) -> str:
    """Return what became of the run in a sentence, the numbers before and after, and where to go from here."""
    first, *more = wrapped(outcome_sentence(report), width - len(_MARGIN))
    role = _OUTCOMES.get(report.outcome, "title")
    sentence = [paint(line, role) for line in (first, *(_MARGIN + line for line in more))]
    project = f"{subject(report)}, {report.platform.triple}"
    digest = report.candidate.sha256 if report.candidate and report.outcome == "built" else ""
    rows = [
        ("project", printable(project)),
        ("reference", printable(reference_words(report))),
        *_numbers(report),
        ("sha256", digest or ""),
        *_history(report),
        ("undo", printable(undo)),
        ("report", place),
    ]
    told = [(name, text) for name, text in rows if text]
    size = max(len(name) for name, _ in told)
    return "\n".join([*sentence, *(f"{_MARGIN}{name.ljust(size)}{_GAP}{text}".rstrip() for name, text in told)])


def _history(report: Report) -> Iterator[tuple[str, str]]:
    part = report.history
    if part is not None and part.recorded:
        yield "history", f"recorded at {printable(part.commit[:10])}, in {printable(part.store)}"
    elif part is not None:
        yield "history", f"not recorded: {printable(part.why_not)}"


def _numbers(report: Report) -> Iterator[tuple[str, str]]:
    rows = comparisons(report)
    work = [row for row in rows if row.name.startswith("workload ")][:_WORKLOADS]
    others = [f"size of {part.name}" for part in report.binaries[:_OTHERS]]
    for row in (*(row for row in rows if row.name in {*_MEASURED, *others}), *work):
        yield _cut(printable(row.name)), _before_and_after(row)


def _before_and_after(row: Comparison) -> str:
    sides = [format_measure(value, row.unit) for value in (row.before, row.after) if value is not None]
    change = f" {format_change(row.after / row.before)}" if row.before and row.after is not None else ""
    interval = row.ratio_interval if change else None
    spread = "(95%: {} to {})".format(*map(format_change, interval)) if interval else ""
    return " ".join(filter(None, [" -> ".join(sides), change, spread]))


def _gates(gates: Sequence[Gate], paint: Paint, width: int) -> str:
    rows = [[printable(cell) for cell in _cells(gate)] for gate in gates]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for gate, row in zip(gates, rows, strict=True):
        first, *others = [cell.ljust(size) for cell, size in zip(row, widths, strict=True)]
        rest = f"{_GAP}{_GAP.join(others)}".rstrip()
        room = width - len(_MARGIN + first + rest + _GAP)
        lines.append(f"{_MARGIN}{paint(first, ROLES[gate.verdict])}{rest}{_doubt(gate, room)}")
    return "\n".join(lines)


def _doubt(gate: Gate, columns: int) -> str:
    """Return why a gate passes whose number is beyond its limit: it need not be shown to be within it."""
    is_beyond = gate.measured is not None and gate.limit is not None and gate.measured > gate.limit
    if gate.verdict != "pass" or not is_beyond or columns < _FEWEST_COLUMNS:
        return ""
    return _GAP + textwrap.shorten(printable(gate.reason.partition(";")[0]), columns, placeholder="...")


def _cells(gate: Gate) -> tuple[str, str, str, str]:
    limit = f"limit {format_measure(gate.limit, gate.unit)}" if gate.limit is not None else ""
    measured = format_measure(gate.measured, gate.unit) if gate.measured is not None else ""
    return gate.verdict, gate.name, measured, limit


def _reasons(gates: Sequence[Gate], width: int) -> Iterator[str]:
    """Yield why the gates that are not met are not."""
    for gate in gates:
        if gate.verdict in {"fail", "inconclusive"}:
            first, *more = wrapped(gate.reason, width - len(_MARGIN) - len(gate.name) - 2) or [""]
            yield f"{_MARGIN}{printable(gate.name)}: {first}"
            rest = wrapped(" ".join(more), width - len(_BAR))
            yield from (_BAR + line for line in rest[:_REASON_LINES])
            if len(rest) > _REASON_LINES:
                yield f"{_BAR}... the rest is in the report"


def _best_trials(report: Report, paint: Paint) -> str:
    """Return the best trials, without what only the report has room for."""
    rows = trial_rows(report)
    columns = list(trial_columns(report)[:4])
    shown = [[_cut(printable(row.cells[0])), *map(printable, row.cells[1:4])] for row in rows[: _TRIALS + 1]]
    widths = [max(map(len, column)) for column in zip(columns, *shown, strict=True)]
    lines = [_aligned(columns, widths)]
    for row, cells in zip(rows, shown, strict=False):
        line = _aligned(cells, widths)
        lines.append(paint(line, "good") if row.is_pick else line)
    left = len(rows) - len(shown)
    return "\n".join([*lines, *([f"{_MARGIN}{left} more in the report"] if left > 0 else [])])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _MARGIN + "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _cut(name: str) -> str:
    return shortened(name, _NAME_COLUMNS)


def _of_search(report: Report) -> Sequence[str]:
    return search_sentences(report.tune) if report.tune else []


def _sentences(sentences: Sequence[str], width: int) -> Iterator[str]:
    for sentence in sentences:
        yield from (_BAR + line for line in wrapped(sentence, width - len(_BAR)))


def _warnings(report: Report, paint: Paint, width: int) -> Iterator[str]:
    """Yield at most three warnings that the user can act on, and how many there are beyond them."""
    told = set(_of_search(report))
    told |= {*report.tune.remedies} if report.tune else set()
    warnings = [text for text in report.warnings if text not in told]
    shown = actionable(report, warnings)[:_WARNINGS]
    for text in shown:
        first, *more = wrapped(text, width - len("warning: ")) or [""]
        yield f"{paint('warning:', 'doubt')} {first}"
        yield from (_BAR + line for line in more)
    left = len(warnings) - len(shown)
    if left:
        yield (
            f"{left} more in the report" if shown else f"{left} {'warning' if left == 1 else 'warnings'} in the report"
        )


def actionable(report: Report, warnings: Sequence[str]) -> list[str]:
    """Return those of the warnings that say what to do about them, in their order."""
    advised = {warning.sentence for warning in report.startup_warnings}
    return [text for text in warnings if text in advised or _ACTION.search(text)]
