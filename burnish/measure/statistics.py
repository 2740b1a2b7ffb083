"""Samples to intervals. Pure, and without any library.

Every interval here is Student's. Over rounds it is to be believed: runs of one invocation share layout, frequency and
neighbours, rounds do not (Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval around a mean over `n` samples; infinite where one sample tells nothing of the spread."""

    low: float
    mean: float
    high: float
    n: int


def decision_confidence(looks: int) -> float:
    """Return the confidence of the interval that decides, where up to `looks` of them may be looked at before deciding.

    Who looks at a 95% interval three times, and decides as soon as it shows something, errs in more than one case of
    twenty. Dividing the error by the number of looks (Bonferroni; for repeated looks see Jennison & Turnbull, "Group
    Sequential Methods", 2000, ch. 2) holds it at 5%, half of it on each side, whatever the samples have in common and
    whenever the measuring stops.
    """
    return 1 - 0.05 / looks


def mean(samples: Sequence[float]) -> float:
    """Return the arithmetic mean. Raise ValueError for no sample, or one that is not finite."""
    _check(samples)
    return math.fsum(samples) / len(samples)


def geometric_mean(samples: Sequence[float]) -> float:
    """Return the geometric mean of samples of more than zero. Raise ValueError as `mean` does."""
    return _exp(mean([math.log(sample) for sample in samples]))


def median(samples: Sequence[float]) -> float:
    """Return the middle value, or the mean of the middle two. Raise ValueError as `mean` does."""
    _check(samples)
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def round_means(raw: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean of each round of runs; a round without runs has none."""
    return [mean(runs) for runs in raw if runs]


def _check(samples: Sequence[float]) -> None:
    if not samples:
        raise ValueError("no samples")
    if not all(map(math.isfinite, samples)):
        raise ValueError("a sample is not a finite number")


def _check_pairs(one: Sequence[float], other: Sequence[float]) -> None:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} rounds cannot be paired with {len(other)}")


def t_quantile(p: float, df: int) -> float:
    """Return the t at which Student's distribution with `df` degrees of freedom reaches the probability `p`.

    The distribution is a finite sum of cosines in theta = atan(t / sqrt(df)) (Abramowitz & Stegun 26.7.3, 26.7.4), and
    theta lies between 0 and pi / 2, so bisection finds it to the last bit.

    Raise ValueError unless 0 < p < 1 and df >= 1.
    """
    if not 0 < p < 1 or df < 1:
        raise ValueError(f"no t quantile for p={p}, df={df}")
    if p < 1 / 2:
        return -t_quantile(1 - p, df)
    return _positive_t(2 * p - 1, df)


@functools.lru_cache(maxsize=1024)
def _positive_t(central: float, df: int) -> float:
    low, high = 0.0, math.pi / 2
    while low < (theta := (low + high) / 2) < high:
        if _central_probability(theta, df) < central:
            low = theta
        else:
            high = theta
    return math.sqrt(df) * math.tan(high)


def _central_probability(theta: float, df: int) -> float:
    """Return the probability of |T| < sqrt(df) * tan(theta)."""
    odd = df % 2
    square = math.cos(theta) ** 2
    term = total = math.cos(theta) if odd else 1.0
    for k in range(1, (df - 1) // 2 if odd else df // 2):
        term *= square * (2 * k / (2 * k + 1) if odd else (2 * k - 1) / (2 * k))
        total += term
    if not odd:
        return math.sin(theta) * total
    return 2 / math.pi * (theta + math.sin(theta) * total * (df > 1))


def t_interval(samples: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the t interval of the mean: mean +- t((1 + confidence) / 2, n - 1) * s / sqrt(n).

    One sample gives an infinite interval. Raise ValueError as `mean` does.
    """
    centre, n = mean(samples), len(samples)
    if n == 1:
        return Interval(low=-math.inf, mean=centre, high=math.inf, n=1)
    variance = math.fsum((sample - centre) * (sample - centre) for sample in samples) / (n - 1)
    half = t_quantile((1 + confidence) / 2, n - 1) * math.sqrt(variance / n)
    return Interval(low=centre - half, mean=centre, high=centre + half, n=n)


def ratio_interval(candidate: Sequence[float], baseline: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the interval of candidate / baseline over paired rounds: the t interval of the log ratios, exponentiated.

    `candidate[i]` and `baseline[i]` come from the same round, so what disturbed both leaves their ratio alone. `mean`
    is the geometric mean of the ratios (Kalibera & Jones 2013; Fleming & Wallace, CACM 1986).

    Raise ValueError for different numbers of rounds, and for a value that is not more than zero.
    """
    _check_pairs(candidate, baseline)
    _check([*candidate, *baseline])
    if min(*candidate, *baseline) <= 0:
        raise ValueError("a ratio needs values of more than zero")
    logs = [math.log(new) - math.log(old) for new, old in zip(candidate, baseline, strict=True)]
    interval = t_interval(logs, confidence)
    return Interval(low=_exp(interval.low), mean=_exp(interval.mean), high=_exp(interval.high), n=interval.n)


def difference_interval(upper: Sequence[float], lower: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the t interval of upper - lower over paired rounds. Raise ValueError for different numbers of rounds."""
    _check_pairs(upper, lower)
    return t_interval([more - less for more, less in zip(upper, lower, strict=True)], confidence)


def _exp(power: float) -> float:
    try:
        return math.exp(power)
    except OverflowError:
        return math.inf
