"""The comment on a pull request: what moved, the limits, and why a gate is not met. Edited in place, found by its mark.

GitHub-flavoured Markdown. Foreign text can open no markup in it, and it stays far below the longest comment of GitHub
and GitLab, whatever the report holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from burnish.model import Gate, Movement, Report
from burnish.report.growing import changes_beside_code, reference_words
from burnish.report.markdown import markdown_table, markdown_text
from burnish.report.summary import Comparison, comparisons, format_measure, outcome_sentence, subject
from burnish.text import format_bytes, format_change, neutral, shortened

_ROWS, _GATES, _MOVERS, _WARNINGS = 20, 12, 5, 5
_LONGEST_TEXT, _LONGEST_NAME = 300, 100
# GitHub refuses a comment of more than 65,536 characters.
_LONGEST_COMMENT = 60_000
_UNMET = ("fail", "inconclusive")
_SPARKS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
# Of two the table says as much.
_FEWEST_SIZES = 3


def comment_mark(report: Report) -> str:
    """Return the hidden line by which an earlier comment on the same binary and platform is found."""
    project, platform = report.project, report.platform
    told = "\0".join([project.package or "", project.binary or "", platform.triple])
    return f"<!-- burnish {hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:16]} -->"


def render_comment(report: Report) -> str:
    """Return the whole comment; its first line is the mark."""
    reference = reference_words(report)
    parts = [
        f"{comment_mark(report)}\n### burnish: {_short(subject(report))}, {_short(report.platform.triple)}",
        f"**{_short(outcome_sentence(report), _LONGEST_TEXT)}**",
        f"Compared with {_short(reference)}." if reference else "",
        _numbers(report),
        _gates(report.gates),
        "\n".join(_reasons(report.gates)),
        *(_movers(kind, moved) for kind, moved in _moved(report).items()),
        "\n".join(f"- {_short(sentence, _LONGEST_TEXT)}" for sentence in changes_beside_code(report)),
        _trend(report.history.sizes if report.history else []),
        _warnings(report.warnings),
        _footer(report),
    ]
    return "\n\n".join(_that_fit(part for part in parts if part)) + "\n"


def _that_fit(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts for which there is room: escapes can make ten characters of one."""
    left = _LONGEST_COMMENT
    for part in parts:
        if len(part) < left:
            left -= len(part)
            yield part


def _numbers(report: Report) -> str:
    rows = comparisons(report)[:_ROWS]
    if report.candidate is None:
        return markdown_table(("", "now"), [(_cut(row.name), format_measure(row.before, row.unit)) for row in rows])
    return markdown_table(("", "before", "after", "change"), map(_cells, rows))


def _cells(row: Comparison) -> tuple[str, ...]:
    sides = (format_measure(value, row.unit) for value in (row.before, row.after))
    return (_cut(row.name), *sides, _change(row))


def _change(row: Comparison) -> str:
    if not row.before or row.after is None:
        return "-"
    percent = format_change(row.after / row.before)
    if row.unit == "bytes":
        return f"{percent} ({row.after - row.before:+,.0f} B)"
    if row.ratio_interval is None:
        return percent
    low, high = map(format_change, row.ratio_interval)
    return f"{percent} (95%: {low} to {high})"


def _gates(gates: Sequence[Gate]) -> str:
    judged = [gate for gate in gates if gate.verdict != "not-applicable"]
    return markdown_table(("gate", "verdict", "measured", "limit"), map(_gate_cells, judged[:_GATES]))


def _gate_cells(gate: Gate) -> tuple[str, ...]:
    return _cut(gate.name), gate.verdict, *(format_measure(value, gate.unit) for value in (gate.measured, gate.limit))


def _reasons(gates: Sequence[Gate]) -> Iterator[str]:
    for gate in gates[:_GATES]:
        if gate.verdict in _UNMET:
            yield f"- **{_short(gate.name)}**: {_short(gate.reason, _LONGEST_TEXT)}"


def _moved(report: Report) -> Mapping[str, Sequence[Movement]]:
    told = report.check or report.explanation
    return {"crate": told.moved_crates, "function": told.moved_functions} if told is not None else {}


def _movers(kind: str, movers: Sequence[Movement]) -> str:
    rows = [
        (_cut(each.name), f"{each.after_bytes - each.before_bytes:+,} B", f"{each.after_bytes:,} B")
        for each in movers[:_MOVERS]
    ]
    return markdown_table((kind, "change", "now"), rows)


def _trend(sizes: Sequence[int]) -> str:
    """Return the sizes at the commits that led here as a sparkline."""
    if len(sizes) < _FEWEST_SIZES:
        return ""
    low, high = min(sizes), max(sizes)
    steps = [round((size - low) / ((high - low) or 1) * (len(_SPARKS) - 1)) for size in sizes]
    line = "".join(_SPARKS[step] for step in steps)
    return f"Size at {len(sizes)} commits: `{line}` {format_bytes(sizes[0])} to {format_bytes(sizes[-1])}"


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    shown = [f"- {_short(warning, _LONGEST_TEXT)}" for warning in warnings[:_WARNINGS]]
    left = [f"- {len(warnings) - _WARNINGS} more in the report"] if len(warnings) > _WARNINGS else []
    lines = ["<details><summary>Warnings</summary>", "", *shown, *left, "", "</details>"]
    return "\n".join(lines)


def _footer(report: Report) -> str:
    told = f"{report.machine.cpu}, {report.toolchain.rustc}, burnish {report.tool.version}, run {report.run.id}"
    return f"<sub>{_short(told, _LONGEST_TEXT)}</sub>"


def _short(text: str, longest: int = _LONGEST_NAME) -> str:
    return markdown_text(_cut(text, longest))


def _cut(text: str, longest: int = _LONGEST_NAME) -> str:
    return shortened(neutral(text), longest)
