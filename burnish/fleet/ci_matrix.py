"""A fleet's jobs as a matrix of a CI system, for those who have no cluster. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from burnish.errors import Refused
from burnish.fleet.fleet_jobs import FleetJob
from burnish.platforms import shipped_platforms

_MOST_OF_GITHUB = 256
"""GitHub runs no matrix of more jobs."""


def github_matrix(jobs: Iterable[FleetJob], file: str) -> str:
    """Return the matrix as GitHub's `fromJSON` takes it, in one line: one entry for each job.

    `only` is what `burnish fleet --only` takes, the rest the runner and toolchain that are native to the platform.

    Raise Refused for more jobs than GitHub runs.
    """
    platforms = shipped_platforms()
    entries = [
        {
            "only": f"{job.project}:{job.platform}",
            "project": job.project,
            "platform": job.platform,
            **(platforms[job.platform].github if job.platform in platforms else {}),
        }
        for job in jobs
    ]
    if len(entries) > _MOST_OF_GITHUB:
        raise Refused(
            f"{file} has {len(entries)} jobs, and a matrix of GitHub's at most {_MOST_OF_GITHUB}",
            expected="fewer jobs: --only NAME, or several files",
        )
    return json.dumps({"include": entries})
