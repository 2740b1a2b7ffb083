"""Rounds: each with every command in it, in an order that rotates; more of them while they have not decided. Pure.

How one round is timed is the caller's: a function from the round's order to what was seen in it. So simulated rounds go
through the same code as real ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burnish.measure.interference import disturbed_rounds
from burnish.measure.statistics import mean

FLOOR = "floor"
REPEATED_SHARE = 0.5
"""At most this share of the rounds is repeated; after that a disturbed round counts as it is."""
MIN_ROUNDS = 3
"""Fewer rounds are not taken, even when the time is over: two means hardly show a spread."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """What was seen of each run of one command in a round. A list is empty where this machine does not tell."""

    wall_seconds: list[float]
    user_seconds: list[float]
    system_seconds: list[float]
    peak_bytes: list[float]
    instructions: list[float]


Round = dict[str, Runs]
"""One round: the runs of each command, by its name."""


TimeOne = Callable[[tuple[str, ...]], Round]
OnRound = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class RoundsPlan:
    """How many rounds: `rounds` before each look, up to `max_rounds`, for about `max_seconds`; `least` in any case."""

    rounds: int
    max_rounds: int
    max_seconds: float
    least: int = MIN_ROUNDS

    @property
    def looks(self) -> int:
        """Return how often the rounds can be looked at before they have to do."""
        return max(1, math.ceil(self.max_rounds / self.rounds))

    @property
    def seconds_a_round(self) -> float:
        """Return the time in which all rounds can be taken."""
        return self.max_seconds / max(self.rounds, self.max_rounds)


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """The rounds that count, and how many disturbed ones they have replaced."""

    taken: tuple[Round, ...] = ()
    repeated: int = 0

    def means(self, name: str) -> list[float]:
        """Return the mean seconds of a command in each round that has it."""
        return [mean(timed[name].wall_seconds) for timed in self.taken if name in timed]

    @property
    def disturbed(self) -> list[int]:
        """Return the numbers of the rounds that were disturbed. Only the floor is looked at."""
        return disturbed_rounds(self.means(FLOOR))

    @property
    def may_repeat(self) -> bool:
        """Return whether there is a disturbed round to repeat, and not too many were repeated already."""
        return bool(self.disturbed) and self.repeated < math.ceil(len(self.taken) * REPEATED_SHARE)


def plan_order(names: Sequence[str], round_number: int) -> tuple[str, ...]:
    """Return the order of a round: every name comes first in turn, then all over again backwards.

    So over 2 * len(names) rounds each name stands equally often in each place, before and after each neighbour.
    """
    turn = round_number % len(names)
    order = (*names[turn:], *names[:turn])
    return order if round_number // len(names) % 2 == 0 else order[::-1]


def take_rounds(
    names: Sequence[str],
    time_one: TimeOne,
    rounds: int,
    *,
    on_round: OnRound,
    earlier: Rounds | None = None,
    has_time: Callable[[], bool] = lambda: True,
    least: int = MIN_ROUNDS,
) -> Rounds:
    """Take `rounds` more rounds than `earlier` holds, and repeat those that were disturbed, for all commands.

    Without time there are fewer, `least` of them, and none is repeated. `on_round(done, planned)` is called after every
    round.
    """
    so_far, planned = earlier or Rounds(), rounds

    def timed_next() -> Round:
        return time_one(plan_order(names, len(so_far.taken) + so_far.repeated))

    for done in range(1, rounds + 1):
        if len(so_far.taken) >= least and not has_time():
            break
        so_far = Rounds(taken=(*so_far.taken, timed_next()), repeated=so_far.repeated)
        on_round(done, planned)
    while so_far.may_repeat and has_time():
        bad, again = so_far.disturbed[0], timed_next()
        taken = (*so_far.taken[:bad], again, *so_far.taken[bad + 1 :])
        so_far = Rounds(taken=taken, repeated=so_far.repeated + 1)
        planned += 1
        on_round(planned, planned)
    return so_far


def take_until_decided(
    names: Sequence[str],
    time_one: TimeOne,
    plan: RoundsPlan,
    *,
    is_undecided: Callable[[Rounds], bool],
    on_round: OnRound,
    clock: Callable[[], float],
) -> Rounds:
    """Take rounds as planned, more of them as long as `is_undecided` says so and there is time.

    Whoever decides has looked up to `plan.looks` times: see `statistics.decision_confidence`.
    """
    deadline = clock() + plan.max_seconds

    def has_time() -> bool:
        return clock() < deadline

    more, rounds = plan.rounds, Rounds()
    while more > 0:
        rounds = take_rounds(
            names, time_one, more, on_round=on_round, earlier=rounds, has_time=has_time, least=plan.least
        )
        if not (has_time() and is_undecided(rounds)):
            break
        more = min(plan.rounds, plan.max_rounds - len(rounds.taken))
    return rounds
