"""Start-up time: rounds of hyperfine, each with every side and the floor in it, in an order that rotates.

Runs of one invocation share layout, frequency and neighbours; rounds do not. So the interval is taken over the means of
the rounds (Kalibera & Jones 2013), and whether a round was disturbed is judged by the floor alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from burnish.measure.command import Command
from burnish.measure.evidence import evidence_of
from burnish.measure.floor import FloorBinary
from burnish.measure.hyperfine import Timer, time_round
from burnish.measure.rounds import FLOOR, OnRound, Rounds, RoundsPlan, take_rounds, take_until_decided
from burnish.measure.statistics import (
    Interval,
    difference_interval,
    mean,
    median,
    ratio_interval,
    round_means,
    t_interval,
)
from burnish.measure.warnings import plan_warnings, timing_warnings
from burnish.model import Estimate, Floor, Startup, StartupWarning, Timing

MIN_RUNS = 3
"""Fewer runs a round are not made, however long one takes."""


@dataclass(frozen=True, kw_only=True)
class Startups:
    """The start-up of each side, the rounds it was seen in, and what there is to say about the measuring."""

    sides: dict[str, Startup]
    rounds: Rounds
    warnings: tuple[StartupWarning, ...]


def measure_startup(
    sides: Mapping[str, Command],
    timer: Timer,
    *,
    floor: FloorBinary | None,
    rounds: int,
    on_round: OnRound,
    earlier: Startups | None = None,
) -> Startups:
    """Time the sides and the floor together, in `rounds` more rounds than `earlier` holds.

    `earlier` is what a call for the same sides gave. `on_round(done, planned)` is called after every round.

    Raise Refused as `time_round` does. The sides must agree on folder and standard input.
    """
    commands = with_floor(sides, floor)
    with timer.programs.turns.timing():  # of all rounds: between two of them another's build would take minutes
        taken = take_rounds(
            tuple(commands),
            lambda order: time_round(commands, order, timer),
            rounds,
            on_round=on_round,
            earlier=earlier.rounds if earlier else None,
        )
    return Startups(sides=sum_up(commands, taken, floor, looks=1), rounds=taken, warnings=timing_warnings(taken))


def measure_until_decided(
    sides: Mapping[str, Command],
    timer: Timer,
    *,
    floor: FloorBinary | None,
    plan: RoundsPlan,
    is_undecided: Callable[[Mapping[str, Startup]], bool],
    on_round: OnRound,
    clock: Callable[[], float],
) -> Startups:
    """Time the sides and the floor together as planned, in more rounds as long as `is_undecided` says so of the sides.

    Where one start takes long, each round has fewer runs, so that all rounds fit into the plan's time.

    Raise Refused as `time_round` does. The sides must agree on folder and standard input.
    """
    commands = with_floor(sides, floor)

    def so_far(taken: Rounds) -> dict[str, Startup]:
        return sum_up(commands, taken, floor, looks=plan.looks)

    with timer.programs.turns.timing():
        pilot = time_round(commands, tuple(commands), dataclasses.replace(timer, runs=1, warmup=0))
        one_of_each = sum(mean(runs.wall_seconds) for runs in pilot.values())
        fitted = fit_runs(timer, one_of_each, plan.seconds_a_round)
        taken = take_until_decided(
            tuple(commands),
            lambda order: time_round(commands, order, fitted),
            plan,
            is_undecided=lambda taken: is_undecided(so_far(taken)),
            on_round=on_round,
            clock=clock,
        )
    warnings = (*plan_warnings(taken, plan, runs=timer.runs), *timing_warnings(taken))
    return Startups(sides=so_far(taken), rounds=taken, warnings=warnings)


def measure_twice_if_doubted(
    measure: Callable[[], Startups], is_doubted: Callable[[Mapping[str, Startup]], bool], lay_out: Callable[[], None]
) -> Startups:
    """Return what `measure` gives; where that is doubted, what it gives once more, when `lay_out` has moved the files.

    What is worse by chance, or by the place of a file in memory, is hardly ever worse twice. The second measurement
    alone counts: the first one is the reason why it was made, and would bias it.
    """
    first = measure()
    if not is_doubted(first.sides):
        return first
    lay_out()
    again = measure()
    sides = {name: replace(startup, measured=2) for name, startup in again.sides.items()}
    return dataclasses.replace(again, sides=sides)


def fit_runs(timer: Timer, one_of_each: float, seconds: float, *, least: int = MIN_RUNS) -> Timer:
    """Return a timer with fewer runs, at `least` so many, where a round of them would take longer than `seconds`.

    `one_of_each` is what one run of each command takes together, seconds.
    """
    share = seconds / (one_of_each * (timer.runs + timer.warmup))
    if share >= 1:
        return timer
    return dataclasses.replace(
        timer,
        runs=min(timer.runs, max(least, math.floor(timer.runs * share))),
        warmup=math.ceil(timer.warmup * share),
    )


def with_floor(sides: Mapping[str, Command], floor: FloorBinary | None) -> dict[str, Command]:
    """Return the commands of one round: the sides', and the floor's beside them.

    Raise ValueError for sides that do not agree on folder, standard input and environment.
    """
    first = next(iter(sides.values()))
    shared = first.cwd, first.stdin, first.env
    if any((side.cwd, side.stdin, side.env) != shared for side in sides.values()):
        raise ValueError("the sides of one round need the same folder, standard input and environment")
    if FLOOR in sides:
        raise ValueError("no side can be called floor")
    if floor is None:
        return dict(sides)
    return {**sides, FLOOR: Command(argv=(str(floor.path),), cwd=first.cwd, stdin=first.stdin, env=first.env)}


def sum_up(
    commands: Mapping[str, Command], taken: Rounds, floor: FloorBinary | None, *, looks: int
) -> dict[str, Startup]:
    """Sum up the rounds that were taken, for each command but the floor's; `looks` as `Plan.looks`."""
    beside = None
    if floor is not None:
        beside = Floor(kind=floor.kind, timing=summarise(commands[FLOOR].argv, _raw(taken, FLOOR)))
    return {name: _startup(name, command, taken, beside, looks) for name, command in commands.items() if name != FLOOR}


def _raw(taken: Rounds, name: str) -> list[list[float]]:
    return [timed[name].wall_seconds for timed in taken.taken]


def _startup(name: str, command: Command, taken: Rounds, floor: Floor | None, looks: int) -> Startup:
    timing = summarise(command.argv, _raw(taken, name))
    alone = t_interval(timing.raw[0])
    above = difference_interval(taken.means(name), taken.means(FLOOR)) if floor else None
    return Startup(
        **{field: getattr(timing, field) for field in Timing.__struct_fields__},
        floor=floor,
        looks=looks,
        # One run alone has no interval, and a record holds no infinity.
        single_ci95_seconds=(alone.low, alone.high) if math.isfinite(alone.high) else None,
        above_floor_seconds=_estimate(above) if above else None,
        evidence=evidence_of([timed[name] for timed in taken.taken]),
    )


def with_ratio(startup: Startup, baseline: Startup) -> Startup:
    """Return a side's start-up with its ratio to the baseline's of the same rounds."""
    ratio = ratio_interval(round_means(startup.raw), round_means(baseline.raw))
    return replace(startup, ratio_to_baseline=_estimate(ratio))


def _estimate(interval: Interval) -> Estimate:
    return Estimate(mean=interval.mean, ci95=(interval.low, interval.high))


def summarise(argv: Sequence[str], raw: Sequence[Sequence[float]]) -> Timing:
    """Sum up rounds x runs of seconds: the mean of the rounds' means with its t interval, the median of all runs.

    `runs` of the result is the number in each round.
    """
    interval = t_interval([mean(samples) for samples in raw])
    return Timing(
        command=list(argv),
        mean_seconds=interval.mean,
        ci95_seconds=(interval.low, interval.high),
        median_seconds=median([seconds for samples in raw for seconds in samples]),
        runs=len(raw[0]),
        rounds=len(raw),
        raw=[list(samples) for samples in raw],
    )
