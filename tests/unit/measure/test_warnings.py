"""Warnings of a measurement: each where it must be, with advice, and none of a steady one."""

from __future__ import annotations

import pytest

from burnish.measure.rounds import Round, Rounds, RoundsPlan
from burnish.measure.warnings import plan_warnings, timing_warnings
from burnish.model import StartupWarning
from tests.unit.measure.timing import round_of

STEADY = [1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 1.0, 1.1, 0.9, 1.0]


def rounds_of(runs: list[float], *, floors: tuple[float, ...] = (0.1,) * 4, repeated: int = 0) -> Rounds:
    """Return rounds whose side has these runs in each, and whose floor is at these levels."""
    taken: tuple[Round, ...] = tuple(round_of(side=runs, floor=[floor] * len(runs)) for floor in floors)
    return Rounds(taken=taken, repeated=repeated)


def kinds(warnings: tuple[StartupWarning, ...]) -> list[str]:
    """Return the kinds of the warnings."""
    return [warning.kind for warning in warnings]


def test_steady_rounds_need_no_warning() -> None:
    """Nothing is said about a good measurement."""
    assert timing_warnings(rounds_of(STEADY)) == ()


def test_missing_floor_is_told() -> None:
    """Without a floor nothing tells disturbed rounds from others."""
    rounds = Rounds(taken=(round_of(side=STEADY),) * 3)
    assert timing_warnings(rounds) == (
        StartupWarning(
            kind="no-floor",
            text="no floor could be built here: disturbed rounds cannot be told from others",
            advice="put rustc on the PATH",
        ),
    )


def test_disturbed_floor_is_told() -> None:
    """What stayed disturbed though rounds were repeated; what the repetition mended is no news."""
    assert timing_warnings(rounds_of(STEADY, floors=(0.1, 0.1, 0.9, 0.1), repeated=2)) == (
        StartupWarning(
            kind="floor-disturbed",
            text="the floor stayed disturbed in 1 of 4 start-up rounds",
            advice="measure again when the machine is quiet",
        ),
    )


@pytest.mark.parametrize(("first", "expected"), [(1.4, []), (1.6, ["slow-first-run"])])
def test_slow_first_run_is_told(first: float, expected: list[str]) -> None:
    """A first run that takes longer in most rounds speaks of a cold cache."""
    assert kinds(timing_warnings(rounds_of([first, *STEADY]))) == expected


def test_slow_first_run_of_one_round_is_chance() -> None:
    """It must be so in most rounds."""
    slow, steady = round_of(side=[9.0, *STEADY], floor=[0.1]), round_of(side=[1.0, *STEADY], floor=[0.1])
    assert "slow-first-run" not in kinds(timing_warnings(Rounds(taken=(slow, steady, steady))))


@pytest.mark.parametrize(
    ("rounds", "runs", "expected"),
    [(4, 10, []), (5, 10, ["few-rounds"]), (4, 100, ["few-runs"]), (5, 100, ["few-rounds", "few-runs"])],
)
def test_fewer_rounds_or_runs_than_asked_for_are_told(rounds: int, runs: int, expected: list[str]) -> None:
    """A start that takes long leaves less to go by, and what would give more is named."""
    plan = RoundsPlan(rounds=rounds, max_rounds=rounds, max_seconds=60.0)
    warnings = tuple(plan_warnings(rounds_of(STEADY), plan, runs=runs))
    assert kinds(warnings) == expected
    assert all(warning.advice == "raise startup.max_seconds, now 60, for narrower intervals" for warning in warnings)
