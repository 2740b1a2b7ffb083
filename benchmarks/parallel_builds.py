"""Trials built side by side against one after the other: `python benchmarks/parallel_builds.py FOLDER PROJECT...`.

    python benchmarks/parallel_builds.py FOLDER examples/pyrust [--trials 2] [--rounds 3]

"One after the other" is what the search does: all trials share a target folder, so that what does not differ is built
once. "Side by side" has a target folder for each of two builders, since cargo locks the one that it builds in, and
both builders under one jobserver of ours with as many tokens as there are cores. Each arm begins without anything
built, and the arms take turns.

Beside the time by the clock stands what the arm used of the processors, and how many cores other programs kept busy
meanwhile: with more than a few tenths of one the ratio of the times says nothing, since two builders take a larger
share of a busy machine than one does. What two idle cores would take is therefore told from samples: processor time
that was used while one program compiled or linked counts whole, and half while there were two.

What came of it on a quiet machine of two cores (29 Nov 2026, rustc 1.95), side by side : one after the other:

    project  trials  rounds  by the clock  of processors  of two idle cores
    pyrust   4       2       0.75, 0.72    1.18, 1.16     0.64, 0.63
    hexyl    4       2       0.79, 0.80    1.10, 1.11     0.77, 0.79
    tokei    3       1       1.12          1.51           1.27
    pyrust   4       1       1.29          1.30           -

The last one is on one core, by `taskset`: there the search builds one at a time. What both builders need (build
scripts, proc macros and all that these are made of) is built twice, and the more trials there are, the less that
matters; what is won is the ends of builds, where one compiler optimises across all crates and the other core is idle.
tokei's build script takes a template engine and more: 48 of 123 packages are built for the host alone, and two builders
lose by that. `search.jobs = 1` builds one after the other.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self

import psutil

from burnish.system.jobserver import cores_here

BASE = ("lto='fat'", "codegen-units=1", "strip=true")
TRIALS = (
    ("opt-level='z'", "panic='abort'"),
    ("opt-level='z'",),
    ("opt-level=3",),
    ("opt-level='s'",),
    ("package.'*'.opt-level='z'", "opt-level=3", "panic='abort'"),
    ("opt-level=2",),
)
BUILDERS = 2
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What an arm took: seconds by the clock, of processors, of two idle cores; how many cores others had busy."""

    seconds: float
    cpu_seconds: float
    idle_seconds: float
    others: float


def main() -> None:
    """Time both arms in turn and print each round, then the medians of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("projects", type=Path, nargs="+")
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for project in options.projects:
        compare(options.folder.resolve(), project.resolve(), TRIALS[: options.trials], options.rounds)


def compare(folder: Path, project: Path, trials: Sequence[Sequence[str]], rounds: int) -> None:
    """Print what both arms take for the trials of one project."""
    arms: dict[str, Callable[[], None]] = {
        "one after the other": lambda: one_after_the_other(folder, project, trials),
        "side by side": lambda: side_by_side(folder, project, trials),
    }
    print(f"{project.name}: {len(trials)} trials")
    ratios: list[tuple[float, float, float]] = []
    for number in range(rounds):
        names = list(arms) if number % 2 == 0 else list(reversed(arms))
        taken = {}
        for name in names:
            shutil.rmtree(folder / "targets", ignore_errors=True)
            taken[name] = timed(arms[name])
            each = taken[name]
            words = f"{each.seconds:6.1f} s by the clock, {each.cpu_seconds:6.1f} s of processors"
            idle = f"{each.idle_seconds:6.1f} s of two idle cores; others had {each.others:.2f} cores busy"
            print(f"  {name:<20} {words}, {idle}", flush=True)
        old, new = (taken[name] for name in arms)
        ratios.append(
            (new.seconds / old.seconds, new.cpu_seconds / old.cpu_seconds, new.idle_seconds / old.idle_seconds)
        )
    clock, cpu, on_idle = ([f"{ratio:.2f}" for ratio in column] for column in zip(*ratios, strict=True))
    print(f"  side by side : one after the other, by the clock {', '.join(clock)}; of processors {', '.join(cpu)};")
    print(f"  of two idle cores {', '.join(on_idle)}", flush=True)


def one_after_the_other(folder: Path, project: Path, trials: Sequence[Sequence[str]]) -> None:
    """Build the trials in one target folder."""
    for trial in trials:
        build(project, trial, folder / "targets" / "all", {})


def side_by_side(folder: Path, project: Path, trials: Sequence[Sequence[str]]) -> None:
    """Build the trials by two builders, each with a target folder of its own, under one jobserver.

    A builder holds one token by itself, as what a `make` starts does; the others stand in the pipe.
    """
    reading, writing = os.pipe()
    tokens = max(0, cores_here() - BUILDERS)
    os.write(writing, b"+" * tokens)
    env = {"MAKEFLAGS": f"-j --jobserver-fds={reading},{writing} --jobserver-auth={reading},{writing}"}
    left: SimpleQueue[Sequence[str]] = SimpleQueue()
    for trial in trials:
        left.put(trial)

    def work(number: int) -> None:
        while True:
            try:
                trial = left.get_nowait()
            except Empty:
                os.write(writing, b"+")  # the other one goes on with two
                return
            build(project, trial, folder / "targets" / str(number), env, (reading, writing))

    builders = [threading.Thread(target=work, args=(number,)) for number in range(BUILDERS)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    os.close(reading)
    os.close(writing)


def build(
    project: Path, trial: Sequence[str], target: Path, env: dict[str, str], descriptors: Sequence[int] = ()
) -> None:
    """Build one trial, and stop where it fails."""
    settings = [word for key in (*BASE, *trial) for word in ("--config", f"profile.release.{key}")]
    inherited = {name: value for name, value in os.environ.items() if name not in {"RUSTFLAGS", "MAKEFLAGS"}}
    finished = subprocess.run(  # noqa: S603 - our own argument lists
        ["cargo", "build", "--release", "--offline", "--quiet", *settings],  # noqa: S607 - cargo of the PATH
        cwd=project,
        env={**inherited, "CARGO_TARGET_DIR": str(target), **env},
        pass_fds=descriptors,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        print(finished.stderr, file=sys.stderr)
        os._exit(1)


def timed(arm: Callable[[], None]) -> Taken:
    """Carry out an arm and return what it took."""
    busy, started = _busy_seconds(), time.monotonic()
    with Sampler() as sampler:
        arm()
    seconds = time.monotonic() - started
    return Taken(
        seconds=seconds,
        cpu_seconds=sampler.cpu_seconds,
        idle_seconds=sampler.idle_seconds,
        others=(_busy_seconds() - busy - sampler.cpu_seconds) / seconds,
    )


class Sampler:
    """Sums up what all that we started has used of processors, whole and as two idle cores would have shared it."""

    def __init__(self) -> None:
        self.cpu_seconds = self.idle_seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with what was used since the last sample."""
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        before, is_over = _used(psutil.Process().children(recursive=True)), False
        while not is_over:
            is_over = self._over.wait(SAMPLE_SECONDS)
            living = psutil.Process().children(recursive=True)
            used = max(before, _used(living))  # what ended while we looked is seen the next time
            working = sum(map(_works, living))
            self.cpu_seconds += used - before
            self.idle_seconds += (used - before) / min(max(working, 1), BUILDERS)
            before = used


def _used(living: Sequence[psutil.Process]) -> float:
    """Return the processor time of our children that have ended and of those that live, with all of theirs."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = ended.ru_utime + ended.ru_stime
    for process in living:
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def _works(process: psutil.Process) -> bool:
    """Return whether a process compiles, links or is a build script; a compiler that waits for its linker does not."""
    with contextlib.suppress(psutil.Error):
        return process.name() != "cargo" and not process.children()
    return False


def _busy_seconds() -> float:
    """Return for how long all cores together were busy since the machine was started."""
    user, nice, system, _idle, _wait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
