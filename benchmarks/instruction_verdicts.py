"""How often the instructions gate errs, and what it detects, with real programs on this machine.

    python benchmarks/instruction_verdicts.py [--pairs 20] [--by 0.03] [--busy]

Every pair goes through the product's own counting and judging, with a limit of 1% more. A program of this kind, twice:
`fail` is false. What executes 3% more in its start-up should fail each time, however busy the machine is.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.error_rates import Lab, neighbour, wilson_interval
from burnish.judge.budget import Budget
from burnish.judge.instructions_gate import judge_instructions, needs_more_counts
from burnish.measure.command import Command
from burnish.measure.instructions import VALGRIND, CountPlan, ValgrindCounter, count_in_rounds
from burnish.measure.rounds import RoundsPlan
from burnish.model import Counted, Side, SideName

STEPS = 500_000
"""Steps of a loop before main's first line: beside them what any Rust program does at its start is little."""
BUDGET = Budget(name="limited", max_instructions_ratio=1.01)
PLAN = CountPlan(rounds=3, max_rounds=20, max_seconds=120.0)


class CountLab(Lab):
    """Programs that work for a moment, and the product's way of counting what they execute."""

    def judge_counts(self, baseline: Path, candidate: Path) -> str:
        """Count and judge one pair, as `burnish measure` and `burnish judge` do."""
        programs: Mapping[SideName, Path] = {"baseline": baseline, "candidate": candidate}
        counts = count_in_rounds(
            {side: Command(argv=(str(program),), cwd=self.folder) for side, program in programs.items()},
            ValgrindCounter(
                programs=self.programs,
                valgrind=str(shutil.which(VALGRIND)),
                folder=self.folder / "counts",
                timeout_seconds=120.0,
            ),
            PLAN,
            is_undecided=lambda seen: needs_more_counts(
                seen["baseline"], seen["candidate"], BUDGET.max_instructions_ratio, 1
            ),
            clock=time.monotonic,
            on_round=lambda _done, _planned: None,
        )
        before, after = (
            Side(
                command=[],
                build_seconds=0.0,
                artifact="program",
                instructions=[Counted(name="start-up", by="valgrind", runs=counts[side])],
            )
            for side in programs
        )
        gate = judge_instructions(before, after, BUDGET, "native")
        return gate.verdict if gate else "no gate"

    def compare_counts(self, title: str, pairs: int, more: float) -> None:
        """Judge pairs of which the candidate has more to do by a share, and print the verdicts."""
        baseline = self.build("baseline", STEPS)
        candidate = self.build("candidate", round(STEPS * (1 + more))) if more else baseline
        started = time.monotonic()
        found = Counter(self.judge_counts(baseline, candidate) for _ in range(pairs))
        print(f"{title}: {pairs} pairs, {(time.monotonic() - started) / pairs:.2f} s each")
        for verdict in ("pass", "fail", "inconclusive"):
            low, high = wilson_interval(found[verdict], pairs)
            print(f"  {verdict}: {found[verdict]} = {found[verdict] / pairs:.2%} ({low:.2%} to {high:.2%})", flush=True)


def main(arguments: Sequence[str]) -> None:
    """Compare a program with itself and with those that have more to do, and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20, help="judged pairs of each kind (20)")
    parser.add_argument("--by", type=float, action="append", help="additional work to detect (0.03)")
    parser.add_argument("--busy", action="store_true", help="keep a second core busy meanwhile")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, neighbour(busy=options.busy):
        lab = CountLab(Path(folder), RoundsPlan(rounds=2, max_rounds=2, max_seconds=1.0), 2)
        lab.compare_counts("the same program on both sides", options.pairs, 0.0)
        for by in options.by or [0.03]:
            lab.compare_counts(f"{by:.0%} more steps", options.pairs, by)


if __name__ == "__main__":
    main(sys.argv[1:])
