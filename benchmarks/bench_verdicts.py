"""How often the benches gate errs, by simulation: `python benchmarks/bench_verdicts.py`.

A project has six benches of which one is slower by a known factor. Each attempt of a bench is lengthened by noise of
the shown spread, one process in twenty by a fifth more. The gate is asked as in a run: after 3, 6, 12 and 24 attempts,
with a tolerance of 10%. A factor of 1.10 is the boundary, at which either verdict may be wrong in at most 2.5%.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator

from burnish.judge.benches_gate import judge_benches
from burnish.judge.budget import Budget
from burnish.model import Bench, Benches, Side

BENCHES = 6
LOOKS = [3, 6, 12, 24]
DISTURBED_SHARE, DISTURBED_FACTOR = 0.05, 1.2


def rates(factor: float, spread: float, *, gates: int, seed: int) -> dict[str, float]:
    """Return the share of each verdict when one of the benches takes `factor` times as long.

    `spread` is the standard deviation of the noise, as a fraction.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation, which must be the same each time
    budget = Budget(name="simulated", bench_tolerance=0.10)
    verdicts: Counter[str] = Counter()
    for _ in range(gates):
        before, after = _side(chance, 1.0, spread), _side(chance, factor, spread)
        verdicts[judge_benches(before, after, budget, "native").verdict] += 1
    return {verdict: verdicts[verdict] / gates for verdict in ("pass", "fail", "inconclusive")}


def _side(chance: random.Random, factor: float, spread: float) -> Side:
    factors = [factor, *([1.0] * (BENCHES - 1))]
    measured = [
        Bench(id=f"bench {number}", attempts=list(_attempts(chance, slower, spread)))
        for number, slower in enumerate(factors)
    ]
    return Side(command=[], build_seconds=0.0, benches=Benches(measured=measured, looks=LOOKS))


def _attempts(chance: random.Random, factor: float, spread: float) -> Iterator[float]:
    for _ in range(LOOKS[-1]):
        disturbed = DISTURBED_FACTOR if chance.random() < DISTURBED_SHARE else 1.0
        yield factor * disturbed * math.exp(chance.gauss(0.0, spread))


def main() -> None:
    """Print a table of the rates."""
    print(f"{'factor':>6}  {'spread':>6}  {'pass':>6}  {'fail':>6}  {'inconclusive':>12}")
    for factor in (0.8, 1.0, 1.10, 1.15, 1.20, 1.5, 2.0):
        for spread in (0.01, 0.03, 0.06):
            found = rates(factor, spread, gates=2000, seed=1)
            shown = "  ".join(f"{found[verdict]:6.1%}" for verdict in ("pass", "fail"))
            print(f"{factor:6.2f}  {spread:6.0%}  {shown}  {found['inconclusive']:12.1%}")


if __name__ == "__main__":
    main()
