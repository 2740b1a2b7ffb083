"""What every rendering says of a report."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from burnish.model import Outcome, Report, SelectionPart
from burnish.report.summary import Comparison, comparisons, format_measure, outcome_sentence, subject


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "bytes", "-"),
        (473_368, "bytes", "473,368 B"),
        (0.000412, "s", "412 us"),
        (0.67, "ratio", "0.670"),
        (0, "tests lost", "0 tests lost"),
        (1664, "tests", "1,664 tests"),
        (3, "", "3"),
    ],
)
def test_number_is_written_in_its_unit(value: float | None, unit: str, expected: str) -> None:
    """No number stands without its unit, and no unit without a number."""
    assert format_measure(value, unit) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(1000, 500, "0.500 (-50.0%)"), (1000, 1100, "1.100 (+10.0%)"), (None, 1, "-"), (1, None, "-"), (0, 1, "-")],
)
def test_ratio_says_the_change_in_percent(before: float | None, after: float | None, expected: str) -> None:
    """A dash where there is nothing to compare."""
    assert Comparison(name="size", unit="bytes", before=before, after=after).ratio == expected


def test_comparisons_hold_what_was_measured(full_report: Report, partial_report: Report) -> None:
    """Both sides, one side, and none."""
    assert [row.name for row in comparisons(full_report)] == [
        "size",
        "start-up",
        "start-up above the floor",
        "processor time",
        "peak memory",
        "page faults",
        "instructions, start-up",
        "size of other",
        "start-up of other",
        "instructions, start-up of other",
    ]
    size = comparisons(replace(full_report, candidate=None))[0]
    assert (size.before, size.after) == (706_000, None)
    assert comparisons(partial_report) == []


def test_processor_time_is_the_sum_of_its_parts(full_report: Report) -> None:
    """User and system time together; their split is by whole ticks of the kernel's clock."""
    (row,) = [row for row in comparisons(full_report) if row.name == "processor time"]
    assert [row.before, row.after] == pytest.approx([5e-4, 5e-4])
    assert row.unit == "s"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("kept", "Kept: the project now builds with the recipe portable."),
        ("rolled_back", "Rolled back: every file is as it was, byte for byte."),
        ("nothing_to_do", "Nothing to do: the files already hold the recipe portable."),
        ("refused", "Refused: no file was touched."),
        ("unfinished", "Not judged yet."),
    ],
)
def test_outcome_is_said_in_a_sentence(partial_report: Report, outcome: Outcome, expected: str) -> None:
    """Each outcome says what became of the files."""
    assert outcome_sentence(replace(partial_report, outcome=outcome)) == expected


def test_outcome_names_the_gates_that_were_not_met(full_report: Report) -> None:
    """Judged alone, the verdict is not final, and what is missing is named."""
    assert outcome_sentence(replace(full_report, outcome="unfinished")) == (
        "Judged, and not made final: fail. Not met: size (fail), startup (inconclusive)."
    )


def test_check_says_whether_it_is_certain(full_report: Report) -> None:
    """A gate that failed is another thing than one of which nobody knows."""
    unmet = replace(full_report, outcome="not_met")
    assert outcome_sentence(unmet).startswith("The project as it stands is not within its budget. Not met: size (fail)")
    unsure = replace(unmet, gates=[gate for gate in full_report.gates if gate.verdict == "inconclusive"])
    assert outcome_sentence(unsure).startswith("The project as it stands is not shown to be within its budget.")


def test_subject_names_the_binary_only_where_it_has_another_name(full_report: Report, partial_report: Report) -> None:
    """A workspace without a chosen package is named by its folder."""
    assert subject(full_report) == "tool 1.2.3, binary tl"
    assert subject(replace(full_report, project=replace(full_report.project, binary="tool"))) == "tool 1.2.3"
    assert subject(partial_report) == "/home/user/tool"


def test_subject_tells_what_is_not_usual_of_the_selection(full_report: Report) -> None:
    """Of a plain release build nothing is told."""
    usual = SelectionPart(
        packages=["tool"],
        bins=["tl"],
        features=[],
        all_features=False,
        no_default_features=False,
        profile="release",
        target="x86_64-unknown-linux-gnu",
        toolchain=None,
        config=[],
        locked=True,
        offline=False,
        frozen=False,
        jobs=2,
    )
    assert subject(replace(full_report, selection=usual)) == "tool 1.2.3, binary tl"
    chosen = replace(usual, profile="dist", features=["a", "b"], no_default_features=True)
    told = "tool 1.2.3, binary tl, profile dist, no default features, features a b"
    assert subject(replace(full_report, selection=chosen)) == told
    assert subject(replace(full_report, selection=replace(usual, all_features=True))).endswith(", all features")
