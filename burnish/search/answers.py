"""What failures answer beforehand: nobody pays for a candidate that fails for a reason that is known already. Pure.

Where candidates fail for one reason, it lies in the choices that all of them have, or in the base that everybody has.
Whoever has these choices too would fail for it as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass


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

    @property
    def sentence(self) -> str:
        """Say it in words."""
        behind = ", ".join(sorted(self.choices))
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
