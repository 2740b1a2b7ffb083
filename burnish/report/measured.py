"""The numbers of each binary as the project stands after the run: what was kept or checked, or what was there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from burnish.measure.statistics import median
from burnish.model import Report, Side, Startup
from burnish.report.summary import Interval
from burnish.text import neutral

# The longest name of a benchmark that Bencher takes.
_LONGEST_NAME = 1024
_ENDLESS = 1e9
# After these the files hold the baseline, whatever else was built.
_AS_BEFORE = ("rolled_back", "refused", "tuned", "explained", "nothing_to_do")


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """One time in seconds, with its 95% interval where it has one."""

    name: str
    seconds: float
    interval: Interval | None = None


def standing_side(report: Report) -> Side | None:
    """Return the side that the project's files hold after the run, None where it was not built."""
    return report.baseline if report.outcome in _AS_BEFORE else report.candidate or report.baseline


def each_binary(report: Report) -> Iterator[Report]:
    """Yield the report as one of each binary by itself, the first one with the gates of all."""
    yield msgspec.structs.replace(report, binaries=[])
    for part in report.binaries:
        project = msgspec.structs.replace(report.project, package=part.package, binary=part.name)
        sides = {"baseline": part.baseline, "candidate": part.candidate}
        yield msgspec.structs.replace(report, project=project, gates=part.gates, binaries=[], **sides)


def startup_times(side: Side | None) -> list[Times]:
    """Return the start-up of a side, nothing where it was not timed."""
    return [_timed(side.startup_word, side.startup)] if side is not None and side.startup is not None else []


def workload_times(side: Side | None) -> list[Times]:
    """Return the workloads of a side by their names."""
    return [_timed(each.name, each.times) for each in (side.workloads if side else ()) if each.times is not None]


def bench_times(side: Side | None) -> list[Times]:
    """Return the benches of a side by their names, each the median of its processes."""
    benches = side.benches.measured if side is not None and side.benches is not None else []
    return [Times(name=bench.id, seconds=median(bench.attempts)) for bench in benches if bench.attempts]


def all_times(side: Side | None) -> Iterator[Times]:
    """Yield all times of a side, under names that tell them apart."""
    yield from startup_times(side)
    for kind, every in (("workload", workload_times(side)), ("bench", bench_times(side))):
        yield from (msgspec.structs.replace(each, name=f"{kind} {each.name}") for each in every)


def binary_name(report: Report) -> str:
    """Return the name under which the numbers are kept: the same from run to run, whatever was typed."""
    project = report.project
    package = project.package or project.root
    return feed_name(package if project.binary in {None, project.package} else f"{package}/{project.binary}")


def feed_name(text: str) -> str:
    """Return one line of a length that each reader takes."""
    return " ".join(neutral(text).split())[:_LONGEST_NAME] or "-"


def _timed(name: str, startup: Startup) -> Times:
    low, high = startup.ci95_seconds
    # The interval of one sample has no end, and tells nobody anything.
    interval = (low, high) if low > -_ENDLESS and high < _ENDLESS else None
    return Times(name=name, seconds=startup.mean_seconds, interval=interval)
