"""All results of a fleet as one value, from which table, page and JUnit are made. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from burnish import __version__
from burnish.fleet.fleet_jobs import Fault, FleetJob, FleetResult
from burnish.measure.statistics import geometric_mean

FAULT_WORDS: Mapping[Fault, str] = {"project": "the project", "machine": "the machine", "burnish": "burnish"}


class FleetDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The results in the order of the file. `missing` names the jobs without one.

    `size_ratio` and `startup_ratio` are geometric means over the jobs that have both sides; None where none has.
    """

    schema_version: int = 1
    burnish: str = __version__
    results: list[FleetResult]
    missing: list[str]
    size_ratio: float | None
    startup_ratio: float | None

    @property
    def passed(self) -> int:
        """Return how many jobs ended as they were to end."""
        return sum(result.passed for result in self.results)


def document_of(jobs: Sequence[FleetJob], results: Mapping[str, FleetResult]) -> FleetDocument:
    """Return the document of a fleet's jobs."""
    found = [results[job.key] for job in jobs if job.key in results]
    return FleetDocument(
        results=found,
        missing=[job.name for job in jobs if job.key not in results],
        size_ratio=mean_ratio(result.size_ratio for result in found),
        startup_ratio=mean_ratio(result.startup_ratio and result.startup_ratio[0] for result in found),
    )


def mean_ratio(ratios: Iterable[float | None]) -> float | None:
    """Return the geometric mean of the ratios above zero, None where there is none."""
    known = [ratio for ratio in ratios if ratio is not None and ratio > 0]
    return geometric_mean(known) if known else None


def counted_faults(results: Iterable[FleetResult]) -> str:
    """Return in words by whose fault jobs did not pass: `2 through the project, 1 through the machine`."""
    faults = [result.fault for result in results]
    return ", ".join(
        f"{faults.count(fault)} through {words}" for fault, words in FAULT_WORDS.items() if fault in faults
    )
