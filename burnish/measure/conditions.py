"""The machine's condition while it was timed: whose processor time went where, and the governor of its clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from burnish.model import StartupWarning

_POLICIES = Path("/sys/devices/system/cpu/cpufreq")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Seconds of processor time since the machine started, over all cores; `ours`: of our own programs that ended."""

    cores: int
    total_seconds: float
    idle_seconds: float
    our_seconds: float
    governors: frozenset[str]


def read_conditions(policies: Path = _POLICIES) -> Conditions:
    """Read the condition of this machine now. What a system does not tell is zero, or empty."""
    times = psutil.cpu_times()
    ours = os.times()
    return Conditions(
        cores=psutil.cpu_count() or 1,
        total_seconds=sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0),
        idle_seconds=times.idle + getattr(times, "iowait", 0.0),
        our_seconds=ours.user + ours.system + ours.children_user + ours.children_system,
        governors=frozenset(_governors(policies)),
    )


def _governors(policies: Path) -> Iterator[str]:
    for file in policies.glob("policy*/scaling_governor"):
        try:
            yield file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue


def condition_warnings(before: Conditions, after: Conditions) -> tuple[StartupWarning, ...]:
    """Return what was unfavourable between two readings, and can be mended. Pure."""
    return (*_load_warning(before, after), *_governor_warning(after))


def _load_warning(before: Conditions, after: Conditions) -> Iterator[StartupWarning]:
    total = after.total_seconds - before.total_seconds
    if total <= 0:
        return
    idle = after.idle_seconds - before.idle_seconds
    others = total - idle - (after.our_seconds - before.our_seconds)
    busy_cores = before.cores * others / total
    if busy_cores > before.cores - 1 and before.cores > 1:
        yield StartupWarning(
            kind="load",
            text=f"other programs kept {busy_cores:.1f} of {before.cores} cores busy while the start-up was timed",
            advice="measure again when the machine is quiet",
        )


def _governor_warning(after: Conditions) -> Iterator[StartupWarning]:
    others = sorted(after.governors - {"performance"})
    if others:
        yield StartupWarning(
            kind="governor",
            text=f"the processor's clock is governed by {', '.join(others)}, not performance",
            advice="cpupower frequency-set -g performance",
        )
