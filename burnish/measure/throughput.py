"""Workloads: commands with real input, timed in rounds as start-ups are, and what they print compared in each round."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burnish.measure.behaviour import without_traces
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.hyperfine import Timer, time_round
from burnish.measure.rounds import OnRound, Round, Rounds, RoundsPlan, take_until_decided
from burnish.measure.startup import fit_runs, sum_up, with_floor
from burnish.measure.traces import Places
from burnish.model import Startup

LEAST_ROUNDS = 2
"""Fewer rounds are not taken, however long a workload takes: one round has no interval."""
MAX_COMPARED_BYTES = 64 * 1024 * 1024
"""A larger output is compared as it is, with all that differs between folders."""


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """The times of each side on one workload, and the digests of all that each printed in the rounds."""

    sides: Mapping[str, Startup]
    printed: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class _Printed:
    """What the commands printed so far, as digests of what does not differ between runs or folders."""

    commands: Mapping[str, Command]
    places: Places
    seen: dict[str, set[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, name: str, path: Path) -> None:
        """Add what a command printed into a file."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if (name, digest) not in self.known:
            self.known[name, digest] = self._stable_digest(name, path) or digest
        self.seen.setdefault(name, set()).add(self.known[name, digest])

    def _stable_digest(self, name: str, path: Path) -> str:
        if path.stat().st_size > MAX_COMPARED_BYTES:
            return ""
        stable = without_traces(path.read_bytes(), self.commands[name], self.places)
        return hashlib.sha256(stable).hexdigest()


def fitted(timer: Timer, one_of_each: float, plan: RoundsPlan) -> Timer:
    """Return a timer with as many runs a round as the plan has time for, one at least; that one needs no warm-up.

    `one_of_each` is what one run of each side takes together, seconds.
    """
    shorter = fit_runs(timer, one_of_each, plan.seconds_a_round, least=1)
    return dataclasses.replace(shorter, warmup=0) if shorter.runs == 1 else shorter


def measure_throughput(
    sides: Mapping[str, Command],
    timer: Timer,
    *,
    floor: FloorBinary | None,
    plan: RoundsPlan,
    is_undecided: Callable[[Mapping[str, Startup]], bool],
    on_round: OnRound,
    clock: Callable[[], float],
    places: Places,
) -> Throughput:
    """Time a workload on each side and the floor in rotating rounds, more of them while `is_undecided` says so.

    What the last run of a round printed is compared. Raise EndedOtherwise and Refused as `time_round` does.
    """
    commands = with_floor(sides, floor)
    timer = dataclasses.replace(timer, keeps_output=True)
    printed = _Printed(commands=sides, places=places)

    def time_one(order: Sequence[str]) -> Round:
        timed = time_round(commands, order, timer)
        for name in order:
            if name in sides:
                printed.add(name, timer.output(name, order))
            timer.output(name, order).unlink()  # it may be large
        return timed

    def so_far(taken: Rounds) -> dict[str, Startup]:
        return sum_up(commands, taken, floor, looks=plan.looks)

    with timer.programs.turns.timing():
        taken = take_until_decided(
            tuple(commands),
            time_one,
            plan,
            is_undecided=lambda rounds: is_undecided(so_far(rounds)),
            on_round=on_round,
            clock=clock,
        )
    return Throughput(sides=so_far(taken), printed={name: frozenset(digests) for name, digests in printed.seen.items()})
