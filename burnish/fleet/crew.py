"""What workers say of themselves, in Dask's abstract resources: jobs go only where all that they take is. Pure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish import __version__
from burnish.fleet.fleet_jobs import PROTOCOL, FleetJob

_MACHINE, _MEMORY = "machine", "memory"
_HOST, _RUSTC, _PLATFORM, _LABEL = "host:", "rustc:", "platform:", "label:"
_VERSIONS = "burnish "


@dataclass(frozen=True, kw_only=True)
class WorkerSeen:
    """A worker as the scheduler has it: `address` is Dask's, `versions` those of burnish and Python."""

    address: str
    machine: str
    versions: str
    rustc: str
    resources: Mapping[str, float]

    @property
    def refusal(self) -> str:
        """Return why it gets no job of ours, whatever it is; nothing where it does."""
        if self.versions == own_versions():
            return ""
        if not self.versions:
            return "it was not started by `burnish worker`"
        return f"it has {self.versions}, and this machine has {own_versions()}"

    def can_build(self, triple: str) -> bool:
        """Return whether it builds for a platform."""
        return f"{_PLATFORM}{triple}" in self.resources

    def can_do(self, job: FleetJob) -> bool:
        """Return whether it has all that a job takes."""
        return all(self.resources.get(name, 0.0) >= amount for name, amount in taken_by(job).items())


def own_versions() -> str:
    """Return what must be the same on both sides."""
    python = ".".join(map(str, sys.version_info[:2]))
    return f"{_VERSIONS}{__version__}, protocol {PROTOCOL}, Python {python}"


def resources_of(
    machine: str, rustc: str, platforms: Iterable[str], labels: Iterable[str], memory_bytes: int
) -> dict[str, float]:
    """Return what a worker has: itself, for one job at a time, what it is, and its memory in bytes."""
    named = [own_versions(), f"{_HOST}{machine}", *([f"{_RUSTC}{rustc}"] if rustc else [])]
    named += [*(f"{_PLATFORM}{triple}" for triple in platforms), *(f"{_LABEL}{label}" for label in labels)]
    return {_MACHINE: 1.0, **dict.fromkeys(named, 1.0), _MEMORY: float(memory_bytes)}


def taken_by(job: FleetJob) -> dict[str, float]:
    """Return what a job takes of its worker: the whole of it, so that none does two at once."""
    memory = {_MEMORY: float(job.memory_bytes)} if job.memory_bytes else {}
    return {**resources_for(job.platform), **{f"{_LABEL}{label}": 1.0 for label in job.labels}, **memory}


def resources_for(triple: str) -> dict[str, float]:
    """Return what one build for a platform takes of its worker: the whole of it."""
    return {_MACHINE: 1.0, own_versions(): 1.0, f"{_PLATFORM}{triple}": 1.0}


def workers_seen(information: Mapping[str, Any]) -> list[WorkerSeen]:
    """Return the workers of what `Client.scheduler_info` says."""
    return [_seen(address, each) for address, each in information["workers"].items()]


def _seen(address: str, told: Mapping[str, Any]) -> WorkerSeen:
    resources = told.get("resources", {})

    def value_of(prefix: str) -> str:
        return next((name.removeprefix(prefix) for name in resources if name.startswith(prefix)), "")

    return WorkerSeen(
        address=address,
        machine=value_of(_HOST) or str(told.get("host", address)),
        versions=next((name for name in resources if name.startswith(_VERSIONS)), ""),
        rustc=value_of(_RUSTC),
        resources=resources,
    )


def lacking_words(job: FleetJob, crew: Sequence[WorkerSeen]) -> str:
    """Return what a job takes that no worker of the crew has, in words."""
    taken = taken_by(job)
    missing = [
        name
        for name, amount in taken.items()
        if not any(each.resources.get(name, 0.0) >= amount for each in crew if not each.refusal)
    ]
    told = ", ".join(missing) if missing else "all of " + ", ".join(name for name in taken if name != own_versions())
    return f"no worker has {told}" if any(not each.refusal for each in crew) else "there is no worker"
