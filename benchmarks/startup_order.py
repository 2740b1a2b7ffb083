"""Whether code in the order in which a start runs it helps: page faults and start-up, with and without that order.

    python benchmarks/startup_order.py FOLDER [--program ripgrep] [--rounds 15] [--runs 50]

FOLDER may be that of `peers.py`. The program is built to record in which order its functions run first, started once
with `--version`, and built again with that order given to the linker, which has to be lld, as rustc's own is. The
standard library that comes with the toolchain records nothing. Some five minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peer_builds import Bench  # noqa: E402 - the checkout is found first
from benchmarks.peers import Watch, fetch_sources, in_words  # noqa: E402
from burnish.measure.statistics import mean, ratio_interval, t_interval  # noqa: E402
from burnish.platforms.profiling import find_profiling  # noqa: E402

BEFORE, AFTER = "as the linker lays it out", "in the order of the start"
_PROFILE = ('opt-level="z"', 'lto="fat"', "codegen-units=1", "strip=true", 'panic="abort"')
_STARTS = 200


def build(bench: Bench, source: Path, name: str, flags: Sequence[str]) -> Path:
    """Build for the host by name, so that the flags reach the program alone."""
    told = ", ".join(f'"{flag}"' for flag in flags)
    triple = bench.surroundings.host
    options = [word for setting in _PROFILE for word in ("--config", f"profile.release.{setting}")]
    return bench.build(source, name, f"--target={triple}", "--config", f"target.{triple}.rustflags=[{told}]", *options)


def order_of(bench: Bench, source: Path) -> tuple[Path, int]:
    """Record a start, and return the file with the names of its functions in their order, and how many there are."""
    home = bench.folder / "order" / source.name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    # Optimised as a whole at the link, what records takes many times the memory.
    flags = [f"-Cprofile-generate={home}", "-Cllvm-args=-pgo-temporal-instrumentation", "-Clto=thin"]
    program = build(bench, source, "records", flags)
    subprocess.run([program, "--version"], check=True, capture_output=True)  # noqa: S603 - built here
    profdata = find_profiling(bench.surroundings, bench.surroundings.host)
    if not profdata.program:
        sys.exit(profdata.lacking)
    merged = home / "merged.profdata"
    bench.run([profdata.program, "merge", "-o", str(merged), *map(str, home.glob("*.profraw"))], home)
    said = bench.run([profdata.program, "order", str(merged)], home)
    # What is local to a file stands behind that file's name.
    names = [line.rpartition(";")[2] for line in said.splitlines() if line and not line.startswith("#")]
    file = home / "order.txt"
    file.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return file, len(names)


def page_faults(binaries: Mapping[str, Path]) -> dict[str, list[float]]:
    """Return the page faults of many starts of each, in turn."""
    found: dict[str, list[float]] = {name: [] for name in binaries}
    for _ in range(_STARTS):
        for name, path in binaries.items():
            quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
            pid = os.posix_spawn(path, [str(path), "--version"], os.environ, file_actions=quiet)
            found[name].append(float(os.wait4(pid, 0)[2].ru_minflt))
    return found


def main() -> None:
    """Compare one program with itself in the other order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--program", default="ripgrep")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=50)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder=folder, budget="improve", accept="", max_trials=1)
    (source,) = fetch_sources(folder, [asked.program]).values()
    file, functions = order_of(bench, source)
    ordered = [f"-Clink-arg=-Wl,--symbol-ordering-file={file}", "-Clink-arg=-Wl,--no-warn-symbol-ordering"]
    binaries = {
        BEFORE: build(bench, source, "unordered", []),
        AFTER: build(bench, source, "ordered", ordered),
    }
    faults, means = page_faults(binaries), Watch(folder, asked.runs, 0.0).startups(binaries, asked.rounds)
    print(f"{asked.program}: {functions:,} functions ran in a start")
    for name, path in binaries.items():
        time = t_interval(means[name])
        told = f"{time.mean * 1e6:,.0f} us ({time.low * 1e6:,.0f} to {time.high * 1e6:,.0f})"
        print(f"  {name:28} {path.stat().st_size:>12,} B  {mean(faults[name]):6.1f} page faults  {told}")
    print(f"  start-up, after of before: {in_words(ratio_interval(means[AFTER], means[BEFORE]))}")


if __name__ == "__main__":
    main()
