"""What changed since the reference of a check: in tables, and in short."""

from __future__ import annotations

from msgspec.structs import replace

from burnish.model import Check, DependencyChange, Movement, Reference, Report
from burnish.report.growing import change_tables, changes_in_short, reference_words
from burnish.report.headline import render_result
from burnish.system.console import ColorRole

COMMIT = "0123456789abcdef" * 2 + "01234567"


def plain(text: str, _role: ColorRole) -> str:
    """Return a text as it is."""
    return text


def report_of(report: Report, **parts: object) -> Report:
    """Return a check's report against a tag."""
    reference = Reference(name="v1.0", commit=COMMIT)
    return replace(report, outcome="not_met", check=replace(Check(reference=reference), **parts))


def test_reference_is_told_by_name_and_commit(partial_report: Report) -> None:
    """A hash alone once, a report by its path, and nothing where there is none."""
    report = report_of(partial_report)
    assert reference_words(report) == "v1.0 (0123456789ab)"
    by_hash = report_of(partial_report, reference=Reference(name=COMMIT[:8], commit=COMMIT))
    assert reference_words(by_hash) == "0123456789ab"
    assert reference_words(report_of(partial_report, reference=Reference(name="a/report.json"))) == "a/report.json"
    assert reference_words(partial_report) == ""
    assert change_tables(partial_report) == []
    assert changes_in_short(partial_report) == []


def test_changes_are_told_in_short_and_in_whole(partial_report: Report) -> None:
    """The three that grew most, the first dependencies, and how many more there are."""
    crates = [Movement(name=f"c{size}", before_bytes=0, after_bytes=size) for size in (9000, 800, 70, 6)]
    shrunk = Movement(name="gone", before_bytes=50, after_bytes=0)
    dependencies = [
        DependencyChange(name="new", before=[], after=["1.0.0"]),
        DependencyChange(name="old", before=["2.0.0"], after=[]),
        DependencyChange(name="up", before=["1.0.0"], after=["1.1.0", "2.0.0"]),
    ]
    report = report_of(partial_report, moved_crates=[*crates, shrunk], dependencies=dependencies)
    assert changes_in_short(report) == [
        "code that grew most: c9000 +9,000 B, c800 +800 B, c70 +70 B, 1 more in the report",
        "dependencies: new 1.0.0 added, old 2.0.0 removed, up 1.0.0 -> 1.1.0/2.0.0",
    ]
    tables = change_tables(report)
    assert [table.title for table in tables] == ["crates that moved most", "dependencies that changed"]
    assert tables[1].rows[0] == ("new", "-", "1.0.0", "added")
    shown = render_result(report, plain, place="x")
    assert "  reference   v1.0 (0123456789ab)\n" in shown
    assert "  | code that grew most: c9000 +9,000 B" in shown


def test_growth_that_cannot_be_told_apart_says_why(partial_report: Report) -> None:
    """Nobody is left to look for a table that is not there."""
    report = report_of(partial_report, moved_note="there is no cargo-bloat")
    assert changes_in_short(report) == ["what grew: there is no cargo-bloat"]
    shrunk = [Movement(name="a", before_bytes=2, after_bytes=1)]
    assert changes_in_short(report_of(partial_report, moved_note="code only", moved_crates=shrunk)) == []
