"""What to know about a measurement before believing it: warnings as values, each with advice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.measure.rounds import FLOOR, Rounds, RoundsPlan
from burnish.measure.statistics import median
from burnish.model import StartupWarning

SLOW_FIRST_RATIO = 1.5
"""A first run that typically takes this many times the others of its round is a slow one."""


def timing_warnings(rounds: Rounds) -> tuple[StartupWarning, ...]:
    """Look at the rounds that were taken: floor and first runs."""
    names = [name for name in rounds.taken[0] if name != FLOOR]
    samples = {name: [timed[name].wall_seconds for timed in rounds.taken] for name in names}
    return (
        *_floor_warnings(rounds),
        *(warning for name in names for warning in _first_run_warning(name, samples[name])),
    )


def plan_warnings(rounds: Rounds, plan: RoundsPlan, *, runs: int) -> Iterator[StartupWarning]:
    """Yield where there were fewer rounds or runs than asked for; `runs` is the number asked for in each round."""
    made = len(next(iter(rounds.taken[0].values())).wall_seconds)
    advice = f"raise startup.max_seconds, now {plan.max_seconds:g}, for narrower intervals"
    if len(rounds.taken) < plan.rounds:
        text = f"{len(rounds.taken)} rounds of the {plan.rounds} asked for: the start-up takes long"
        yield StartupWarning(kind="few-rounds", text=text, advice=advice)
    if made < runs:
        text = f"{made} runs a round of the {runs} asked for: the start-up takes long"
        yield StartupWarning(kind="few-runs", text=text, advice=advice)


def _floor_warnings(rounds: Rounds) -> Iterator[StartupWarning]:
    if FLOOR not in rounds.taken[0]:
        yield StartupWarning(
            kind="no-floor",
            text="no floor could be built here: disturbed rounds cannot be told from others",
            advice="put rustc on the PATH",
        )
    if rounds.disturbed:
        yield StartupWarning(
            kind="floor-disturbed",
            text=f"the floor stayed disturbed in {len(rounds.disturbed)} of {len(rounds.taken)} start-up rounds",
            advice="measure again when the machine is quiet",
        )


def _first_run_warning(name: str, samples: Sequence[Sequence[float]]) -> Iterator[StartupWarning]:
    ratio = median([runs[0] / median(runs) for runs in samples])
    if ratio > SLOW_FIRST_RATIO:
        yield StartupWarning(
            kind="slow-first-run",
            text=f"the first run of the {name} in a round takes {ratio:.1f} times the others",
            advice="raise startup.warmup, so that caches are warm before the timed runs",
        )
