"""What the command line asks of a fleet and its workers, beside what it asks of a project."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class FleetOptions:
    """None, and nothing, where the command line said nothing."""

    file: str | None = None
    scheduler: str | None = None
    only: tuple[str, ...] = ()
    resume: bool = False
    retry_failed: bool = False
    matrix: str | None = None
    results: str | None = None
    dashboard: bool = False
    label: tuple[str, ...] = ()
    insecure: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None


FLEET_OPTIONS = tuple(each.name for each in fields(FleetOptions))
