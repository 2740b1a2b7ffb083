"""burnish's pick beside what others recommend, on the bundled crate and on programs from crates.io.

    python benchmarks/peers.py FOLDER [--programs pyrust,sd] [--rounds 15] [--runs 50] [--budget improve]
                               [--abort] [--max-trials 40]

FOLDER takes the sources, cargo-wizard and all builds; a second run goes on with what is there. `--abort` lets burnish
try panic = "abort" where code catches panics too, as the peers do unasked. There are two picks: of what `cargo build`
with a stable compiler alone gives, and of what a command of its own gives too, such as a rebuilt standard library.
Every program's builds are timed together, in rotating rounds; some hours for all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from burnish.measure.command import Command  # noqa: E402 - the checkout is found first
from burnish.measure.floor import find_floor  # noqa: E402
from burnish.measure.hyperfine import Timer, find_hyperfine  # noqa: E402
from burnish.measure.startup import measure_startup  # noqa: E402
from burnish.measure.statistics import Interval, mean, ratio_interval  # noqa: E402
from burnish.model import Startup  # noqa: E402
from burnish.system.process import Programs  # noqa: E402
from tests.crates.fetch import VERSIONS, fetch  # noqa: E402

PROGRAMS = {**VERSIONS, "choose": "=1.3.7", "pastel": "=0.12.0"}
BINARIES = {"ripgrep": "rg"}
PYRUST = "pyrust"
AS_IT_IS, STABLE, FREE = "as it is", "burnish, on stable alone", "burnish"
PICKS = (STABLE, FREE)
WIZARD_VERSION = "0.2.3"
LEAST, SMALLEST, QUICKEST = "with the least product", "that is smallest", "that is quickest"
LARGER = 1.005
_HOURS = 3600.0
# min-sized-rust's README, what it lists for a stable compiler.
MIN_SIZED = ("opt-level='z'", "lto=true", "codegen-units=1", "panic='abort'", "strip=true")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where the work is done, and how burnish may search."""

    folder: Path
    budget: str
    abort: bool
    max_trials: int

    def run(self, argv: list[str], cwd: Path) -> str:
        """Run a program, and stop where it fails."""
        env = {name: value for name, value in os.environ.items() if name not in {"RUSTFLAGS", "CARGO_TARGET_DIR"}}
        finished = subprocess.run(  # noqa: S603 - our own argument lists
            argv, cwd=cwd, env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            sys.exit(f"{' '.join(argv)} in {cwd} gave {finished.returncode}:\n{finished.stderr[-4000:]}")
        return finished.stdout

    def build(self, source: Path, name: str, *options: str) -> Path:
        """Build a project with cargo and keep its binary."""
        target = self.folder / "targets" / source.name / name.replace(" ", "-")
        said = self.run(
            ["cargo", "build", "--release", "--message-format=json", f"--target-dir={target}", *options], source
        )
        messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        binary = BINARIES.get(source.name, source.name)
        made = [each["executable"] for each in messages if each.get("executable") and each["target"]["name"] == binary]
        return self.kept(Path(made[-1]), source.name, name)

    def kept(self, binary: Path, program: str, name: str) -> Path:
        """Keep a binary that a later build would overwrite."""
        copy = self.folder / "binaries" / program / name.replace(" ", "-")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(binary, copy)
        return copy

    def copy_of(self, source: Path, name: str) -> Path:
        """Copy a project, so that a peer may edit it. The folder's name stays."""
        copy = self.folder / "copies" / name / source.name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("target", ".burnish"))
        return copy


def build_as_it_is(bench: Bench, source: Path) -> Path:
    """Build the project's own release profile."""
    return bench.build(source, AS_IT_IS)


def build_wizard(template: str) -> Callable[[Bench, Path], Path]:
    """Return what applies one of cargo-wizard's templates to a copy, and builds it."""

    def build(bench: Bench, source: Path) -> Path:
        copy = bench.copy_of(source, template)
        wizard = bench.folder / "tools" / "bin" / "cargo-wizard"
        bench.run([str(wizard), "wizard", "apply", template, "release"], copy)
        return bench.build(copy, template)

    return build


def build_min_sized(bench: Bench, source: Path) -> Path:
    """Build with min-sized-rust's list for a stable compiler."""
    options = [option for setting in MIN_SIZED for option in ("--config", f"profile.release.{setting}")]
    return bench.build(source, "min-sized-rust", *options)


def build_phase1(bench: Bench, source: Path) -> Path:
    """Apply the mission's own recipe to a copy, by burnish's steps, and build that."""
    copy = bench.copy_of(source, "phase1")
    for step in ("apply-profile", "write-config"):
        bench.run([sys.executable, "-m", "burnish", step, "--recipe", "phase1", "--allow-dirty"], copy)
    return bench.build(copy, "phase1")


def build_pick(name: str) -> Callable[[Bench, Path], Path]:
    """Return what lets burnish search, and takes what it picks."""

    def build(bench: Bench, source: Path) -> Path:
        home = bench.folder / "copies" / "tune" / source.name
        if not home.exists():
            home = bench.copy_of(source, "tune")
        options = ["--json", f"--budget={bench.budget}", f"--max-trials={bench.max_trials}"]
        options += ["--set", f"search.plain_first={str(name == STABLE).lower()}"]
        options += ["--allow-abort"] if bench.abort else []
        said = bench.run([sys.executable, "-m", "burnish", "tune", *options], home)
        best = json.loads(said)["tune"]["trials"][0]
        print(f"  {name} picks: {best['name']}", flush=True)
        return bench.kept(Path(best["side"]["artifact"]), source.name, name)

    return build


BUILDERS: Mapping[str, Callable[[Bench, Path], Path]] = {
    AS_IT_IS: build_as_it_is,
    "cargo-wizard min-size": build_wizard("min-size"),
    "cargo-wizard fast-runtime": build_wizard("fast-runtime"),
    "min-sized-rust": build_min_sized,
    "phase1": build_phase1,
    STABLE: build_pick(STABLE),
    FREE: build_pick(FREE),
}


def measure(bench: Bench, binaries: Mapping[str, Path], rounds: int, runs: int) -> dict[str, Startup]:
    """Time `--version` of all builds in the same rotating rounds."""
    programs = Programs(env=os.environ)
    timer = Timer(
        programs=programs,
        hyperfine=find_hyperfine(programs, Path(sysconfig.get_path("scripts"))).path,
        folder=bench.folder / "startup",
        runs=runs,
        warmup=5,
        timeout_seconds=_HOURS,
    )
    commands = {name: Command(argv=(str(path), "--version"), cwd=bench.folder) for name, path in binaries.items()}
    floor = find_floor(programs, bench.folder / "floor")
    return dict(measure_startup(commands, timer, floor=floor, rounds=rounds, on_round=lambda _done, _of: None).sides)


@dataclass(frozen=True, kw_only=True)
class Result:
    """One program: bytes and round means by build."""

    sizes: Mapping[str, int]
    means: Mapping[str, list[float]]

    def ratio(self, pick: str, peer: str) -> tuple[float, Interval]:
        """Return a pick's size and start-up as ratios to a peer's."""
        return self.sizes[pick] / self.sizes[peer], ratio_interval(self.means[pick], self.means[peer])

    @property
    def best_peers(self) -> dict[str, str]:
        """Return the peers that a pick is held against: the best by the pick's own measure, and by each half of it."""
        peers = [name for name in self.sizes if name not in PICKS]
        return {
            LEAST: min(peers, key=lambda name: self.sizes[name] * mean(self.means[name])),
            SMALLEST: min(peers, key=lambda name: self.sizes[name]),
            QUICKEST: min(peers, key=lambda name: mean(self.means[name])),
        }

    def complaints(self, pick: str, which: str) -> list[str]:
        """Return where a peer is better: smaller by more than half a percent, or quicker beyond the interval."""
        size, startup = self.ratio(pick, self.best_peers[which])
        is_larger = size > LARGER and which != QUICKEST
        is_slower = startup.low > 1 and which != SMALLEST
        return ["NOT MET: larger"] * is_larger + ["NOT MET: slower"] * is_slower


def compare(bench: Bench, name: str, source: Path, rounds: int, runs: int) -> Result:
    """Build and time everything for one program, and print its table."""
    print(f"{name}", flush=True)
    binaries = {peer: builder(bench, source) for peer, builder in BUILDERS.items()}
    startups = measure(bench, binaries, rounds, runs)
    means = {peer: [mean(samples) for samples in startups[peer].raw] for peer in binaries}
    result = Result(sizes={peer: path.stat().st_size for peer, path in binaries.items()}, means=means)
    for peer, size_bytes in result.sizes.items():
        low, high = startups[peer].ci95_seconds
        times = f"{startups[peer].mean_seconds * 1e6:8,.0f} us ({low * 1e6:,.0f} to {high * 1e6:,.0f})"
        print(f"  {peer:26} {size_bytes:>12,} B  {times}", flush=True)
    for pick, (which, peer) in itertools.product(PICKS, result.best_peers.items()):
        size, startup = result.ratio(pick, peer)
        found = f"size {size:.3f}, start-up {_words(startup)}"
        print("  ", pick, f"of the peer {which}, {peer}:", found, *result.complaints(pick, which), flush=True)
    return result


def summarise(results: Mapping[str, Result]) -> None:
    """Print the geometric means of the picks against each peer, and against the best of them."""
    print("\ngeometric means of ratios, below 1 is better")
    for pick, peer in itertools.product(PICKS, [name for name in BUILDERS if name not in PICKS]):
        _print_means(f"{pick} against {peer}", [result.ratio(pick, peer) for result in results.values()])
    for pick, which in itertools.product(PICKS, (LEAST, SMALLEST, QUICKEST)):
        title = f"{pick} against the peer {which}"
        _print_means(title, [result.ratio(pick, result.best_peers[which]) for result in results.values()])
        unmet = [name for name, result in results.items() if result.complaints(pick, which)]
        print(f"    never worse: {'no, on ' + ', '.join(unmet) if unmet else 'yes'}")


def _print_means(title: str, ratios: list[tuple[float, Interval]]) -> None:
    size, startup = (_geometric(values) for values in zip(*((a, b.mean) for a, b in ratios), strict=True))
    print(f"  {title:58} size {size:.3f}  start-up {startup:.3f}")


def _geometric(values: tuple[float, ...]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _words(ratio: Interval) -> str:
    return f"{ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def fetch_sources(folder: Path, wanted: list[str]) -> dict[str, Path]:
    """Return the folders of the programs: the bundled crate's copy, and those that cargo downloads."""
    sources = folder / "sources"
    if not sources.exists():
        fetch(sources, PROGRAMS)
    bundled = sources / PYRUST
    if not bundled.exists():
        left_out = shutil.ignore_patterns("target", ".burnish", ".git")
        shutil.copytree(ROOT / "examples" / PYRUST, bundled, ignore=left_out)
    return {name: sources / name for name in wanted}


def main() -> None:
    """Compare all programs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--programs", default=",".join((PYRUST, *PROGRAMS)))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--budget", default="improve")
    parser.add_argument("--abort", action="store_true")
    parser.add_argument("--max-trials", type=int, default=40)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(
        folder=folder,
        budget=asked.budget,
        abort=asked.abort,
        max_trials=asked.max_trials,
    )
    if not (folder / "tools" / "bin" / "cargo-wizard").exists():
        version = f"--version={WIZARD_VERSION}"
        bench.run(["cargo", "install", "--locked", "cargo-wizard", version, f"--root={folder / 'tools'}"], folder)
    sources = fetch_sources(folder, asked.programs.split(","))
    summarise({name: compare(bench, name, path, asked.rounds, asked.runs) for name, path in sources.items()})


if __name__ == "__main__":
    main()
