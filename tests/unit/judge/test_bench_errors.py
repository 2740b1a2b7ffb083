"""How often the benches gate errs, on simulated benches; seeded, so that it is the same each time."""

from __future__ import annotations

import pytest

from benchmarks.bench_verdicts import rates

GATES = 1000
# 2.5% of so many gates, and three standard deviations of what chance may add to that.
AT_MOST = 0.025 + 3 * (0.025 * 0.975 / GATES) ** 0.5


@pytest.mark.parametrize("spread", [0.01, 0.06])
def test_slow_down_of_exactly_the_tolerance_is_misjudged_seldom(spread: float) -> None:
    """On the boundary both verdicts are wrong, and each comes in at most 2.5%, six benches and all looks together."""
    found = rates(1.10, spread, gates=GATES, seed=5)
    assert found["fail"] <= AT_MOST
    assert found["pass"] <= AT_MOST


def test_unchanged_benches_mostly_pass() -> None:
    """Noise alone hardly ever fails the gate, and what is the same can be shown to be."""
    found = rates(1.0, 0.03, gates=GATES, seed=6)
    assert found["fail"] < 0.005
    assert found["pass"] > 0.9


def test_slow_down_beyond_the_tolerance_is_found() -> None:
    """One bench of six that takes a fifth longer seldom passes, and mostly fails."""
    found = rates(1.20, 0.03, gates=GATES, seed=7)
    assert found["pass"] <= AT_MOST
    assert found["fail"] > 0.8
