from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.measure.rounds import Round, Rounds, RoundsPlan, plan_order, take_rounds, take_until_decided
from tests.unit.measure.timing import round_of

NAMES = ("side", "floor")


def machine(sides: list[float], floors: list[float]) -> Callable[[tuple[str, ...]], Round]:
    """Return a machine whose rounds take these seconds in turn; the last ones for ever."""
    taken = itertools.count()

    def time_one(_order: tuple[str, ...]) -> Round:
        number = next(taken)
        side, floor = (levels[min(number, len(levels) - 1)] for levels in (sides, floors))
        return round_of(side=[side], floor=[floor])

    return time_one


def silent(_done: int, _planned: int) -> None:
    """Show no progress."""


def test_plan_order_gives_each_name_each_place_as_often() -> None:
    """Over six rounds of three, everyone is in each place twice, and next to each neighbour, on each side, as often."""
    orders = [plan_order(("baseline", "candidate", "floor"), number) for number in range(6)]
    assert len(set(orders)) == 6
    assert set(Counter((place, name) for order in orders for place, name in enumerate(order)).values()) == {2}
    assert set(Counter(pair for order in orders for pair in itertools.pairwise(order)).values()) == {2}


@given(st.lists(st.text(), min_size=1, unique=True), st.integers(0, 1000))
def test_plan_order_leaves_nobody_out(names: list[str], number: int) -> None:
    """Every round holds every name once."""
    assert sorted(plan_order(tuple(names), number)) == sorted(names)


def test_take_rounds_repeats_a_disturbed_round_for_all() -> None:
    """A round whose floor was disturbed is taken again, whatever the sides did in it; progress goes on beyond."""
    beats: list[tuple[int, int]] = []
    rounds = take_rounds(
        NAMES,
        machine([5.0, 5.1, 5.2, 5.3, 5.4], [1.0, 1.6, 1.0, 1.0, 1.0]),
        4,
        on_round=lambda done, planned: beats.append((done, planned)),
    )
    assert rounds.means("side") == [5.0, 5.4, 5.2, 5.3]
    assert (rounds.repeated, rounds.disturbed) == (1, [])
    assert beats == [(1, 4), (2, 4), (3, 4), (4, 4), (5, 5)]


def test_take_rounds_never_looks_at_the_sides() -> None:
    """A side that is slow in one round, with a quiet floor, keeps that round: it may be the side's own doing."""
    rounds = take_rounds(NAMES, machine([5.0, 500.0, 5.0], [1.0, 1.1, 1.0]), 4, on_round=silent)
    assert (rounds.means("side"), rounds.repeated) == ([5.0, 500.0, 5.0, 5.0], 0)


def test_take_rounds_gives_up_on_a_busy_machine() -> None:
    """At most half as many rounds again are taken; after that the rounds count as they are, and it is told."""
    rounds = take_rounds(NAMES, machine([5.0], [1.0, 1.0, 1.0, 9.0]), 4, on_round=silent)
    assert (len(rounds.taken), rounds.repeated, rounds.disturbed) == (4, 2, [3])


def test_take_rounds_goes_on_from_earlier_ones() -> None:
    """More rounds are added to those there are, and the order goes on turning."""
    first = take_rounds(NAMES, machine([1.0, 2.0], [1.0]), 2, on_round=silent)
    orders: list[tuple[str, ...]] = []

    def time_one(order: tuple[str, ...]) -> Round:
        orders.append(order)
        return round_of(side=[3.0], floor=[1.0])

    rounds = take_rounds(NAMES, time_one, 2, on_round=silent, earlier=first)
    assert rounds.means("side") == [1.0, 2.0, 3.0, 3.0]
    assert orders == [plan_order(NAMES, 2), plan_order(NAMES, 3)]


@pytest.mark.parametrize(
    ("rounds", "max_rounds", "looks"), [(10, 30, 3), (10, 25, 3), (10, 10, 1), (10, 5, 1), (3, 4, 2)]
)
def test_plan_counts_its_looks(rounds: int, max_rounds: int, looks: int) -> None:
    """A look comes after each batch of rounds, the last batch being what is left."""
    assert RoundsPlan(rounds=rounds, max_rounds=max_rounds, max_seconds=1.0).looks == looks


def taken_while(answers: list[bool], *, max_rounds: int = 7, seconds: float = math.inf) -> tuple[int, list[int]]:
    """Take rounds of a second each while the answers are true; return their number, and it at each look."""
    looks: list[int] = []

    def is_undecided(rounds: Rounds) -> bool:
        looks.append(len(rounds.taken))
        return answers[len(looks) - 1]

    clock = 0.0

    def time_one(_order: tuple[str, ...]) -> Round:
        nonlocal clock
        clock += 1.0
        return round_of(side=[1.0], floor=[1.0])

    plan = RoundsPlan(rounds=3, max_rounds=max_rounds, max_seconds=seconds)
    rounds = take_until_decided(NAMES, time_one, plan, is_undecided=is_undecided, on_round=silent, clock=lambda: clock)
    return len(rounds.taken), looks


def test_take_until_decided_stops_when_it_is() -> None:
    """One look at enough rounds is enough."""
    assert taken_while([False]) == (3, [3])
    assert taken_while([True, False]) == (6, [3, 6])


def test_take_until_decided_stops_at_the_most_rounds() -> None:
    """The looks are those that were planned, and after the last one nothing is taken."""
    assert taken_while([True, True, True]) == (7, [3, 6, 7])


def test_take_until_decided_never_takes_fewer_than_asked_for() -> None:
    """A largest number below the number is no reason to take fewer."""
    assert taken_while([True], max_rounds=1) == (3, [3])


def test_take_until_decided_stops_when_the_time_is_over() -> None:
    """In the middle of a batch too, but not before three rounds, without which there is no interval."""
    assert taken_while([True, True], seconds=4.5) == (5, [3])
    assert taken_while([True], seconds=0.5) == (3, [])
    assert taken_while([True, True], seconds=3.5) == (4, [3])
