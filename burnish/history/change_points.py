"""Where a series of numbers has moved to another level: optimal partitioning. Pure, and without any library.

Of all divisions into levels the cheapest is found, by the search of Jackson et al., "An Algorithm for Optimal
Partitioning of Data on an Interval" (IEEE Signal Processing Letters 2005), for changes of the mean in noise that is the
same throughout. The price of a change is 3 log n in units of the noise, as the modified BIC of Zhang & Siegmund
(Biometrics 2007) has it. The noise is told by the differences of neighbours (their median absolute deviation), so that
steps do not count as noise. PELT prunes this search; a history is too short to need it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from burnish.measure.statistics import median

# A level has two points at least: what lies apart alone was taken out as an outlier.
MIN_LEVEL = 2
_PRICE = 3.0
# From median absolute deviation to standard deviation, of a normal distribution.
_NORMAL = 1.4826


def change_points(values: Sequence[float], noise: float) -> list[int]:
    """Return the places at which another level begins, in ascending order; `noise` is a standard deviation."""
    n = len(values)
    if n < 2 * MIN_LEVEL or noise <= 0:
        return []
    cost = _segment_cost(values, noise)
    price = _PRICE * math.log(n)
    best, last = [-price, *([math.inf] * n)], [0] * (n + 1)
    for end in range(MIN_LEVEL, n + 1):
        totals = [best[start] + cost(start, end) for start in range(end - MIN_LEVEL + 1)]
        last[end] = min(range(len(totals)), key=totals.__getitem__)
        best[end] = totals[last[end]] + price
    return _back(last, n)


def noise_of(values: Sequence[float], least: float) -> float:
    """Return the standard deviation of the noise, by the differences of neighbours; `least` where they tell less."""
    differences = [after - before for before, after in pairwise(values)]
    if not differences:
        return least
    middle = median(differences)
    spread = median([abs(difference - middle) for difference in differences])
    return max(least, _NORMAL * spread / math.sqrt(2))


def without_outliers(values: Sequence[float]) -> list[float]:
    """Return the running medians of three, which take out what lies apart alone and keep steps where they are.

    The ends follow Tukey's rule ("Exploratory Data Analysis", 1977): the median of the end, its neighbour, and where
    the line through the next two would be.
    """
    if len(values) <= MIN_LEVEL:
        return list(values)
    inner = [median(values[at - 1 : at + 2]) for at in range(1, len(values) - 1)]
    ends = (
        median([values[place], near, 3 * near - 2 * next_one])
        for place, near, next_one in ((0, inner[0], inner[min(1, len(inner) - 1)]), (-1, inner[-1], inner[-2:][0]))
    )
    first, last = ends
    return [first, *inner, last]


def _back(last: Sequence[int], n: int) -> list[int]:
    found, at = [], n
    while at := last[at]:
        found.append(at)
    return found[::-1]


def _segment_cost(values: Sequence[float], noise: float) -> Callable[[int, int], float]:
    """Return what gives the squared distances of a segment from its mean, in units of the noise, in constant time."""
    # Near zero, so that squares of large numbers do not swallow their differences.
    centred = [(value - values[0]) / noise for value in values]
    sums, squares = [0.0, *accumulate(centred)], [0.0, *accumulate(value * value for value in centred)]

    def cost(start: int, end: int) -> float:
        total = sums[end] - sums[start]
        return squares[end] - squares[start] - total * total / (end - start)

    return cost
