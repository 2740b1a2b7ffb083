"""The search beside an exhaustive one, on a crate that is small enough for it.

    python benchmarks/exhaustive.py FOLDER [--rounds 15] [--runs 50] [--factors opt-level,position]

A small crate is written to FOLDER, and every combination of the factors below is built: 96 builds, six minutes on two
cores. The search's own pick is then timed beside the best of all, in the same rotating rounds. It should be within 1%
in size and within the interval in start-up, with at most a quarter of the builds.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from burnish.job.opening import open_job  # noqa: E402
from burnish.job.options import Options  # noqa: E402
from burnish.job.session import Session, opened_session  # noqa: E402
from burnish.measure.startup import measure_startup  # noqa: E402
from burnish.measure.statistics import mean, ratio_interval  # noqa: E402
from burnish.model import Trial, Tune  # noqa: E402
from burnish.phases.baseline import build_baseline  # noqa: E402
from burnish.search.choices import Choice, Combination, SearchSpace  # noqa: E402
from burnish.search.tune import search_widely  # noqa: E402
from burnish.search.under_way import Search, begin_search  # noqa: E402
from burnish.sides.starts import floor_of, startup_command, timer_of  # noqa: E402
from burnish.system.console import Console  # noqa: E402 - the checkout is found first

FACTORS = {
    "opt-level": ("2", "s", "z"),
    "lto": ("thin",),
    "codegen-units": ("16",),
    "link": ("own-libgcc", "static"),
    "position": ("fixed",),
}
MANIFEST = """\
[package]
name = "tiny"
version = "0.1.0"
edition = "2021"

[package.metadata.burnish.search]
max_trials = 1000
time_budget = "100 h"
"""
MAIN = """\
use std::collections::BTreeMap;

fn main() {
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    for argument in std::env::args().skip(1) {
        for character in argument.chars().filter(|character| character.is_alphanumeric()) {
            *counts.entry(character).or_default() += 1;
        }
    }
    let mut lines: Vec<String> = counts.iter().map(|(character, count)| format!("{character:?} {count:>4}")).collect();
    lines.sort();
    println!("{}", lines.join("\\n"));
}
"""


def write_crate(folder: Path) -> None:
    """Write the crate, where it is not there."""
    if not (folder / "Cargo.toml").exists():
        (folder / "src").mkdir(parents=True)
        (folder / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
        (folder / "src" / "main.rs").write_text(MAIN, encoding="utf-8")


def narrowed(space: SearchSpace, wanted: list[str]) -> SearchSpace:
    """Keep the factors and choices that are gone through exhaustively."""
    factors = {
        factor: tuple(choice for choice in space.factors.get(factor, ()) if choice.name in FACTORS[factor])
        for factor in wanted
    }
    return SearchSpace(factors=factors, short=())


def everything(space: SearchSpace) -> Iterator[Combination]:
    """Yield every combination: each factor as the base has it, or by one of its choices."""
    ways: list[tuple[Choice | None, ...]] = [(None, *choices) for choices in space.factors.values()]
    for way in itertools.product(*ways):
        yield Combination(choices=tuple(choice for choice in way if choice is not None))


def searched(session: Session, wanted: list[str]) -> tuple[Tune, Search]:
    """Let burnish search the narrowed space."""
    search = begin_search(session)
    search.space = narrowed(search.space, wanted)
    return search_widely(search), search


def exhausted(session: Session, wanted: list[str], rounds: int) -> Tune:
    """Build and time all there is."""
    search = begin_search(session)
    search.build(list(everything(narrowed(search.space, wanted))))
    search.time(all_rounds=rounds, most_rounds=session.job.settings.search.max_rounds)
    return search.result()


def compare(session: Session, ours: Trial, best: Trial, rounds: int, runs: int) -> None:
    """Time both picks once more, in the same rounds, and print how they stand."""
    files = {"ours": Path(ours.side.artifact or ""), "best": Path(best.side.artifact or "")}
    job, notes = session.job, session.notes
    startups = measure_startup(
        {name: startup_command(job, notes, job.opened, path) for name, path in files.items()},
        timer_of(job, notes, runs=runs),
        floor=floor_of(job),
        rounds=rounds,
        on_round=lambda _done, _of: None,
    ).sides
    means = {name: [mean(samples) for samples in startups[name].raw] for name in files}
    ratio = ratio_interval(means["ours"], means["best"])
    size = (ours.side.size_bytes or 0) / (best.side.size_bytes or 1)
    for name, trial in (("ours", ours), ("best", best)):
        print(f"{name}: {trial.side.size_bytes:,} B, {startups[name].mean_seconds * 1e6:,.0f} us: {trial.name}")
    print(f"size {size:.4f} of the best's: {'within 1%' if size <= 1.01 else 'NOT MET'}")  # noqa: PLR2004 - the criterion
    verdict = "within the interval" if ratio.low <= 1 else "NOT MET"
    print(f"start-up {ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f}) of the best's: {verdict}")


def main() -> None:
    """Search both ways and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--factors", default=",".join(FACTORS))
    asked = parser.parse_args()
    wanted = asked.factors.split(",")
    folder = asked.folder.resolve()
    write_crate(folder)
    options = Options(project=str(folder), recipe="auto")
    opened = open_job(options, console=Console(env=os.environ), env=os.environ, cwd=folder, fresh=True)
    with opened_session(*opened, "exhaustive") as session, session.change("exhaustive", session.job.opened):
        build_baseline(session.job, session.notes)
        ours, search = searched(session, wanted)
        builds = len(search.trials)
        best = exhausted(session, wanted, asked.rounds)
        share = builds / len(best.trials)
        verdict = "at most a quarter" if share <= 1 / 4 else "NOT MET"
        print(f"{builds} of {len(best.trials)} builds, {share:.0%}: {verdict}")
        compare(session, ours.trials[0], best.trials[0], asked.rounds, asked.runs)


if __name__ == "__main__":
    main()
