"""Which rounds count as disturbed: by the run's own scatter, so on a quiet machine and on a restless one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulated import MACHINES, QUIET, Noise, simulated_rounds
from burnish.measure.interference import disturbance_limit, disturbed_rounds
from burnish.measure.rounds import take_rounds

levels = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("floors", "expected"),
    [
        ([], []),
        ([1.0], []),
        ([1.0, 1.0, 1.0, 1.0], []),
        ([1.0, 1.24, 1.0, 1.0], []),
        ([1.0, 1.3, 1.0, 1.0], [1]),
        ([1.0, 0.2, 1.0, 1.0], []),
        ([1.0, 9.0, 1.1, 0.9, 5.0, 1.0], [1, 4]),
        ([1.0, 1.5, 2.0, 1.2, 1.7, 0.9, 2.2], []),
        ([1.0, 1.5, 2.0, 1.2, 1.7, 0.9, 30.0], [6]),
    ],
)
def test_disturbed_rounds_stand_out_from_the_others(floors: list[float], expected: list[int]) -> None:
    """Slow by more than the others scatter, and by more than a quarter; where all scatter by 2x, 2x is no news."""
    assert disturbed_rounds(floors) == expected


@given(levels, st.floats(1e-3, 1e3))
def test_disturbed_rounds_are_the_same_on_a_slower_machine(floors: list[float], speed: float) -> None:
    """Only ratios count."""
    assert disturbance_limit([floor * speed for floor in floors]) == pytest.approx(disturbance_limit(floors) * speed)


@given(levels)
def test_most_rounds_are_never_disturbed(floors: list[float]) -> None:
    """What more than half of the rounds do is what the machine does."""
    assert len(disturbed_rounds(floors)) <= len(floors) // 2


def disturbed_shares(noise: Noise) -> tuple[float, float]:
    """Return the shares of rounds repeated, and of runs of ten rounds that stay disturbed, of 200 simulated."""
    generator = random.Random(20261124)  # noqa: S311 - a simulation
    repeated = stayed = 0
    for _ in range(200):
        machine = simulated_rounds(noise, {"side": 1e-3, "floor": 3e-4}, generator, runs=10)
        rounds = take_rounds(("side", "floor"), machine, 10, on_round=lambda _done, _planned: None)
        repeated += rounds.repeated
        stayed += bool(rounds.disturbed)
    return repeated / 2000, stayed / 200


@pytest.mark.parametrize("noise", [*MACHINES.values(), Noise(drift=0.3, shared=0.25, own=0.1, tail=0.5, outliers=0.01)])
def test_restless_machine_is_not_disturbed_all_the_time(noise: Noise) -> None:
    """However noisy, few rounds are repeated, and hardly a run ends with a floor that stayed disturbed."""
    repeated, stayed = disturbed_shares(noise)
    assert repeated < 0.1
    assert stayed < 0.02


def test_neighbour_on_a_quiet_machine_is_seen() -> None:
    """One round in ten in which everything is 1.5 to 3 times as slow: about as many rounds are repeated."""
    repeated, stayed = disturbed_shares(Noise(own=QUIET.own, tail=QUIET.tail, busy=0.1))
    assert 0.08 < repeated < 0.14
    assert stayed < 0.02
