"""How often the workloads gate errs, and what it detects, with real programs on this machine.

    python benchmarks/workload_verdicts.py same [--pairs 200] [--busy]
    python benchmarks/workload_verdicts.py slower [--pairs 20] [--by 0.05 --by 0.2] [--busy]

Every pair goes through the product's own measuring and judging, under the default budget: no slower than by 5%. A
program of this kind, twice: `fail` is false. What is slower by 5% truly lies on the limit: no verdict on it is wrong,
and `pass` should be seldom. What is slower by 20% should fail.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.error_rates import Lab, neighbour, wilson_interval
from burnish.judge.budget import Budget
from burnish.judge.workloads_gate import judge_workloads, need_more_rounds
from burnish.measure.command import Command
from burnish.measure.rounds import RoundsPlan
from burnish.measure.throughput import fitted, measure_throughput
from burnish.measure.traces import Places
from burnish.model import Side, Startup, Workload

STEPS = 10_000_000
"""Steps of a loop: some twenty milliseconds of work."""
PLAN = RoundsPlan(rounds=10, max_rounds=30, max_seconds=120.0, least=2)
BUDGET = Budget(name="improve", max_workload_ratio=1.05)
RUNS = 10


class WorkLab(Lab):
    """Programs that work for a while, and the product's way of timing them."""

    def judge_work(self, baseline: Path, candidate: Path) -> str:
        """Measure and judge one pair, as `burnish measure` and `burnish judge` do."""
        programs = {"baseline": baseline, "candidate": candidate}
        measured = measure_throughput(
            {name: Command(argv=(str(path),), cwd=self.folder) for name, path in programs.items()},
            fitted(self.timer, 0.04, PLAN),
            floor=self.floor,
            plan=PLAN,
            is_undecided=lambda sides: need_more_rounds(*_both(sides), BUDGET, 1),
            on_round=lambda _done, _planned: None,
            clock=time.monotonic,
            places=Places(project=self.folder, target=self.folder / "target"),
        )
        before, after = (
            Side(command=[], build_seconds=0.0, artifact="program", workloads=[each]) for each in _both(measured.sides)
        )
        return judge_workloads(before, after, BUDGET, "native").verdict

    def compare_work(self, title: str, pairs: int, slower: float) -> None:
        """Judge pairs of which the candidate has more to do by a share, and print the verdicts."""
        baseline = self.build("baseline", STEPS)
        candidate = self.build("candidate", round(STEPS * (1 + slower))) if slower else baseline
        started, found = time.monotonic(), Counter[str]()
        for number in range(1, pairs + 1):
            found[self.judge_work(baseline, candidate)] += 1
            print(f"{title}: pair {number} of {pairs}", end="\r", file=sys.stderr, flush=True)
        print(f"{title}: {pairs} pairs, {(time.monotonic() - started) / pairs:.2f} s each")
        for verdict in ("pass", "fail", "inconclusive"):
            low, high = wilson_interval(found[verdict], pairs)
            print(f"  {verdict}: {found[verdict]} = {found[verdict] / pairs:.2%} ({low:.2%} to {high:.2%})", flush=True)


def _both(sides: Mapping[str, Startup]) -> tuple[Workload, Workload]:
    return Workload(name="work", times=sides["baseline"]), Workload(name="work", times=sides["candidate"])


def main(arguments: Sequence[str]) -> None:
    """Run one of the two comparisons, and print its rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["same", "slower"])
    parser.add_argument("--pairs", type=int, help="judged pairs of each kind (200, 20)")
    parser.add_argument("--by", type=float, action="append", help="slow-downs to detect (0.05 and 0.2)")
    parser.add_argument("--busy", action="store_true", help="keep a second core busy meanwhile")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, neighbour(busy=options.busy):
        lab = WorkLab(Path(folder), PLAN, RUNS)
        if options.what == "same":
            lab.compare_work("the same program on both sides", options.pairs or 200, 0.0)
            return
        for by in options.by or [0.05, 0.20]:
            lab.compare_work(f"slower by {by:.0%}", options.pairs or 20, by)


if __name__ == "__main__":
    main(sys.argv[1:])
