"""Gates of several binaries: the worst one tells, and is named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.judge.gates import judge_size
from burnish.judge.several import budget_beside, joined, judge_total
from burnish.model import Gate, VerdictName
from tests.unit.judge.sides import side

LIMITED = Budget(name="b", max_total_size_bytes=2500)


def gate(verdict: VerdictName, reason: str = "", name: str = "size") -> Gate:
    """Return a gate of this verdict, whose number tells the verdicts apart."""
    measured = {"pass": 1.0, "fail": 2.0, "inconclusive": 3.0, "not-applicable": None}[verdict]
    return Gate(
        name=name, criterion="c", verdict=verdict, measured=measured, limit=9.0, unit="bytes", reason=reason or verdict
    )


@pytest.mark.parametrize(
    ("first", "others", "verdict", "reason"),
    [
        ("pass", {}, "pass", "pass"),
        ("pass", {"a": "pass", "b": "pass"}, "pass", "pass; met by a, b too"),
        ("pass", {"a": "fail", "b": "pass"}, "fail", "`a`: fail; pass; met by b too"),
        ("inconclusive", {"a": "fail", "b": "inconclusive"}, "fail", "`a`: fail; `b`: inconclusive; inconclusive"),
        ("fail", {"a": "inconclusive"}, "fail", "`a`: inconclusive; fail"),
        ("not-applicable", {"a": "pass"}, "pass", "not-applicable; met by a too"),
        ("pass", {"a": "not-applicable"}, "pass", "pass"),
    ],
)
def test_worst_binary_gives_the_verdict(
    first: VerdictName, others: dict[str, VerdictName], verdict: VerdictName, reason: str
) -> None:
    """Its number is the gate's, and whoever is not within the limit is named first."""
    (found,) = joined([gate(first)], {name: [gate(each)] for name, each in others.items()})
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.measured == gate(verdict).measured


def test_gates_that_others_do_not_have_stay() -> None:
    """Tests and benches are the project's, and so are the rest of the table's."""
    tests = gate("pass", name="tests")
    assert joined([gate("pass"), tests], {"a": [gate("fail")]})[1] == tests


def test_other_binary_need_not_shrink_and_may_not_grow() -> None:
    """The first one must, where the budget asks for it."""
    budget = Budget(name="b", size_must_shrink=True)
    before = side(size_bytes=1000)
    verdicts = {
        size: judge_size(before, side(size_bytes=size), budget_beside(budget, before)).verdict
        for size in (999, 1000, 1001)
    }
    assert verdicts == {999: "pass", 1000: "pass", 1001: "fail"}
    assert judge_size(before, side(size_bytes=1000), budget).verdict == "fail"
    small = replace(budget, max_size_bytes=500)
    assert judge_size(before, side(size_bytes=501), budget_beside(small, before)).verdict == "fail"
    assert budget_beside(LIMITED, before) == LIMITED


@pytest.mark.parametrize(
    ("sizes", "verdict"), [((1000, 1500), "pass"), ((1000, 1501), "fail"), ((1000, None), "inconclusive")]
)
def test_all_together_are_held_against_the_total(sizes: tuple[int, int | None], verdict: str) -> None:
    """Each may be within its own limit; one that is not there cannot be added."""
    sides = {"one": side(size_bytes=sizes[0]), "two": side(size_bytes=sizes[1])}
    (found,) = judge_total([gate("pass")], sides, LIMITED)
    assert found.verdict == verdict
    if verdict == "fail":
        assert (found.measured, found.limit) == (2501, 2500)
        assert found.reason == "pass; 2,501 B together: one 1,000 B, two 1,501 B"
    assert judge_total([gate("pass")], sides, Budget(name="b")) == [gate("pass")]
