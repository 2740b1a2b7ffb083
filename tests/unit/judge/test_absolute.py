"""A budget without a baseline: what is left of it, and what is named as left out."""

from __future__ import annotations

import msgspec

from burnish.judge.absolute import CHANGE_LIMITS, SIZE_LIMITS, absolute_only, limits_left_out, told_left_out
from burnish.judge.budget import Budget, Growth
from burnish.judge.findings import not_applicable
from burnish.model import Gate

BUDGET = Budget(name="b", max_size_bytes=5, size_must_shrink=True, startup_must_not_slow=True, max_workload_ratio=1.05)


def gate(name: str, measured: float | None = 1.0) -> Gate:
    """Return a gate that passes."""
    return Gate(name=name, criterion="", verdict="pass", measured=measured, limit=None, unit="", reason="so")


def test_limits_by_themselves_are_left() -> None:
    """A size is a size; what compares with a baseline is gone."""
    assert absolute_only(BUDGET) == Budget(name="b", max_size_bytes=5)


def test_limits_that_need_a_reference_are_named_by_gate() -> None:
    """One of a gate that measured nothing is not missed."""
    gates = [gate("size"), gate("startup"), not_applicable("workloads", "", "none is given")]
    assert limits_left_out(BUDGET, gates) == {"size": ["size_must_shrink"], "startup": ["startup_must_not_slow"]}
    assert limits_left_out(Budget(name="b"), gates) == {}


def test_limits_on_a_change_are_left_where_there_is_a_reference() -> None:
    """What is asked of an optimisation is asked of no change; a report is enough for the size alone."""
    budget = msgspec.structs.replace(BUDGET, max_size_growth=Growth(fraction=0.01), max_startup_ratio=1.1)
    between = absolute_only(budget, CHANGE_LIMITS)
    assert between == msgspec.structs.replace(budget, size_must_shrink=False, startup_must_not_slow=False)
    gates = [gate("size"), gate("startup"), gate("workloads")]
    assert limits_left_out(budget, gates, CHANGE_LIMITS) == {
        "size": ["size_must_shrink"],
        "startup": ["startup_must_not_slow"],
    }
    assert limits_left_out(budget, gates, SIZE_LIMITS)["workloads"] == ["max_workload_ratio"]
    assert absolute_only(budget, SIZE_LIMITS).max_size_growth == Growth(fraction=0.01)
    assert absolute_only(budget) == Budget(name="b", max_size_bytes=5)


def test_gate_says_what_was_not_judged() -> None:
    """The keys as the user has written them."""
    assert told_left_out(gate("size"), ["a", "b"]).reason == "so; without a reference not judged: a, b"
    assert told_left_out(gate("size"), ["a"], "in a check").reason == "so; in a check not judged: a"
    assert told_left_out(gate("size"), []) == gate("size")
