"""What the quick commands take beside an empty Python: `python benchmarks/quick_commands.py`.

`invoke --list` and `invoke status` are timed in this checkout against `python -c pass`, in turn, so that what disturbs
the machine disturbs all of them. The aim: at most 0.5 s where the empty Python takes 0.03, which is a ratio of 16.7.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
INVOKE = str(Path(sysconfig.get_path("scripts")) / "invoke")
EMPTY = "python -c pass"
COMMANDS = {
    EMPTY: [sys.executable, "-c", "pass"],
    "invoke --list": [INVOKE, "--list"],
    "invoke status": [INVOKE, "status"],
}


def main() -> None:
    """Time the commands in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, argv in COMMANDS.items():
            times[name].append(_seconds(argv))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, seconds in medians.items():
        print(f"{name:<16}  {seconds * 1e3:7.1f} ms  {seconds / medians[EMPTY]:5.1f} times")


def _seconds(argv: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
