"""A simulated machine: noisy in every way that shared machines are, and with a truth that is known.

`tests/` holds the verdicts to their error rates on it; `error_rates.py` prints them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish.judge.budget import Budget
from burnish.judge.startup_gate import Direction, needs_more_rounds, startup_direction
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.rounds import FLOOR, Round, Rounds, RoundsPlan, Runs, take_until_decided
from burnish.measure.startup import sum_up
from burnish.model import Startup

NOT_SLOWER = Budget(name="improve", startup_must_not_slow=True)
_HERE = Path()


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How a machine is noisy, as standard deviations of logarithms unless said otherwise.

    `drift` is the step of its speed from round to round, and over each round; `shared` is what one round does to all
    commands, `own` what it does to one (the layout of that process); `tail` is the mean of what a run takes on top, as
    a share; `outliers` the share of runs put aside by the scheduler for ten times as long; `busy` the share of rounds
    in which a neighbour makes all commands up to three times as slow.
    """

    drift: float = 0.0
    shared: float = 0.0
    own: float = 0.02
    tail: float = 0.1
    outliers: float = 0.0
    busy: float = 0.0


QUIET = Noise()
DRIFTING = Noise(drift=0.15, shared=0.1)
HEAVY_TAILED = Noise(own=0.05, tail=0.5, outliers=0.02)
BUSY = Noise(drift=0.1, shared=0.2, own=0.05, tail=0.3, outliers=0.01, busy=0.2)
MACHINES: Mapping[str, Noise] = {"quiet": QUIET, "drifting": DRIFTING, "heavy-tailed": HEAVY_TAILED, "busy": BUSY}


def simulated_rounds(
    noise: Noise, means: Mapping[str, float], generator: random.Random, *, runs: int
) -> Callable[[tuple[str, ...]], Round]:
    """Return a machine: a function that takes one round of commands with these true means, in the order asked for."""
    speed = 1.0

    def time_one(order: tuple[str, ...]) -> Round:
        nonlocal speed
        level = generator.lognormvariate(0, noise.shared)
        if generator.random() < noise.busy:
            level *= generator.uniform(1.5, 3.0)
        timed = {}
        for name in order:
            speed *= generator.lognormvariate(0, noise.drift / len(order))
            own = means[name] * speed * level * generator.lognormvariate(0, noise.own)
            timed[name] = wall([own * _one_run(noise, generator) for _ in range(runs)])
        return {name: timed[name] for name in means}

    return time_one


def _one_run(noise: Noise, generator: random.Random) -> float:
    extra = noise.tail * generator.expovariate(1.0)
    return 1 + extra + (10.0 if generator.random() < noise.outliers else 0.0)


def wall(seconds: list[float]) -> Runs:
    """Return runs of which only the time is known."""
    return Runs(wall_seconds=seconds, user_seconds=[], system_seconds=[], peak_bytes=[], instructions=[])


def judge_simulated(
    noise: Noise, ratio: float, plan: RoundsPlan, generator: random.Random, *, runs: int
) -> Direction | None:
    """Measure a baseline and a candidate of `ratio` times its start-up on a simulated machine, and judge them.

    All but the timing itself is the product's own code.
    """
    means = {"baseline": 1e-3, "candidate": 1e-3 * ratio, FLOOR: 3e-4}
    commands = {name: Command(argv=(name,), cwd=_HERE) for name in means}
    floor = FloorBinary(path=_HERE, kind="simulated")

    def sides_of(taken: Rounds) -> tuple[Startup, Startup]:
        sides = sum_up(commands, taken, floor, looks=plan.looks)
        return sides["baseline"], sides["candidate"]

    taken = take_until_decided(
        tuple(means),
        simulated_rounds(noise, means, generator, runs=runs),
        plan,
        is_undecided=lambda taken: needs_more_rounds(*sides_of(taken), NOT_SLOWER),
        on_round=lambda _done, _planned: None,
        clock=lambda: 0.0,
    )
    return startup_direction(*sides_of(taken))
