"""Which jobs a fleet has, and which of them are still to be done. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from burnish.errors import UsageError
from burnish.fleet.fleet_jobs import FleetJob, FleetResult
from burnish.fleet.fleet_toml import FleetProject
from burnish.text import did_you_mean

_NAMED = 20
# Of these the name says which one it is; "stable" and "nightly" are another one each few weeks.
_FIXED_TOOLCHAIN = re.compile(r"\d+\.\d+(\.\d+)?.*|.*\d{4}-\d\d-\d\d.*")


def jobs_of(projects: Iterable[FleetProject]) -> list[FleetJob]:
    """Return the jobs of projects, in their order."""
    return [
        FleetJob(
            project=project.name,
            platform=platform,
            command=project.command,
            source=project.source,
            arguments=project.arguments,
            toolchain=project.toolchain,
            labels=project.labels,
            memory_bytes=project.memory_bytes,
            time_limit_seconds=project.time_limit_seconds,
        )
        for project in projects
        for platform in project.platforms
    ]


def only_named(jobs: Sequence[FleetJob], names: Sequence[str]) -> list[FleetJob]:
    """Return the jobs that are named, as PROJECT or PROJECT:PLATFORM; all where nothing is named.

    Raise UsageError for a name that no job has.
    """
    known = [*dict.fromkeys(job.project for job in jobs), *(f"{job.project}:{job.platform}" for job in jobs)]
    for name in names:
        if name not in known:
            raise UsageError(
                f'nothing of the fleet is called "{name}"{did_you_mean(name, known)}',
                expected=f"one of {', '.join(known[:_NAMED])}{', ...' if len(known) > _NAMED else ''}",
            )
    wanted = set(names)
    return [job for job in jobs if not wanted or wanted & {job.project, f"{job.project}:{job.platform}"}]


def still_to_do(
    jobs: Iterable[FleetJob],
    results: Mapping[str, FleetResult],
    toolchains: Iterable[str],
    *,
    resume: bool,
    retry_failed: bool,
) -> list[FleetJob]:
    """Return the jobs that are to be done: all of them, without `resume` and `retry_failed`.

    With `resume` those without a result; with `retry_failed` those that failed by no fault of the project's. A result
    by a toolchain that no machine has any more is none, unless the job names one that never changes, or nobody says
    which there are.
    """
    known = set(filter(None, toolchains))

    def is_wanted(job: FleetJob) -> bool:
        result = results.get(job.key)
        is_fixed = _FIXED_TOOLCHAIN.fullmatch(job.toolchain) is not None
        is_stale = result is None or bool(known and result.rustc and not is_fixed and result.rustc not in known)
        is_failed = result is not None and result.fault in {"machine", "burnish"}
        return (resume and is_stale) or (retry_failed and is_failed) or not (resume or retry_failed)

    return [job for job in jobs if is_wanted(job)]
