"""What is tried: each choice alone, then the best ones together and what comes near them. Pure.

Choices are compared by their effects: the product of size and start-up as a ratio to the base's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.search.choices import Candidate, Choice, SearchSpace

WORTH = 0.999
"""A choice is among the best when it takes at least a thousandth off the product of size and start-up."""
NEAR = 1.03
"""A choice that comes so near to the best of its factor is tried again beside the others."""


def one_at_a_time(space: SearchSpace) -> list[Candidate]:
    """Give the base with each choice by itself."""
    return [Candidate(choices=(choice,)) for choice in space.choices]


def combinations(space: SearchSpace, best: Sequence[Choice], pivot: str) -> list[Candidate]:
    """Give the best choice of every factor together, once for each choice of the `pivot` factor and once without."""
    rest = Candidate(choices=tuple(choice for choice in best if choice.factor != pivot))
    return [rest, *(rest.with_choice(choice) for choice in space.factors.get(pivot, ()))]


def best_choices(space: SearchSpace, effects: Mapping[str, float]) -> list[Choice]:
    """Give the best choice of each factor in which one is worth it."""
    best = []
    for choices in space.factors.values():
        worth = [choice for choice in choices if effects.get(choice.id, 1.0) < WORTH]
        best += sorted(worth, key=lambda choice: effects[choice.id])[:1]
    return best


def neighbours(leader: Candidate, space: SearchSpace, effects: Mapping[str, float]) -> list[Candidate]:
    """Give the leader with each usual choice replaced by one that came near it: together they may part otherwise."""
    near = []
    for factor, choices in space.factors.items():
        chosen = leader.choice_of(factor)
        mark = NEAR * (effects.get(chosen.id, 1.0) if chosen else 1.0)
        others = [choice for choice in choices if choice != chosen and not choice.is_unusual]
        near += [leader.with_choice(choice) for choice in others if effects.get(choice.id, mark) < mark]
        if chosen and not chosen.is_unusual and mark > 1.0:
            near.append(leader.without(factor))
    return near
