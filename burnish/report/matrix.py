"""The pipelines' table: platforms by gates, with the numbers. Aligned Markdown, for a terminal and a job's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.model import Gate, Report, Side, overall
from burnish.report.summary import format_measure
from burnish.text import neutral

_GATES = ("build", "artifacts", "linkage", "behaviour", "size", "startup", "tests", "benches")
_HEAD = ("platform", "mode", *_GATES, "verdict")


def render_matrix(reports: Mapping[str, Report], reasons: Mapping[str, str]) -> str:
    """Return the table of the platforms that ran, then a line for each that did not, with its reason."""
    rows = [_HEAD, *(_row(triple, report) for triple, report in reports.items())]
    rows += [(triple, "-", *("-" for _ in _GATES), "not run") for triple in reasons]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    notes = [f"- {triple} was not run: {neutral(reason)}" for triple, reason in reasons.items()]
    return "\n".join([head, rule, *body, *(["", *notes] if notes else [])])


def is_met(report: Report) -> bool:
    """Return whether every gate of a report passed or does not apply."""
    return bool(report.gates) and overall(report.gates) == "pass"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _row(triple: str, report: Report) -> tuple[str, ...]:
    gates = {gate.name: gate for gate in report.gates}
    side = report.candidate or report.baseline
    cells = (_cell(gates.get(name), _number(name, side)) for name in _GATES)
    return (triple, report.platform.mode, *cells, overall(report.gates) if report.gates else "not judged")


def _cell(gate: Gate | None, number: str) -> str:
    if gate is None:
        return "not judged"
    if gate.verdict == "not-applicable":
        # A size for which the budget states no limit is a number all the same.
        return number or "n/a"
    return f"{gate.verdict} {number}".strip()


def _number(name: str, side: Side | None) -> str:
    """Return the number that a reader compares across platforms, which is not always the one that was judged."""
    if side is None:
        return ""
    if name == "size":
        return format_measure(side.size_bytes, "bytes")
    if name == "startup" and side.startup:
        return format_measure(side.startup.mean_seconds, "s")
    if name == "tests" and side.tests:
        return str(len(side.tests.passed))
    return ""
