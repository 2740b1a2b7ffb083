"""Successive halving: who is timed for how long."""

from __future__ import annotations

import pytest

from burnish.search.timing import FINALISTS, Stage, plan_stages


def test_many_sides_are_halved_while_what_is_timed_doubles() -> None:
    """Twenty sides get three rounds, ten of them six in all, and five of them ten."""
    assert plan_stages(20, first_rounds=3, all_rounds=10) == [
        Stage(sides=20, rounds=3),
        Stage(sides=10, rounds=3),
        Stage(sides=5, rounds=4),
    ]


def test_finalists_are_timed_to_the_end_at_once() -> None:
    """So few sides are not worth parting."""
    assert plan_stages(FINALISTS, first_rounds=3, all_rounds=10) == [Stage(sides=FINALISTS, rounds=10)]


def test_screening_alone_times_all_alike() -> None:
    """Where the first rounds are all, nobody is left out."""
    assert plan_stages(16, first_rounds=3, all_rounds=3) == [Stage(sides=16, rounds=3)]


@pytest.mark.parametrize("sides", range(1, 40))
@pytest.mark.parametrize("first", [2, 3, 7])
@pytest.mark.parametrize("last", [2, 10, 30])
def test_schedule_ends_with_all_rounds_for_those_that_stay(sides: int, first: int, last: int) -> None:
    """Stages never grow, nobody falls below the finalists, and the last stage completes the rounds."""
    stages = plan_stages(sides, first_rounds=first, all_rounds=last)
    counts = [stage.sides for stage in stages]
    assert sum(stage.rounds for stage in stages) == last
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == sides
    assert counts[-1] >= min(sides, FINALISTS)
    assert all(stage.rounds > 0 for stage in stages)
