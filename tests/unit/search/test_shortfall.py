"""What no candidate meets, and by how much."""

from __future__ import annotations

from typing import Any

from burnish.model import Gate, Side, Trial
from burnish.search.judged import excess_of, shortfall


def gate(name: str, measured: float, limit: float) -> Gate:
    """Return a gate on a number in bytes or seconds."""
    unit = "bytes" if name == "size" else "s"
    words: dict[str, Any] = {"criterion": f"at most {limit:g}", "unit": unit, "reason": ""}
    return Gate(name=name, verdict="pass" if measured <= limit else "fail", measured=measured, limit=limit, **words)


def trial(name: str, size: float, startup: float) -> Trial:
    """Return a trial judged by 500,000 bytes and 500 us."""
    gates = [gate("size", size, 500_000), gate("startup", startup, 500e-6)]
    side = Side(command=[], build_seconds=1.0)
    return Trial(name=name, choices=[], unusual=0, settings=[], side=side, gates=gates)


def test_nothing_is_missing_where_one_meets_all() -> None:
    """One good candidate is enough."""
    assert shortfall([trial("good", 400_000, 400e-6), trial("large", 900_000, 400e-6)]) == []


def test_limit_that_none_meets_is_told_with_the_nearest() -> None:
    """The number, the limit, and how much too much it is."""
    assert shortfall([trial("a", 400_000, 650e-6), trial("b", 900_000, 550e-6)]) == [
        (
            "startup: no candidate meets at most 0.0005; the nearest, b, has 550 us where 500 us is the limit, "
            "10.0% too much"
        )
    ]


def test_limits_that_are_met_by_different_ones_are_told_together() -> None:
    """Each can be had, and not both."""
    (sentence,) = shortfall([trial("small", 400_000, 650e-6), trial("quick", 900_000, 400e-6)])
    assert sentence.startswith("each limit is met by some candidate, all by none; the nearest, small: startup 650 us")


def test_nothing_is_told_where_nothing_works() -> None:
    """The failures tell it."""
    assert shortfall([]) == []


def test_excess_is_the_product_of_what_is_missed() -> None:
    """A limit that is met does not make up for one that is not."""
    gates = [gate("size", 600_000, 500_000), gate("startup", 250e-6, 500e-6)]
    assert excess_of(gates) == 1.2
    assert excess_of([gate("size", 1, 2)]) == 1.0
