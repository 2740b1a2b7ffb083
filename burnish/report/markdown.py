"""The report as GitHub-flavoured Markdown, for a pull request or a step summary.

Foreign text can open no markup, link, image, mention or HTML: the signs that would are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from burnish.model import Edit, Gate, Report
from burnish.report.explanation import Table, explanation_tables
from burnish.report.growing import change_tables, reference_words
from burnish.report.summary import comparisons, format_measure, outcome_sentence, subject
from burnish.report.trial_table import search_sentences, trial_columns, trial_rows
from burnish.text import neutral

# Signs that open markup, links without brackets ("http:", "www."), a list or heading at the beginning of a line.
_ESCAPED = re.compile(r"[\\`*_\[\]|~!$^]|:(?=/)|(?<=www)\.|^[-+](?!\d)|^\d+[.)](?=\s|$)", re.IGNORECASE)
# An escape stops a reader of Markdown. GitHub looks for mentions, numbers and `:names:` of pictures in what comes out,
# where a comment stops it.
_BROKEN = re.compile(r"[@#]|:(?=[\w+-])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render_markdown(report: Report) -> str:
    """Return the whole document."""
    parts = [
        f"# burnish: {markdown_text(subject(report))}",
        f"**{markdown_text(outcome_sentence(report))}**",
        f"Compared with {markdown_text(reference)}." if (reference := reference_words(report)) else "",
        _comparison_table(report),
        _trial_table(report),
        *map(_explanation_table, [*explanation_tables(report), *change_tables(report)]),
        _gate_table(report.gates),
        _warnings(report.warnings),
        _settings_table(report),
        *(_edit(edit) for edit in report.edits),
        _machine(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _comparison_table(report: Report) -> str:
    rows = [
        (row.name, format_measure(row.before, row.unit), format_measure(row.after, row.unit), row.ratio)
        for row in comparisons(report)
    ]
    return markdown_table(("", "before", "after", "ratio"), rows)


def _trial_table(report: Report) -> str:
    table = markdown_table(trial_columns(report), (row.cells for row in trial_rows(report)), title="## Candidates")
    sentences = [f"- {markdown_text(sentence)}" for sentence in search_sentences(report.tune)] if report.tune else []
    return "\n\n".join(filter(None, [table, "\n".join(sentences)]))


def _explanation_table(table: Table) -> str:
    return markdown_table(
        [markdown_text(column) for column in table.columns], table.rows, title=f"## {markdown_text(table.title)}"
    )


def _gate_table(gates: Sequence[Gate]) -> str:
    return markdown_table(("gate", "verdict", "measured", "limit", "reason"), map(_gate_cells, gates), title="## Gates")


def _gate_cells(gate: Gate) -> tuple[str, ...]:
    measured, limit = (format_measure(value, gate.unit) for value in (gate.measured, gate.limit))
    return gate.name, gate.verdict, measured, limit, gate.reason


def _settings_table(report: Report) -> str:
    rows = [(each.where, each.key, each.value, each.reason, each.origin) for each in report.recipe.settings]
    title = f"## Recipe {markdown_text(report.recipe.name)}"
    return markdown_table(("where", "key", "value", "reason", "origin"), rows, title=title)


def _warnings(warnings: Sequence[str]) -> str:
    return "\n".join(["## Warnings", "", *(f"- {markdown_text(warning)}" for warning in warnings)]) if warnings else ""


def _edit(edit: Edit) -> str:
    lines = [neutral(line) for line in edit.diff.removesuffix("\n").split("\n")]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"## {markdown_text(edit.path)}", "", f"{fence}diff", *lines, fence])


def _machine(report: Report) -> str:
    machine, toolchain = report.machine, report.toolchain
    system = f"{machine.system} {machine.architecture}, {machine.cpu}, {machine.cores} cores"
    tools = ", ".join(filter(None, [toolchain.rustc, toolchain.cargo, toolchain.hyperfine]))
    version, run = markdown_text(report.tool.version), markdown_text(report.run.id)
    return f"Machine: {markdown_text(system)}; {markdown_text(tools)}; burnish {version}, run {run}"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> str:
    """Return a table whose cells are foreign text, under its title; nothing where it has no row."""
    lines = [_row(map(markdown_text, row)) for row in rows]
    if not lines:
        return ""
    heading = [title, ""] if title else []
    return "\n".join([*heading, _row(columns), _row("---" for _ in columns), *lines])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def markdown_text(text: str) -> str:
    """Return one line that Markdown shows as it is."""
    line = " ".join(neutral(text).split())
    escaped = _ESCAPED.sub(_escape, line).translate(_ENTITIES)
    return _BROKEN.sub(lambda match: f"\\{match[0]}<!-- -->", escaped)


def _escape(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}\\{match[0][-1]}"
