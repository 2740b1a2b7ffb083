"""What a start costs besides time: processor time, memory, instructions, page faults. Recorded, never judged."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from burnish.measure.command import Command
from burnish.measure.rounds import Runs
from burnish.measure.statistics import mean, median
from burnish.model import Evidence
from burnish.system.process import Programs

if sys.platform != "win32":
    import resource

FAULT_RUNS = 3
"""Starts in which page faults are counted: their number hardly varies, and a start may take long."""


def evidence_of(rounds: Sequence[Runs]) -> Evidence:
    """Sum up what hyperfine saw of one command: means of all runs; None for what this machine does not tell."""
    return Evidence(
        user_seconds=_mean(runs.user_seconds for runs in rounds),
        system_seconds=_mean(runs.system_seconds for runs in rounds),
        peak_bytes=_mean(runs.peak_bytes for runs in rounds),
        instructions=_mean(runs.instructions for runs in rounds),
    )


def _mean(samples: Iterable[Sequence[float]]) -> float | None:
    every = [sample for of_one_round in samples for sample in of_one_round]
    return mean(every) if every else None


def count_page_faults(command: Command, programs: Programs, timeout_seconds: float) -> float | None:
    """Return the page faults of one start, the median of a few; None on Windows, which does not tell.

    Those of starting any process from here are among them, the same on each side.
    """
    if sys.platform == "win32":
        return None
    counts = []
    for _ in range(FAULT_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        programs.run(command.argv, cwd=command.cwd, stdin=command.stdin, timeout_seconds=timeout_seconds)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        counts.append(after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt)
    return median(counts)
