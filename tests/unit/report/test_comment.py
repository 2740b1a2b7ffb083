"""The comment on a pull request: its mark, what it tells, and that nothing in it acts."""

from __future__ import annotations

import re

from msgspec.structs import replace

from burnish.model import Check, DependencyChange, Gate, HistoryPart, Movement, Reference, Report
from burnish.report.comment import comment_mark, render_comment
from burnish.report.store import publishable
from tests.unit.report.samples import kept


def test_first_line_is_the_mark_of_this_binary_and_platform(full_report: Report) -> None:
    """Two binaries, or two platforms, have a comment each; two runs on the same share theirs."""
    other_run = replace(full_report, run=replace(full_report.run, id="another"), outcome="kept")
    other_platform = replace(full_report, platform=replace(full_report.platform, triple="aarch64-apple-darwin"))
    other_binary = replace(full_report, project=replace(full_report.project, binary="another"))
    mark = comment_mark(full_report)
    assert render_comment(full_report).splitlines()[0] == mark
    assert comment_mark(other_run) == mark
    assert len({mark, comment_mark(other_platform), comment_mark(other_binary)}) == 3


def test_comment_tells_what_moved_and_why_a_gate_is_not_met(full_report: Report) -> None:
    """Numbers before and after with the change, the limits, and the reasons of what is not met alone."""
    comment = render_comment(full_report)
    assert "| size | 706,000 B | 473,368 B | -33.0% (-232,632 B) |" in comment
    assert re.search(r"\| start-up \| 872 us \| 668 us \| -23\.4% \(95%: -30\.0% to \+10\.0%\) \|", comment)
    assert "| size | fail | 473,368 B | 400,000 B |" in comment
    assert "- **size**: 73,368 B over the limit" in comment
    assert "- **build**" not in comment
    assert "<details><summary>Warnings</summary>" in comment


def test_check_without_a_reference_tells_the_numbers_of_now(full_report: Report) -> None:
    """There is no change to tell."""
    comment = render_comment(replace(full_report, candidate=None, outcome="not_met"))
    assert "|  | now |" in comment
    assert "before" not in comment


def test_movers_are_told_where_the_report_has_them(full_report: Report) -> None:
    """The crates that moved most, the first five of them."""
    assert full_report.explanation is not None
    moved = [Movement(name=f"crate{number}", before_bytes=100, after_bytes=90 + number) for number in range(9)]
    explained = replace(full_report.explanation, moved_crates=moved)
    comment = render_comment(replace(full_report, check=None, explanation=explained))
    assert "| crate4 | -6 B | 94 B |" in comment
    assert "crate5" not in comment


def test_check_against_a_commit_tells_what_grew(full_report: Report) -> None:
    """The commit, the crates that moved most since, and the dependencies that changed."""
    check = Check(
        reference=Reference(name="main", commit="a" * 40),
        moved_crates=[Movement(name="regex", before_bytes=1_000, after_bytes=91_000)],
        dependencies=[DependencyChange(name="regex", before=["1.0.0"], after=["1.2.0"])],
    )
    comment = render_comment(replace(full_report, check=check, outcome="not_met"))
    assert "Compared with main (aaaaaaaaaaaa)." in comment
    assert "| regex | +90,000 B | 91,000 B |" in comment
    assert "- dependencies: regex 1.0.0 -\\> 1.2.0" in comment.replace("-&gt;", "-\\>")


def test_comment_of_any_report_is_short(hostile_report: Report) -> None:
    """GitHub refuses more than 65,536 characters."""
    gates = [
        Gate(name="n" * 9999, criterion="", verdict="fail", measured=1, limit=0, unit="", reason="|<@" * 9999)
        for _ in range(10)
    ]
    report = replace(hostile_report, gates=gates, warnings=["`" * 9999] * 99)
    assert len(render_comment(publishable(report))) < 65_536


def test_names_open_no_markup(hostile_report: Report) -> None:
    """What a project calls itself is text: no mention, link, element or comment that ends ours."""
    comment = render_comment(publishable(hostile_report))
    ours = re.compile(r"<!-- burnish [0-9a-f]{16} -->|<!-- -->|</?(?:details|summary|sub)>")
    rest = ours.sub("", comment)
    assert "<" not in rest.replace("&lt;", "")
    bare = re.sub(r"\\.", "", rest)
    assert not re.search(r"[`\[\]~!@]|://", bare)


def test_tables_keep_their_columns(hostile_report: Report) -> None:
    """A bar in a name makes no cell."""
    rows = [line for line in render_comment(publishable(hostile_report)).split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 4, 5}


def test_comment_of_a_kept_change_names_the_recipe() -> None:
    """The headline says what became of the run."""
    assert "Kept: the project now builds with the recipe auto" in render_comment(kept())


def test_trend_is_a_line_of_the_sizes_that_led_here(full_report: Report) -> None:
    """Of two commits the table says as much; where nothing moved the line is flat."""
    three = replace(full_report, history=HistoryPart(sizes=[100, 150, 200]))
    assert "Size at 3 commits: `\u2581\u2585\u2588` 100 B to 200 B" in render_comment(three)
    assert "\u2581\u2581\u2581" in render_comment(replace(full_report, history=HistoryPart(sizes=[7, 7, 7])))
    assert "commits:" not in render_comment(replace(full_report, history=HistoryPart(sizes=[100, 150])))
