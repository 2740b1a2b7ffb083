"""Bisection: between a commit that is within a limit and one that is beyond it, the first that is beyond. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Found = Literal["within", "beyond", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Where a limit was passed: the commit at `within` is within it, that at `beyond` is not.

    Those between the two, if any, could not be judged.
    """

    within: int
    beyond: int


def first_beyond(count: int, look: Callable[[int], Found]) -> Turn:
    """Return where a limit was passed among `count` commits, the first of which is within it and the last beyond.

    Each look halves what is left, so that it takes no more than log2(count - 1) of them, rounded up, and one for each
    that is unknown. Where the limit was passed more than once, it is one of those times, as with `git bisect`.
    """
    within, beyond, unknown = 0, count - 1, set[int]()
    while left := [place for place in range(within + 1, beyond) if place not in unknown]:
        middle = (within + beyond) / 2
        place = min(left, key=lambda each: abs(each - middle))
        found = look(place)
        if found == "within":
            within = place
        elif found == "beyond":
            beyond = place
        else:
            unknown.add(place)
    return Turn(within=within, beyond=beyond)
