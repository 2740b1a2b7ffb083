"""Successive halving: a few rounds for all, more for those that are still in question. Pure.

Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

FINALISTS = 4


@dataclass(frozen=True, kw_only=True)
class Stage:
    """So many more `rounds` for the best `sides`."""

    sides: int
    rounds: int


def plan_stages(sides: int, *, first_rounds: int, all_rounds: int) -> list[Stage]:
    """Give the stages for so many sides: each halves them and doubles what has been timed.

    Four finalists stay in, and have `all_rounds` in the end.
    """
    stages: list[Stage] = []
    done = 0
    while done < all_rounds:
        is_last = sides <= FINALISTS
        until = all_rounds if is_last else min(all_rounds, 2 * done or first_rounds)
        stages.append(Stage(sides=sides, rounds=until - done))
        done = until
        sides = max(min(sides, FINALISTS), -(-sides // 2))
    return stages
