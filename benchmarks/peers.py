"""burnish's pick beside what others recommend, on the bundled crate and on programs from crates.io.

    python benchmarks/peers.py FOLDER [--programs pyrust,sd] [--rounds 15] [--runs 50] [--work-seconds 120]
                               [--budget improve] [--accept all] [--max-trials 40] [--again] [--only-build]

FOLDER takes the sources, the peers' programs and all builds. What is there is not made again, and a program that was
compared is not compared again without `--again`: a run that was ended goes on where it was. `--only-build` builds and
searches, so that all is compared later in one run on a quiet machine. There are two picks: of
what `cargo build` with a stable compiler alone gives, and of what a command of its own gives too, such as a rebuilt
standard library. `--accept` says what they may take from those who run the binary, where the peers take unasked. A
program's builds are timed together, in rotating rounds: their start-up, and their work beside that of the build as it
is. A peer that does not print the same at its work is shown, and no pick is held against it. Many peers are smaller
for slower work, which the picks may not be: they are held against the best of all, and against the best of those that
are not shown to be slower too. One program takes from half an hour to two hours on two cores, nearly all of it the
search for the first pick, with which the second one goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peer_builds import AS_IT_IS, BUILDERS, FREE, NOT_STABLE, PICKS, STABLE, Bench, build_all  # noqa: E402
from benchmarks.peer_work import Work, work_of  # noqa: E402
from burnish.measure.behaviour import look_at  # noqa: E402
from burnish.measure.command import Command  # noqa: E402
from burnish.measure.floor import FloorBinary, find_floor  # noqa: E402
from burnish.measure.hyperfine import Timer, find_hyperfine  # noqa: E402
from burnish.measure.rounds import RoundsPlan  # noqa: E402
from burnish.measure.startup import measure_startup  # noqa: E402
from burnish.measure.statistics import Interval, geometric_mean, mean, ratio_interval, t_interval  # noqa: E402
from burnish.measure.throughput import LEAST_ROUNDS, fitted, measure_throughput  # noqa: E402
from burnish.measure.traces import Places  # noqa: E402
from burnish.system.process import Programs  # noqa: E402
from burnish.system.turns import turns_asked_for  # noqa: E402
from tests.crates.fetch import VERSIONS, fetch  # noqa: E402

PROGRAMS = {**VERSIONS, "choose": "=1.3.7", "pastel": "=0.12.0"}
PYRUST = "pyrust"
LEAST, SMALLEST, QUICKEST = "with the least product", "that is smallest", "that is quickest"
AS_FAST = "with the least product and no slower at work"
AIMS = {STABLE: "aims 0.93 and 0.80", FREE: "aims 0.60 and 0.35"}
MOST_WORK = 1.05
LARGER = 1.005
_HOURS = 3600.0
_WORK_RUNS = 5
_WORK_ROUNDS = 8


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """One workload: by build the mean of each round, and digests of what it printed. Whether it may train a profile."""

    means: dict[str, list[float]]
    printed: dict[str, list[str]]
    train: bool


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One program: by build the bytes, the mean start-up of each round and what is to be said; its work by name."""

    sizes: dict[str, int]
    means: dict[str, list[float]]
    words: dict[str, str]
    work: dict[str, AtWork]
    seconds: float

    def ratio(self, pick: str, peer: str) -> tuple[float, Interval]:
        """Return a pick's size and start-up as ratios to a peer's."""
        return self.sizes[pick] / self.sizes[peer], ratio_interval(self.means[pick], self.means[peer])

    def work_ratios(self, name: str) -> dict[str, Interval]:
        """Return a build's time at each workload as a ratio to the build as it is; not at one that guided it."""
        guided = "guided" in self.words[name]
        judging = {work: seen for work, seen in self.work.items() if not (guided and seen.train)}
        return {work: ratio_interval(seen.means[name], seen.means[AS_IT_IS]) for work, seen in judging.items()}

    def work_ratio(self, name: str) -> float:
        """Return the geometric mean of a build's ratios at work."""
        return geometric_mean([ratio.mean for ratio in self.work_ratios(name).values()])

    def prints_otherwise(self, name: str) -> bool:
        """Return whether a build prints otherwise than the build as it is, where that prints the same each time."""
        stable = [seen.printed for seen in self.work.values() if len(seen.printed[AS_IT_IS]) == 1]
        return any(printed[name] != printed[AS_IT_IS] for printed in stable)

    def peers_of(self, pick: str) -> list[str]:
        """Return what a pick is held against: for what a stable compiler gives, other such builds."""
        left_out = {*PICKS, *(NOT_STABLE if pick == STABLE else ())}
        return [name for name in self.sizes if name not in left_out and not self.prints_otherwise(name)]

    def best_peers(self, pick: str) -> dict[str, str]:
        """Return the peers that a pick is held against: the best by the pick's own measure, and by each half of it."""
        peers = self.peers_of(pick)
        as_fast = [name for name in peers if not self.slow_work(name)]
        return {
            LEAST: min(peers, key=self._product),
            AS_FAST: min(as_fast, key=self._product),
            SMALLEST: min(peers, key=lambda name: self.sizes[name]),
            QUICKEST: min(peers, key=lambda name: mean(self.means[name])),
        }

    def _product(self, name: str) -> float:
        return self.sizes[name] * mean(self.means[name])

    def complaints(self, pick: str, which: str) -> list[str]:
        """Return where a peer is better: smaller by more than half a percent, or quicker beyond the interval."""
        size, startup = self.ratio(pick, self.best_peers(pick)[which])
        is_larger = size > LARGER and which != QUICKEST
        is_slower = startup.low > 1 and which != SMALLEST
        return ["NOT MET: larger"] * is_larger + ["NOT MET: slower"] * is_slower

    def slow_work(self, name: str) -> list[str]:
        """Return the workloads at which a build is shown to be slower than it may."""
        return [work for work, ratio in self.work_ratios(name).items() if ratio.low > MOST_WORK]


class Watch:
    """Times builds of a program: their start-up, and their work, in the turns that BURNISH_TURNS asks for."""

    def __init__(self, folder: Path, runs: int, work_seconds: float) -> None:
        self.folder, self.work_seconds = folder, work_seconds
        env = dict(os.environ)
        turns = turns_asked_for(env)
        self.programs = Programs(env=env, turns=turns)
        self.floor: FloorBinary | None = find_floor(self.programs, folder / "floor")
        self.timer = Timer(
            programs=self.programs,
            hyperfine=find_hyperfine(self.programs, Path(sysconfig.get_path("scripts"))).path,
            folder=folder / "times",
            runs=runs,
            warmup=5,
            timeout_seconds=_HOURS,
        )

    def startups(self, binaries: Mapping[str, Path], rounds: int) -> dict[str, list[float]]:
        """Return the mean start-up of each build in each round, of `--version`."""
        commands = {name: Command(argv=(str(path), "--version"), cwd=self.folder) for name, path in binaries.items()}
        sides = measure_startup(
            commands, self.timer, floor=self.floor, rounds=rounds, on_round=lambda _done, _of: None
        ).sides
        return {name: [mean(samples) for samples in sides[name].raw] for name in binaries}

    def work(self, work: Work, binaries: Mapping[str, Path], home: Path) -> AtWork:
        """Time one workload on all builds, in the folder that has its input."""
        stdin = (home / work.stdin_file).read_bytes() if work.stdin_file else b""
        commands = {
            name: Command(argv=(str(path), *work.args), cwd=home, stdin=stdin) for name, path in binaries.items()
        }
        places, started = Places(project=home, target=home / "target"), time.monotonic()
        look_at(commands[AS_IT_IS], programs=self.programs, timeout_seconds=_HOURS, places=places)
        one_of_each = (time.monotonic() - started) * len(commands)
        plan = RoundsPlan(
            rounds=_WORK_ROUNDS, max_rounds=_WORK_ROUNDS, max_seconds=self.work_seconds, least=LEAST_ROUNDS
        )
        measured = measure_throughput(
            commands,
            fitted(dataclasses.replace(self.timer, runs=_WORK_RUNS, warmup=1), one_of_each, plan),
            floor=self.floor,
            plan=plan,
            is_undecided=lambda _sides: False,
            on_round=lambda _done, _of: None,
            clock=time.monotonic,
            places=places,
        )
        means = {name: [mean(samples) for samples in measured.sides[name].raw] for name in binaries}
        printed = {name: sorted(measured.printed[name]) for name in binaries}
        return AtWork(means=means, printed=printed, train=work.train)


def compare(bench: Bench, watch: Watch, source: Path, rounds: int) -> Result:
    """Build and time everything for one program."""
    started = time.monotonic()
    made = build_all(bench, source)
    binaries = {name: Path(each.path) for name, each in made.items()}
    home = bench.at_work(source)
    return Result(
        sizes={name: path.stat().st_size for name, path in binaries.items()},
        means=watch.startups(binaries, rounds),
        words={name: each.words for name, each in made.items()},
        work={work.name: watch.work(work, binaries, home) for work in work_of(source.name, home / "Cargo.toml")},
        seconds=time.monotonic() - started,
    )


def show(name: str, result: Result) -> None:
    """Print the table of one program, and how its picks stand."""
    print(f"{name} ({result.seconds / 60:,.0f} min)")
    print(f"  {'':28} {'size':>14}  {'start-up, mean':>24}  at work, of the build as it is")
    for build, size_bytes in result.sizes.items():
        times = t_interval(result.means[build])
        told = f"{times.mean * 1e6:,.0f} us ({times.low * 1e6:,.0f} to {times.high * 1e6:,.0f})"
        print(f"  {build:28} {size_bytes:>12,} B  {told:>24}  {_work_words(result, build)}")
    for pick in PICKS:
        print(f"  {pick} picks: {result.words[pick]}")
        for which, peer in result.best_peers(pick).items():
            size, startup = result.ratio(pick, peer)
            found = f"size {size:.3f}, start-up {in_words(startup)}"
            print("   ", f"of the peer {which}, {peer}:", found, *result.complaints(pick, which))
        for work, ratio in result.work_ratios(pick).items():
            is_slow = ["NOT MET: slower"] * (ratio.low > MOST_WORK)
            print("   ", f"at {work}:", in_words(ratio), *is_slow)
    print(flush=True)


def _work_words(result: Result, build: str) -> str:
    otherwise = "; PRINTS OTHERWISE" if result.prints_otherwise(build) else ""
    return f"{result.work_ratio(build):.3f}{otherwise}" if result.work else "no workloads"


def summarise(results: Mapping[str, Result]) -> None:
    """Print the geometric means of the picks against each peer, and against the best of them."""
    print("geometric means of ratios, below 1 is better; a peer that not all programs have is of those that have it")
    for pick, peer in itertools.product(PICKS, [name for name in BUILDERS if name not in PICKS]):
        ratios = [result.ratio(pick, peer) for result in results.values() if peer in result.sizes]
        _print_means(f"{pick} against {peer}", ratios, len(results))
    for pick, which in itertools.product(PICKS, (LEAST, AS_FAST, SMALLEST, QUICKEST)):
        ratios = [result.ratio(pick, result.best_peers(pick)[which]) for result in results.values()]
        aims = f"  ({AIMS[pick]})" if which == LEAST else ""
        _print_means(f"{pick} against the peer {which}", ratios, len(results), aims)
        _print_unmet("never worse", [name for name, result in results.items() if result.complaints(pick, which)])
    for pick in PICKS:
        work = geometric_mean([result.work_ratio(pick) for result in results.values() if result.work])
        print(f"  {f'{pick} at work, against the build as it is':66} {work:.3f}")
        slow = [f"{name} ({', '.join(slow)})" for name, each in results.items() if (slow := each.slow_work(pick))]
        _print_unmet(f"no workload shown slower than {MOST_WORK}", slow)


def _print_means(title: str, ratios: Sequence[tuple[float, Interval]], of: int, aims: str = "") -> None:
    if not ratios:
        print(f"  {title:66} not there")
        return
    size = geometric_mean([size for size, _ in ratios])
    startup = geometric_mean([startup.mean for _, startup in ratios])
    some = f"  of {len(ratios)}" if len(ratios) < of else ""
    print(f"  {title:66} size {size:.3f}  start-up {startup:.3f}{aims}{some}")


def _print_unmet(title: str, names: Sequence[str]) -> None:
    print(f"    {title}: {'no, on ' + ', '.join(names) if names else 'yes'}")


def in_words(ratio: Interval) -> str:
    """Return a ratio with its interval."""
    return f"{ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def fetch_sources(folder: Path, wanted: Sequence[str]) -> dict[str, Path]:
    """Return the folders of the programs: the bundled crate's copy, and those that cargo downloads."""
    sources = folder / "sources"
    if not all((sources / name).exists() for name in wanted if name != PYRUST):
        fetch(sources, PROGRAMS)
    bundled = sources / PYRUST
    if not bundled.exists():
        left_out = shutil.ignore_patterns("target", ".burnish", ".git")
        shutil.copytree(ROOT / "examples" / PYRUST, bundled, ignore=left_out)
    return {name: sources / name for name in wanted}


def _results(bench: Bench, watch: Watch, asked: argparse.Namespace) -> Iterator[tuple[str, Result]]:
    """Yield what came of each program, from its file where it was compared before."""
    for name, source in fetch_sources(bench.folder, asked.programs.split(",")).items():
        record = bench.folder / "results" / f"{name}.json"
        if asked.again or not record.exists():
            result = compare(bench, watch, source, asked.rounds)
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_bytes(msgspec.json.encode(result))
        result = msgspec.json.decode(record.read_bytes(), type=Result)
        show(name, result)
        yield name, result


def parse(arguments: Iterable[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--programs", default=",".join((PYRUST, *PROGRAMS)))
    parser.add_argument("--rounds", type=int, default=15, help="rounds of the start-up (15)")
    parser.add_argument("--runs", type=int, default=50, help="runs of the start-up in each (50)")
    parser.add_argument("--work-seconds", type=float, default=120.0, help="for one workload of one program (120)")
    parser.add_argument("--budget", default="improve")
    parser.add_argument("--accept", default="all", help="what the picks may take (all)")
    parser.add_argument("--max-trials", type=int, default=40)
    parser.add_argument(
        "--only-build", action="store_true", help="compare nothing yet: only the searches time what they try"
    )
    parser.add_argument("--again", action="store_true", help="time programs again that were compared before")
    return parser.parse_args(list(arguments))


def main() -> None:
    """Compare all programs."""
    asked = parse(sys.argv[1:])
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder=folder, budget=asked.budget, accept=asked.accept, max_trials=asked.max_trials)
    if asked.only_build:
        for name, source in fetch_sources(folder, asked.programs.split(",")).items():
            print(name)
            build_all(bench, source)
        return
    watch = Watch(folder, asked.runs, asked.work_seconds)
    summarise(dict(_results(bench, watch, asked)))


if __name__ == "__main__":
    main()
