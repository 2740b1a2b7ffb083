"""The Pareto frontier of size, start-up and build time: what no other candidate beats. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUICKER = 0.8
"""A build is quicker than another when it takes less than this share of its time: one build is one sample."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One candidate: exact bytes, the 95% interval of its mean start-up (seconds, None if untimed), its build time."""

    name: str
    size_bytes: int
    startup: tuple[float, float] | None
    build_seconds: float


def frontier(points: Sequence[Point]) -> list[str]:
    """Name the points that no other dominates, the smallest first."""
    best = [point for point in points if not any(dominates(other, point) for other in points)]
    return [point.name for point in sorted(best, key=lambda point: (point.size_bytes, point.name))]


def dominates(one: Point, other: Point) -> bool:
    """Say whether `one` is nowhere shown to be worse than `other`, and somewhere shown to be better."""
    is_worse = one.size_bytes > other.size_bytes or _is_sooner(other, one) or _builds_quicker(other, one)
    is_better = one.size_bytes < other.size_bytes or _is_sooner(one, other) or _builds_quicker(one, other)
    return is_better and not is_worse


def _is_sooner(one: Point, other: Point) -> bool:
    return one.startup is not None and other.startup is not None and one.startup[1] < other.startup[0]


def _builds_quicker(one: Point, other: Point) -> bool:
    return one.build_seconds < QUICKER * other.build_seconds
