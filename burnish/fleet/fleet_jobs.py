"""The words of a fleet: a project's source, a job, its result. All of them travel as JSON between machines."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from burnish import __version__
from burnish.model import VerdictName

PROTOCOL = 1
"""The version of what client and workers say to each other."""

FleetCommand = Literal["optimize", "check", "tune", "explain"]
SourceKind = Literal["crate", "git", "path"]
Fault = Literal["", "project", "machine", "burnish"]
"""Whose fault it is that a job has no good verdict: nobody's, the project's, the machine's, or ours."""
RatioEnds = tuple[float, float, float]
"""A mean ratio to the baseline, and the two ends of its 95% interval."""


class ProjectSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a project comes from: `crate` NAME@VERSION, `git` an address, `path` a folder of the client's.

    `revision` is the commit of a git project, and the digest of the tree of a path; empty for a crate.
    """

    kind: SourceKind
    place: str
    revision: str = ""


class FleetJob(msgspec.Struct, frozen=True, kw_only=True):
    """One project on one platform: `arguments` are those of the command, each in one word.

    `labels` name the machines that may do it, `memory_bytes` is what such a machine has at least.
    """

    project: str
    platform: str
    command: FleetCommand
    source: ProjectSource
    arguments: tuple[str, ...] = ()
    toolchain: str = ""
    labels: tuple[str, ...] = ()
    memory_bytes: int = 0
    time_limit_seconds: float
    protocol: int = PROTOCOL
    burnish: str = __version__

    @property
    def name(self) -> str:
        """Return how a job is told: the project and its platform."""
        return f"{self.project} on {self.platform}"

    @property
    def key(self) -> str:
        """Return the digest of all that decides a result, beside the machine and its toolchain.

        A limit of time or memory does too: with a higher one a job that failed by it is another.
        """
        told = (PROTOCOL, self.burnish, self.project, self.platform, self.command, self.source, *self.arguments)
        limits = (self.memory_bytes, self.time_limit_seconds)
        return hashlib.sha256(msgspec.json.encode((told, self.toolchain, limits))).hexdigest()


class FleetResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job, as its machine saw it.

    `rustc` is the toolchain that the machine has outside of any project, so that a later run knows when another one
    answers; sizes are in bytes. `report` is the path of the job's report, from the folder of the results.
    """

    key: str
    project: str
    platform: str
    command: FleetCommand
    source: ProjectSource
    fault: Fault = ""
    reason: str = ""
    exit_status: int | None = None
    outcome: str = ""
    verdict: VerdictName = "inconclusive"
    size_before: int | None = None
    size_after: int | None = None
    startup_ratio: RatioEnds | None = None
    machine: str = ""
    rustc: str = ""
    started: str = ""
    seconds: float = 0.0
    tries: int = 1
    report: str = ""

    @property
    def name(self) -> str:
        """Return how a job is told: the project and its platform."""
        return f"{self.project} on {self.platform}"

    @property
    def size_ratio(self) -> float | None:
        """Return the size after to that before, where both are known."""
        if not self.size_before or self.size_after is None:
            return None
        return self.size_after / self.size_before

    @property
    def passed(self) -> bool:
        """Return whether the job ended as it was to end."""
        return self.fault == ""


def fleet_failure(job: FleetJob, fault: Fault, reason: str, *, machine: str = "") -> FleetResult:
    """Return the result of a job that came to no report."""
    return FleetResult(
        key=job.key,
        project=job.project,
        platform=job.platform,
        command=job.command,
        source=job.source,
        fault=fault,
        reason=reason,
        verdict="fail",
        machine=machine,
    )
