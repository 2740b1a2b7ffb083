"""Jobs and results that tests make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from burnish.fleet.fleet_jobs import FleetJob, FleetResult, ProjectSource, fleet_failure

HOST = "x86_64-unknown-linux-gnu"
OTHER = "aarch64-unknown-linux-gnu"


def job(project: str = "hello", platform: str = HOST, **changes: Any) -> FleetJob:
    """Return a job on a crate of the registry."""
    made = FleetJob(
        project=project,
        platform=platform,
        command="optimize",
        source=ProjectSource(kind="crate", place=f"{project}@1.0.0"),
        time_limit_seconds=60.0,
    )
    return msgspec.structs.replace(made, **changes)


def passed(of: FleetJob, **changes: Any) -> FleetResult:
    """Return a result of a job that ended well."""
    good = {
        "fault": "",
        "reason": "",
        "outcome": "kept",
        "verdict": "pass",
        "exit_status": 0,
        "size_before": 400,
        "size_after": 100,
        "startup_ratio": (0.9, 0.8, 1.0),
        "machine": "one",
        "rustc": "rustc 1.90.0",
        "seconds": 3.0,
    }
    return msgspec.structs.replace(fleet_failure(of, "", ""), **{**good, **changes})


WORK: list[Callable[[bytes, bytes], bytes]] = []
"""What the workers of this process do; the last one counts."""


def do_work(order: bytes, tree: bytes) -> bytes:
    """Do what the test says. It is found by its name, as Dask sends it."""
    return WORK[-1](order, tree)
