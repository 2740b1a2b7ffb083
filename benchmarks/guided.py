"""What a profile of a program at its work gives: size, start-up and workloads that did not train it, before and after.

    python benchmarks/guided.py FOLDER [--programs sd,hexyl] [--accept speed,unwinding] [--max-trials 20]
                                [--rounds 15] [--runs 50] [--work-seconds 120]

FOLDER may be that of `peers.py`. `burnish tune` searches with the programs' workloads; each of its trials that a
profile guides is held against the trial of the same settings without one, in the same rounds. It says what the search
picks. Some ten minutes for each program on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peer_builds import AS_IT_IS, Bench  # noqa: E402 - the checkout is found first
from benchmarks.peer_work import work_of  # noqa: E402
from benchmarks.peers import Watch, fetch_sources, in_words  # noqa: E402
from burnish.measure.statistics import geometric_mean, mean, ratio_interval  # noqa: E402

GUIDED = "guided.profile"


def search(bench: Bench, home: Path) -> list[dict[str, Any]]:
    """Return the trials of a search, the pick first."""
    options = ["--json", f"--budget={bench.budget}", f"--max-trials={bench.max_trials}", "--accept", bench.accept]
    settings = ("search.plain_first=false", "search.offer_trials=0")
    options += [word for setting in settings for word in ("--set", setting)]
    trials: list[dict[str, Any]] = json.loads(bench.burnish(home, "tune", "--allow-dirty", *options))["tune"]["trials"]
    return trials


def pairs_of(trials: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each trial that a profile guides, behind the one of the same settings without it, where both work."""
    works = {frozenset(trial["choices"]): trial for trial in trials if not trial["failure"]}
    for choices, after in works.items():
        before = works.get(choices - {GUIDED})
        if GUIDED in choices and before is not None:
            yield before, after


def show(bench: Bench, watch: Watch, source: Path, rounds: int) -> None:
    """Search on one program, and print what profiles give there."""
    home = bench.at_work(source)
    trials = search(bench, home)
    print(f"{source.name}: the search picks {trials[0]['name']}", flush=True)
    pairs = list(pairs_of(trials))
    for trial in trials:
        if GUIDED in trial["choices"] and trial["failure"]:
            print(f"  {trial['name']}: not usable: {trial['failure']}")
    binaries = {AS_IT_IS: bench.build(source, AS_IT_IS)}
    binaries |= {trial["name"]: Path(trial["side"]["artifact"]) for pair in pairs for trial in pair}
    means = watch.startups(binaries, rounds)
    works = [watch.work(work, binaries, home) for work in work_of(source.name, home / "Cargo.toml")]
    held_out = [work for work in works if not work.train]
    for name, path in binaries.items():
        of_default = [mean(work.means[name]) / mean(work.means[AS_IT_IS]) for work in held_out]
        at_work = f"held-out work {geometric_mean(of_default):.3f} of the build as it is"
        print(f"  {name:60} {path.stat().st_size:>12,} B  {mean(means[name]) * 1e6:8,.0f} us  {at_work}")
    for before, after in pairs:
        one, other = before["name"], after["name"]
        size = binaries[other].stat().st_size / binaries[one].stat().st_size
        print(f"  {other}, of the same without a profile: size {size:.3f}")
        print(f"    start-up {in_words(ratio_interval(means[other], means[one]))}; {after['guided']}")
        for work, settings in zip(works, work_of(source.name, home / "Cargo.toml"), strict=True):
            kind = "trained by it" if work.train else "held out"
            ratio = ratio_interval(work.means[other], work.means[one])
            print(f"    {settings.name} ({kind}): {in_words(ratio)}")
    print(flush=True)


def main() -> None:
    """Search on each program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--programs", default="sd,hexyl")
    parser.add_argument("--accept", default="speed,unwinding")
    parser.add_argument("--max-trials", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--work-seconds", type=float, default=120.0)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder=folder, budget="improve", accept=asked.accept, max_trials=asked.max_trials)
    watch = Watch(folder, asked.runs, asked.work_seconds)
    for source in fetch_sources(folder, asked.programs.split(",")).values():
        show(bench, watch, source, asked.rounds)


if __name__ == "__main__":
    main()
