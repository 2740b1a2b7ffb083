"""How often start-up verdicts err, and what they detect: simulated, and with real programs on this machine.

    python benchmarks/error_rates.py simulated
    python benchmarks/error_rates.py same [--pairs 200] [--busy]
    python benchmarks/error_rates.py slower [--pairs 20] [--by 0.05 --by 0.2] [--busy]

Every pair goes through the product's own measuring and judging, under the budget that asks for no slow-down.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.simulated import MACHINES, NOT_SLOWER, judge_simulated
from burnish.judge.startup_gate import Direction, needs_more_rounds, startup_direction
from burnish.measure.command import Command
from burnish.measure.floor import find_floor
from burnish.measure.hyperfine import Timer, find_hyperfine, time_round
from burnish.measure.rounds import RoundsPlan, plan_order
from burnish.measure.startup import measure_until_decided
from burnish.system.process import Programs

Z = 1.959964
PROGRAM = """\
#[inline(never)]
fn spin(times: u64) -> u64 {
    (0..times).fold(1, |state, _| std::hint::black_box(state).wrapping_mul(6364136223846793005).wrapping_add(1))
}

fn main() {
    println!("{}", spin(TIMES));
}
"""
"""A program whose main does TIMES steps of a loop before it says anything."""


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95% interval of a rate (Wilson 1927), which is right for rare events too."""
    rate = hits / trials
    centre = (rate + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z / (1 + Z * Z / trials) * math.sqrt(rate * (1 - rate) / trials + Z * Z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def main(arguments: Sequence[str]) -> None:
    """Run one of the three comparisons, and print its rates."""
    options = parse(arguments)
    plan = RoundsPlan(rounds=options.rounds, max_rounds=options.max_rounds, max_seconds=options.seconds)
    if options.what == "simulated":
        simulate(plan, options.pairs or 1000, options.runs)
        return
    with tempfile.TemporaryDirectory() as folder, neighbour(busy=options.busy):
        lab = Lab(Path(folder), plan, options.runs)
        if options.what == "same":
            lab.compare_with_itself(options.pairs or 200)
        else:
            lab.compare_with_slower(options.pairs or 20, options.by or [0.05, 0.20])


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["simulated", "same", "slower"])
    parser.add_argument("--pairs", type=int, help="judged pairs of each kind (1000, 200, 20)")
    parser.add_argument("--by", type=float, action="append", help="slow-downs to detect (0.05 and 0.2)")
    parser.add_argument("--runs", type=int, default=20, help="runs a round (20; the product's default is 100)")
    parser.add_argument("--rounds", type=int, default=10, help="rounds before each look (10, as the product)")
    parser.add_argument("--max-rounds", type=int, default=30, help="rounds at most (30, as the product)")
    parser.add_argument("--seconds", type=float, default=120.0, help="seconds at most for a pair (120, as the product)")
    parser.add_argument("--busy", action="store_true", help="keep a second core busy meanwhile")
    return parser.parse_args(arguments)


def simulate(plan: RoundsPlan, pairs: int, runs: int) -> None:
    """Judge simulated pairs of each ratio on each machine."""
    for name, noise in MACHINES.items():
        for ratio in (1.0, 1.05, 1.2):
            generator = random.Random(f"{name} {ratio}")  # noqa: S311 - a simulation
            judged = (judge_simulated(noise, ratio, plan, generator, runs=runs) for _ in range(pairs))
            report(f"simulated, {name} machine, candidate {ratio:.2f} of the baseline", Counter(judged))


def report(title: str, found: Counter[Direction | None]) -> None:
    """Print how many pairs were found slower and faster, each rate with its interval."""
    print(f"{title}: {found.total()} pairs", flush=True)
    for direction in ("slower", "faster"):
        low, high = wilson_interval(found[direction], found.total())
        rate = found[direction] / found.total()
        print(f"  {direction}: {found[direction]} = {rate:.2%} ({low:.2%} to {high:.2%})", flush=True)


@contextlib.contextmanager
def neighbour(*, busy: bool) -> Iterator[None]:
    """Keep one core busy with a program of its own, where asked."""
    if not busy:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
        try:
            yield
        finally:
            spinning.kill()


class Lab:
    """Real programs in a folder of their own, and the product's timer."""

    def __init__(self, folder: Path, plan: RoundsPlan, runs: int) -> None:
        """Find the timer and build the floor."""
        self.folder, self.plan = folder, plan
        self.programs = Programs(env=dict(os.environ))
        self.floor = find_floor(self.programs, folder / "floor")
        self.timer = Timer(
            programs=self.programs,
            hyperfine=find_hyperfine(self.programs, Path(sysconfig.get_path("scripts"))).path,
            folder=folder / "timing",
            runs=runs,
            warmup=2,
            timeout_seconds=600.0,
        )

    def compare_with_itself(self, pairs: int) -> None:
        """Judge the same file as both sides: whatever is found is false."""
        program = self.build("same", 0)
        self.compare("the same binary on both sides", pairs, program, program)

    def compare_with_slower(self, pairs: int, slow_downs: Sequence[float]) -> None:
        """Judge programs that do more before main's first line, by these shares of the start-up."""
        baseline = self.build("baseline", 0)
        for by in slow_downs:
            candidate = self.build_slower(baseline, by)
            self.compare(f"slower by {by:.0%}", pairs, baseline, candidate)

    def compare(self, title: str, pairs: int, baseline: Path, candidate: Path) -> None:
        """Judge pairs of a baseline and a candidate, and print what they were found to be, and the time it took."""
        started = time.monotonic()
        found: Counter[Direction | None] = Counter()
        for number in range(1, pairs + 1):
            found[self.judge(baseline, candidate)] += 1
            print(f"{title}: pair {number} of {pairs}", end="\r", file=sys.stderr, flush=True)
        report(title, found)
        print(f"  {(time.monotonic() - started) / pairs:.2f} s a pair", flush=True)

    def judge(self, baseline: Path, candidate: Path) -> Direction | None:
        """Measure and judge one pair, as `burnish measure` and `burnish judge` do."""
        measured = measure_until_decided(
            {name: self.command(path) for name, path in (("baseline", baseline), ("candidate", candidate))},
            self.timer,
            floor=self.floor,
            plan=self.plan,
            is_undecided=lambda sides: needs_more_rounds(sides["baseline"], sides["candidate"], NOT_SLOWER),
            on_round=lambda _done, _planned: None,
            clock=time.monotonic,
        )
        return startup_direction(measured.sides["baseline"], measured.sides["candidate"])

    def command(self, program: Path) -> Command:
        """Return the timed command of a program."""
        return Command(argv=(str(program),), cwd=self.folder)

    def build(self, name: str, times: int) -> Path:
        """Compile the program with so many steps before main's first line."""
        source, program = self.folder / f"{name}.rs", self.folder / name
        source.write_text(PROGRAM.replace("TIMES", str(times)), encoding="utf-8")
        argv = ["rustc", "-O", "--edition=2021", "--crate-name=program", "-o", str(program), str(source)]
        finished = self.programs.run(argv, cwd=self.folder, timeout_seconds=300.0)
        if not finished.ok:
            raise SystemExit(finished.stderr.decode())
        return program

    def build_slower(self, baseline: Path, by: float) -> Path:
        """Compile a program that takes longer by a share of the baseline's start-up, and say what came out.

        How many steps that takes is found by timing some in alternation with none: so few that they often run
        without being interrupted.
        """
        some = 300_000
        none_seconds, some_seconds = self.quickest(baseline, self.build("some", some))
        steps = round(some * by * none_seconds / (some_seconds - none_seconds))
        slower = self.build(f"slower{by}", steps)
        before, after = self.quickest(baseline, slower)
        print(f"calibrated: {steps} steps, {after / before - 1:+.1%} where {by:+.1%} was wanted", flush=True)
        return slower

    def quickest(self, before: Path, after: Path) -> list[float]:
        """Time two programs in alternation; return the quickest run of each: what disturbs a run only adds to it."""
        commands = {"before": self.command(before), "after": self.command(after)}
        rounds = [time_round(commands, plan_order(tuple(commands), number), self.timer) for number in range(10)]
        return [min(second for timed in rounds for second in timed[name].wall_seconds) for name in commands]


if __name__ == "__main__":
    main(sys.argv[1:])
