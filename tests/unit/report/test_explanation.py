"""The explanation's tables."""

from __future__ import annotations

import pytest

from burnish.model import Report, Share
from burnish.report.explanation import against_budget, explanation_tables, gathered


def test_tables_say_what_each_setting_buys_and_where_the_rest_is(full_report: Report) -> None:
    """Differences have a sign, what was not built a dash and its reason, and shares add up to the whole."""
    tables = {table.title.split(":")[0]: table.rows for table in explanation_tables(full_report)}
    assert tables["what each setting buys"] == [
        ("strip = true", "-104,328 B", "1.000 (0.900 to 1.100)", "+104,528 B", "-", ""),
        ("static", "-", "-", "-", "-", "only static: does not build"),
    ]
    assert tables["bytes by section"] == [
        (".text", "400,000 B", "84.5%"),
        ("headers and padding", "73,368 B", "15.5%"),
    ]
    assert tables["start-up"] == [("the floor", "112 us", "101.8%"), ("the program's own part", "-2 us", "-1.8%")]


def test_whole_is_held_against_the_budget(full_report: Report) -> None:
    """Both limits, in their units and as a share."""
    assert full_report.explanation is not None
    assert against_budget(full_report.explanation) == [
        "size: 473,368 B of the 500,000 B that the budget allows (94.7%)",
        "start-up: 110 us of the 500 us that the budget allows (22.0%)",
    ]


def test_report_without_an_explanation_has_no_tables(partial_report: Report) -> None:
    """Other runs take nothing apart."""
    assert explanation_tables(partial_report) == []


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_small_shares_are_gathered_and_none_is_lost(count: int) -> None:
    """At most three lines, and the same sum."""
    shares = [Share(name=str(number), amount=10 - number) for number in range(count)]
    few = gathered(shares, 3)
    assert len(few) == min(count, 3)
    assert sum(share.amount for share in few) == sum(share.amount for share in shares)
    if count > 3:
        assert few[-1].name == f"{count - 2} others"
