"""How often a fleet errs: jobs whose candidate is the project as it is, by two workers that share this machine.

    python benchmarks/fleet_same.py [JOBS]

Each job is `optimize` on a tiny crate, with a recipe that writes what holds already: both sides are one file, and a
verdict that the start-up has got worse is false. The budget asks for nothing else that the two could differ in. The
workers build side by side, and take turns at timing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

BURNISH = (sys.executable, "-m", "burnish")
DASK = Path(sys.executable).with_name("dask")
WORKERS = 2
MANIFEST = """\
[package]
name = "tiny"
version = "0.1.0"
edition = "2021"

[package.metadata.burnish]
recipe = "same"
recipes.same.profile = { debug-assertions = false }
budget = { size_must_shrink = false, startup_must_not_slow = true }
"""
MAIN = """\
fn main() {
    println!("{}", std::env::args().count());
}
"""


def main() -> None:
    """Run the fleet, and print what its jobs came to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("jobs", nargs="?", type=int, default=40)
    count = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as address:
        file = projects(Path(folder), count)
        began = time.perf_counter()
        argv = [*BURNISH, "fleet", str(file), "--scheduler", address, "--json"]
        finished = subprocess.run(argv, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
        took = time.perf_counter() - began
    results = json.loads(finished.stdout)["results"]
    print(f"{len(results)} jobs by {WORKERS} workers in {took:.0f} s")
    for (verdict, reason), number in Counter((each["verdict"], each["reason"]) for each in results).items():
        print(f"{number:>4} {verdict}{f': {reason}' if reason else ''}")
    widths = sorted(each["startup_ratio"][2] - each["startup_ratio"][1] for each in results if each["startup_ratio"])
    if widths:
        print(f"intervals of the ratio of start-ups: {widths[len(widths) // 2]:.3f} wide in the median")


def projects(folder: Path, count: int) -> Path:
    """Write the crate and a fleet of so many jobs on it; return the fleet's file."""
    root = folder / "tiny"
    (root / "src").mkdir(parents=True)
    (root / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (root / "src" / "main.rs").write_text(MAIN, encoding="utf-8")
    file = folder / "fleet.toml"
    entries = "".join(f'[[projects]]\npath = "tiny"\nname = "same-{number}"\n' for number in range(count))
    file.write_text(entries, encoding="utf-8")
    return file


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Yield the address of a scheduler with its workers, all on this machine."""
    told = folder / "scheduler.json"
    scheduler = (str(DASK), "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    with ExitStack() as stack:
        stack.enter_context(started([*scheduler, "--scheduler-file", str(told)]))
        while not (told.exists() and told.read_bytes().endswith(b"}")):
            time.sleep(0.1)
        address = str(json.loads(told.read_bytes())["address"])
        for _ in range(WORKERS):
            stack.enter_context(started([*BURNISH, "worker", address]))
        yield address


@contextmanager
def started(argv: Sequence[str]) -> Iterator[None]:
    """Start a program, and ask it to end with the block."""
    process = subprocess.Popen(list(argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - as above
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


if __name__ == "__main__":
    main()
