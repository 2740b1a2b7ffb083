"""Which rounds were disturbed: those whose floor stands out among all rounds of the run. Pure.

The floor is the same program in every round, so what moves it is the machine. How much it moves by itself differs by
machine: by a percent on a quiet one, by a factor of two within minutes on a shared one. A fixed limit would reject
nothing there, or nearly everything. So a round is held against the run's own scatter, by the two numbers that a few
disturbed rounds cannot move: the median and the median absolute deviation (Hampel 1974; Davies & Gather, "The
Identification of Multiple Outliers", JASA 1993).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from burnish.measure.statistics import median

OUTLYING_DEVIATIONS = 4.0
"""A floor this many robust standard deviations above the median, on the scale of logarithms, is disturbed."""
NEGLIGIBLE_RATIO = 1.25
"""A floor below this many times the median is not, however quiet the other rounds were."""

_NORMAL = 1.4826
"""The median absolute deviation times this is the standard deviation, where the scatter is normal."""


def disturbance_limit(floors: Sequence[float]) -> float:
    """Return the level, in seconds, above which a round's floor is disturbed, from the floors of all rounds.

    Only slow rounds are: interference adds time, and a quick round says that the others were slow.
    """
    logs = [math.log(floor) for floor in floors]
    centre = median(logs)
    deviation = _NORMAL * median([abs(log - centre) for log in logs])
    return math.exp(centre + max(OUTLYING_DEVIATIONS * deviation, math.log(NEGLIGIBLE_RATIO)))


def disturbed_rounds(floors: Sequence[float]) -> list[int]:
    """Return the numbers of the rounds that were disturbed, from the floor's level (s) in each."""
    if not floors:
        return []
    limit = disturbance_limit(floors)
    return [number for number, floor in enumerate(floors) if floor > limit]
