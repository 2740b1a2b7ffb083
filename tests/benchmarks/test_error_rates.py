"""The script that prints error rates: its arithmetic, and that it runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.error_rates import main, wilson_interval


@given(st.integers(1, 5000), st.data())
def test_wilson_interval_agrees_with_scipy(trials: int, data: st.DataObject) -> None:
    """The interval of a rate is scipy's, from no hit to all."""
    hits = data.draw(st.integers(0, trials))
    theirs = stats.binomtest(hits, trials).proportion_ci(method="wilson")
    assert wilson_interval(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_simulated_rates_are_printed_for_each_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Every machine with every slow-down, each with how many were found slower and faster."""
    main(["simulated", "--pairs", "2", "--runs", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 * 3 * 3
    assert lines[0] == "simulated, quiet machine, candidate 1.00 of the baseline: 2 pairs"
    assert lines[1].startswith("  slower: ")
