"""What the project's builds took in earlier runs: it is known then what the next run will cost."""

from __future__ import annotations

import contextlib

import msgspec

from burnish.cargo.build import Built
from burnish.errors import Refused
from burnish.job.job import Job

_FILE = "costs.json"


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, 0 where nobody knows: of a build of the project as it is, from nothing; of a trial; and of all else.

    All else is what a whole run took beside them: tests, benches, timing. They are of one binary and selection on one
    platform.
    """

    binary: str | None
    triple: str
    selection: tuple[str, ...]
    build_seconds: float = 0.0
    trial_seconds: float = 0.0
    rest_seconds: float = 0.0


def recall_costs(job: Job) -> Costs:
    """Return what earlier runs took, all 0 where there was none."""
    none = Costs(binary=job.project.judged, triple=job.triple, selection=job.project.selection.identity)
    with contextlib.suppress(OSError, ValueError, Refused):
        known = job.sealed.read(job.state.folder / _FILE, Costs)
        if (known.binary, known.triple, known.selection) == (none.binary, none.triple, none.selection):
            return known
    return none


def remember_costs(job: Job, **seconds: float) -> None:
    """Keep what parts of this run took for the runs to come."""
    job.state.create()
    job.sealed.write(job.state.folder / _FILE, msgspec.structs.replace(recall_costs(job), **seconds))


def remember_build(job: Job, built: Built) -> None:
    """Keep what a build of the project as it is took: one that found nothing built before it, or took longer."""
    is_whole = built.ok and bool(built.units) and not any(unit.is_fresh for unit in built.units)
    if is_whole or (built.ok and built.seconds > recall_costs(job).build_seconds > 0):
        remember_costs(job, build_seconds=built.seconds)
