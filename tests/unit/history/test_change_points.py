"""Change points: the exact optimum, few where there is only noise, and each true step found."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.history.change_points import MIN_LEVEL, change_points, noise_of, without_outliers


def price_of(values: Sequence[float], points: Sequence[int], noise: float) -> float:
    """Return what a division costs: what the search minimises, written out."""
    total = 3 * math.log(len(values)) * len(points)
    for start, end in itertools.pairwise([0, *points, len(values)]):
        part = values[start:end]
        middle = math.fsum(part) / len(part)
        total += math.fsum((value - middle) ** 2 for value in part) / noise**2
    return total


def every_division(n: int) -> list[tuple[int, ...]]:
    """Return all divisions into levels of two or more."""
    return [
        points
        for count in range(n // MIN_LEVEL)
        for points in itertools.combinations(range(1, n), count)
        if all(end - start >= MIN_LEVEL for start, end in itertools.pairwise([0, *points, n]))
    ]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=11), st.sampled_from([0.3, 1.0, 4.0]))
def test_division_is_the_cheapest_of_all(values: list[float], noise: float) -> None:
    """As trying all of them gives it."""
    found = change_points(values, noise)
    cheapest = min(price_of(values, points, noise) for points in every_division(len(values)) or [()])
    assert price_of(values, found, noise) == pytest.approx(cheapest, abs=1e-6)


def test_steps_are_found_where_they_are() -> None:
    """Two of them, in noise whose size is not told."""
    source = random.Random(1)  # noqa: S311 - the same each time
    levels = [1.0] * 20 + [1.2] * 15 + [0.9] * 25
    values = [level + source.gauss(0, 0.02) for level in levels]
    assert change_points(values, noise_of(values, 1e-9)) == [20, 35]


def test_noise_alone_has_hardly_any() -> None:
    """In one series of ten at most: the noise has to be guessed from few values."""
    source = random.Random(2)  # noqa: S311 - the same each time
    series = [[source.gauss(1, 0.05) for _ in range(40)] for _ in range(200)]
    assert sum(bool(change_points(values, noise_of(values, 1e-9))) for values in series) <= 20


@pytest.mark.parametrize("at", range(9))
def test_single_outlier_is_no_level(at: int) -> None:
    """A machine that was busy once, also at the last record, has not moved anything."""
    values = [1.0, 1.01, 0.99, 1.0, 1.0, 1.0, 1.01, 0.99, 1.0]
    values[at] = 1.6
    assert change_points(without_outliers(values), noise_of(values, 0.01)) == []


@pytest.mark.parametrize("at", range(2, 8))
def test_step_stays_where_it_is(at: int) -> None:
    """Taking outliers out moves no step, also one that only the last two records show."""
    values = [1.0] * at + [1.5] * (9 - at)
    assert without_outliers(values) == values
    assert change_points(without_outliers(values), noise_of(values, 0.01)) == [at]


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 9.0], [1.0, 9.0, 9.0]])
def test_series_too_short_for_two_levels(values: list[float]) -> None:
    """Nothing is told of them."""
    assert change_points(values, 0.1) == []


def test_steps_do_not_count_as_noise() -> None:
    """The noise of a series with a large step is that of its levels."""
    assert noise_of([1.0, 1.1, 1.0, 1.1, 9.0, 9.1, 9.0, 9.1], 1e-9) < 0.2
    assert noise_of([1.0], 0.5) == 0.5
