"""scipy is the oracle; simulated rounds show that the intervals cover what they promise."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from burnish.measure.statistics import (
    Interval,
    decision_confidence,
    difference_interval,
    mean,
    median,
    ratio_interval,
    t_interval,
    t_quantile,
)

finite = st.floats(min_value=-1e9, max_value=1e9)
seconds = st.floats(min_value=1e-6, max_value=1e3)
near = st.floats(min_value=1e-3, max_value=1e-1)


@settings(max_examples=50)
@given(df=st.integers(1, 10_000), p=st.floats(0.55, 0.9999))
def test_t_quantile_agrees_with_scipy(df: int, p: float) -> None:
    """The quantile is scipy's to 1e-9, from one degree of freedom to ten thousand, on both sides of zero."""
    expected = float(stats.t.ppf(p, df))
    assert t_quantile(p, df) == pytest.approx(expected, rel=1e-9)
    assert t_quantile(1 - p, df) == pytest.approx(-expected, rel=1e-9)


def test_t_quantile_for_every_small_df() -> None:
    """The numbers that verdicts are made with, 2 to 200 rounds at 95%, are scipy's."""
    ours = [t_quantile(0.975, df) for df in range(1, 200)]
    assert ours == pytest.approx([float(stats.t.ppf(0.975, df)) for df in range(1, 200)], rel=1e-12)


@pytest.mark.parametrize(("p", "df"), [(0.0, 1), (1.0, 1), (math.nan, 1), (0.9, 0)])
def test_t_quantile_outside_its_domain(p: float, df: int) -> None:
    """What is no probability, or no degree of freedom, is refused."""
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(p, df)


@given(st.lists(finite, min_size=2, max_size=50), st.sampled_from([0.9, 0.95, 0.99]))
def test_t_interval_agrees_with_scipy(samples: list[float], confidence: float) -> None:
    """The interval is scipy's t interval around the mean, at each confidence."""
    interval = t_interval(samples, confidence)
    error = math.sqrt(math.fsum((x - interval.mean) ** 2 for x in samples) / (len(samples) - 1) / len(samples))
    half = float(stats.t.ppf((1 + confidence) / 2, len(samples) - 1)) * error
    assert interval.n == len(samples)
    assert (interval.low, interval.high) == pytest.approx((interval.mean - half, interval.mean + half), rel=1e-9)
    if half > 1e-6 * abs(interval.mean):
        theirs = stats.ttest_1samp(samples, 0).confidence_interval(confidence)
        assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-6 * half)


def test_t_interval_of_one_sample() -> None:
    """One sample tells nothing of the spread: the interval is infinite, never NaN."""
    assert t_interval([3.0]) == Interval(low=-math.inf, mean=3.0, high=math.inf, n=1)


def test_t_interval_of_equal_samples() -> None:
    """Samples without any spread give an interval of no width."""
    assert t_interval([0.5] * 10) == Interval(low=0.5, mean=0.5, high=0.5, n=10)


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf]])
@pytest.mark.parametrize("function", [mean, median, t_interval])
def test_samples_that_are_none(function: Callable[[list[float]], object], samples: list[float]) -> None:
    """No sample, and one that is not a finite number, is refused rather than carried on as NaN."""
    with pytest.raises(ValueError, match="sample"):
        function(samples)


def test_median_of_even_and_odd_numbers() -> None:
    """The middle one, or the mean of the middle two, in whatever order they come."""
    assert (median([3.0, 1.0, 2.0]), median([4.0, 1.0, 3.0, 2.0])) == (2.0, 2.5)


@given(st.lists(st.tuples(seconds, seconds), min_size=2, max_size=30))
def test_ratio_interval_turned_round(rounds: list[tuple[float, float]]) -> None:
    """Baseline over candidate is the inverse of candidate over baseline: no side is favoured."""
    candidate, baseline = zip(*rounds, strict=True)
    there, back = ratio_interval(candidate, baseline), ratio_interval(baseline, candidate)
    assert there.low <= there.mean * (1 + 1e-9)
    assert there.mean * back.mean == pytest.approx(1.0)
    if there.low > 1e-200:
        assert there.low * back.high == pytest.approx(1.0)


@given(st.lists(seconds, min_size=2, max_size=30), st.floats(0.1, 10), st.floats(0.1, 10))
def test_ratio_interval_ignores_what_disturbs_a_whole_round(
    baseline: list[float], ratio: float, slowdown: float
) -> None:
    """Rounds of any speed with one ratio in each give that ratio, and no width."""
    rounds = [second * slowdown for second in baseline]
    interval = ratio_interval([ratio * second for second in rounds], rounds)
    assert (interval.low, interval.mean, interval.high) == pytest.approx((ratio, ratio, ratio), rel=1e-9)


@given(st.lists(st.tuples(near, near), min_size=2, max_size=30), st.sampled_from([0.9, 0.95, 0.99]))
def test_ratio_interval_agrees_with_scipy(rounds: list[tuple[float, float]], confidence: float) -> None:
    """The interval is that of scipy's paired t test on logarithms."""
    candidate, baseline = zip(*rounds, strict=True)
    logs = [math.log(new) - math.log(old) for new, old in rounds]
    assume(max(logs) - min(logs) > 1e-3)
    theirs = stats.ttest_1samp(logs, 0).confidence_interval(confidence)
    interval = ratio_interval(candidate, baseline, confidence)
    assert [math.log(interval.low), math.log(interval.high)] == pytest.approx([theirs.low, theirs.high], rel=1e-6)


@given(st.lists(st.tuples(seconds, seconds), min_size=2, max_size=30), st.sampled_from([0.9, 0.95, 0.99]))
def test_difference_interval_agrees_with_scipy(rounds: list[tuple[float, float]], confidence: float) -> None:
    """The interval is that of scipy's paired t test."""
    upper, lower = zip(*rounds, strict=True)
    differences = [more - less for more, less in rounds]
    assume(max(differences) - min(differences) > 1e-3 * max(*upper, *lower))
    theirs = stats.ttest_rel(upper, lower).confidence_interval(confidence)
    interval = difference_interval(upper, lower, confidence)
    assert [interval.low, interval.high] == pytest.approx(
        [theirs.low, theirs.high], rel=1e-6, abs=1e-9 * max(*upper, *lower)
    )


def test_difference_interval_needs_pairs() -> None:
    """Rounds that cannot be paired are refused."""
    with pytest.raises(ValueError, match="1 rounds cannot be paired with 2"):
        difference_interval([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("looks", "confidence"), [(1, 0.95), (2, 0.975), (5, 0.99)])
def test_decision_confidence_shares_the_error_among_the_looks(looks: int, confidence: float) -> None:
    """One look is the plain 95%; more of them each get their part of the 5%."""
    assert decision_confidence(looks) == pytest.approx(confidence)


def test_ratio_interval_of_one_round() -> None:
    """One round shows a ratio and nothing about its error."""
    assert ratio_interval([2.0], [1.0]) == Interval(low=0.0, mean=2.0, high=math.inf, n=1)


@pytest.mark.parametrize(
    ("candidate", "baseline"), [([], []), ([1.0], [1.0, 2.0]), ([0.0], [1.0]), ([1.0], [-1.0]), ([math.nan], [1.0])]
)
def test_ratio_interval_without_pairs_of_times(candidate: list[float], baseline: list[float]) -> None:
    """Rounds that cannot be paired, and times that are not more than zero, are refused."""
    with pytest.raises(ValueError, match=r"paired|zero|sample"):
        ratio_interval(candidate, baseline)


def noisy_round(generator: random.Random, true_mean: float, common: float) -> float:
    """Return the mean of 20 skewed runs in a round with a level of its own; `common` is what the whole round shares."""
    level = true_mean * common * generator.lognormvariate(-0.0002, 0.02)
    return mean([level * (0.9 + 0.1 * generator.expovariate(1.0)) for _ in range(20)])


def test_t_interval_covers_the_true_mean_of_noisy_rounds() -> None:
    """Over 3000 simulated measurements of ten rounds, the 95% interval holds the true mean in 93% to 97%."""
    generator = random.Random(20240607)  # noqa: S311 - a simulation
    intervals = [t_interval([noisy_round(generator, 1.0, 1.0) for _ in range(10)]) for _ in range(3000)]
    assert 0.93 <= mean([interval.low <= 1.0 <= interval.high for interval in intervals]) <= 0.97


def test_ratio_interval_covers_the_true_ratio_of_drifting_rounds() -> None:
    """On a machine whose speed drifts by 2x between rounds, the 95% interval of the ratio holds in 93% to 97%."""
    generator = random.Random(20240608)  # noqa: S311 - a simulation
    covered = []
    for _ in range(2000):
        drift = [generator.uniform(1.0, 2.0) for _ in range(10)]
        candidate = [noisy_round(generator, 1.1, common) for common in drift]
        baseline = [noisy_round(generator, 1.0, common) for common in drift]
        interval = ratio_interval(candidate, baseline)
        covered.append(interval.low <= 1.1 <= interval.high)
    assert 0.93 <= mean(covered) <= 0.97


def test_difference_interval_covers_what_is_above_a_floor_that_moves_with_the_rounds() -> None:
    """Where the machine's level moves side and floor alike, the 95% interval of the difference holds in 93% to 97%."""
    generator = random.Random(20240609)  # noqa: S311 - a simulation
    covered = []
    for _ in range(2000):
        levels = [generator.gauss(0.0, 0.2) for _ in range(10)]
        side = [noisy_round(generator, 1.0, 1.0) + level for level in levels]
        floor = [noisy_round(generator, 0.3, 1.0) + level for level in levels]
        interval = difference_interval(side, floor)
        covered.append(interval.low <= 0.7 <= interval.high)
    assert 0.93 <= mean(covered) <= 0.97
