"""How many trials may be built at once."""

from __future__ import annotations

import sys

import psutil

from burnish.job.job import Job
from burnish.system.jobserver import cores_here, is_given

BYTES_EACH = 2 * 1024**3
"""What a compiler may take of memory that optimises across all crates."""
_OF_CARGO = "CARGO_BUILD_JOBS"


def jobs_of(job: Job) -> int:
    """Return how many trials are built at once: `search.jobs`, or as many as cores and memory allow.

    One where cores are given out by somebody else: by `--jobs` or what stands for it, which cargo would not heed beside
    a jobserver of ours, or by a jobserver that we were started under. Windows hands on no descriptors.
    """
    env, selection = job.programs.env, job.project.selection
    layers = job.surroundings.layers_in(job.project.root)
    is_told = bool(selection.jobs) or _OF_CARGO in env or any("jobs" in _build(layer.data) for layer in layers)
    if sys.platform == "win32" or is_told or is_given(env):
        return 1
    return job.settings.search.jobs or most_jobs(cores_here(), psutil.virtual_memory().available)


def most_jobs(cores: int, available_bytes: int) -> int:
    """Return how many builds so many cores and so much free memory allow, one at least."""
    return max(1, min(cores, available_bytes // BYTES_EACH))


def _build(data: dict[str, object]) -> dict[str, object]:
    table = data.get("build")
    return table if isinstance(table, dict) else {}
