"""What is tried: each choice alone, then the best ones together and what comes near them. Pure.

Choices are compared by their effects: the product of size and start-up as a ratio to the base's.

Failures answer beforehand: nobody pays for a candidate that fails for a reason that is known already. Where candidates
fail for one reason, it lies in the choices that all of them have, or in the base that everybody has. Whoever has these
choices too would fail for it as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from burnish.search.choices import Choice, Combination, SearchSpace

WORTH = 0.999
"""A choice is among the best when it takes at least a thousandth off the product of size and start-up."""
NEAR = 1.03
"""A choice that comes so near to the best of its factor is tried again beside the others."""


def one_at_a_time(space: SearchSpace) -> list[Combination]:
    """Return the base with each choice by itself, as far as it can be made alone."""
    alone = (Combination(choices=(choice,)) for choice in space.choices)
    return [each for each in alone if each.is_possible]


def combinations(space: SearchSpace, best: Sequence[Choice], pivot: str) -> list[Combination]:
    """Return the best choice of every factor together, once for each choice of the `pivot` factor and once without."""
    rest = Combination(choices=tuple(choice for choice in best if choice.factor != pivot))
    together = [rest, *(rest.with_choice(choice) for choice in space.factors.get(pivot, ()))]
    return [each.possible_part for each in together]


def best_choices(space: SearchSpace, effects: Mapping[str, float]) -> list[Choice]:
    """Return the best choice of each factor in which one is worth it."""
    best = []
    for choices in space.factors.values():
        worth = [choice for choice in choices if effects.get(choice.id, 1.0) < WORTH]
        best += sorted(worth, key=lambda choice: effects[choice.id])[:1]
    return best


def neighbours(leader: Combination, space: SearchSpace, effects: Mapping[str, float]) -> list[Combination]:
    """Return the leader with each usual choice replaced by one that came near it: together they may part otherwise."""
    near = []
    for factor, choices in space.factors.items():
        chosen = leader.choice_of(factor)
        mark = NEAR * (effects.get(chosen.id, 1.0) if chosen else 1.0)
        others = [choice for choice in choices if choice != chosen and not choice.is_unusual]
        near += [leader.with_choice(choice) for choice in others if effects.get(choice.id, mark) < mark]
        if chosen and not chosen.is_unusual and mark > 1.0:
            near.append(leader.without(factor))
    return [each for each in near if each.is_possible]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One candidate that failed: its choices, and the reason in words, the same for the same reason."""

    choices: frozenset[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Why a candidate would fail: the reason, and the choices behind it, none where the base is enough."""

    reason: str
    choices: frozenset[str]

    def sentence(self, space: SearchSpace) -> str:
        """Return it in words."""
        behind = space.told(self.choices)
        return (
            f"{self.reason} (seen with {behind})" if behind else f"{self.reason} (seen without any of their settings)"
        )


def answer_for(failures: Iterable[Failure], choices: Collection[str]) -> Answer | None:
    """Return why a candidate of these choices would fail, or None where nothing tells."""
    by_reason: dict[str, list[frozenset[str]]] = defaultdict(list)
    for failure in failures:
        by_reason[failure.reason].append(failure.choices)
    answers = (Answer(reason=reason, choices=frozenset.intersection(*seen)) for reason, seen in by_reason.items())
    return next((answer for answer in answers if answer.choices <= set(choices)), None)
