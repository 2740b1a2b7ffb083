"""One record of the history: what one run found of one binary at one commit. Pure.

A record is a line of JSON. Readers skip lines that they do not know, and fields too: the history outlives versions.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from burnish.measure.statistics import mean, ratio_interval, round_means
from burnish.model import Report, Side, Startup
from burnish.report.measured import each_binary, standing_side
from burnish.report.store import publishable

EntryKind = Literal["check", "kept"]
# So long that nothing else is in it.
_LONGEST_LINE = 1_000_000
_ENDLESS = 1e9


class Share95(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio with its 95% interval."""

    mean: float
    low: float
    high: float


class TimeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One time: `seconds` drift from machine to machine, so that only the ratios can be compared.

    `to_floor` is to the smallest process of the machine, `to_reference` to what was compared with, both from the same
    rounds; None where they were not measured.
    """

    seconds: float
    to_floor: Share95 | None = None
    to_reference: Share95 | None = None


class NumbersEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one build: sizes in bytes, of the judged binary and by the names of all that is made.

    `instructions` are those of one run of a command, the mean of all that were counted.
    """

    size_bytes: int | None = None
    artifacts: dict[str, int] = {}
    startup: TimeEntry | None = None
    workloads: dict[str, TimeEntry] = {}
    instructions: dict[str, float] = {}


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found of a binary: `now` is the commit as it is, `kept` what a kept change made of it, on top of it.

    Times are RFC 3339, in UTC. `reference` is the commit, or else the report, that `to_reference` compares with, empty
    where there was none.
    """

    version: Literal[1] = 1
    kind: EntryKind
    commit: str
    recorded: str
    run: str
    outcome: str
    package: str
    binary: str
    platform: str
    profile: str
    machine: str
    toolchain: str
    reference: str = ""
    now: NumbersEntry
    kept: NumbersEntry | None = None
    recipe: str = ""

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """Return what tells the records of one binary from those of others."""
        return self.package, self.binary, self.platform, self.profile


def entries_of(report: Report, kind: EntryKind, commit: str) -> list[HistoryEntry]:
    """Return the records of a report, one for each binary that was measured."""
    return [entry_of(each, kind, commit) for each in each_binary(report)]


def entry_of(report: Report, kind: EntryKind, commit: str) -> HistoryEntry:
    """Return the record of a report's first binary: of a check, or of a change that was kept on top of a commit."""
    report = publishable(report)
    project, machine = report.project, report.machine
    is_kept = kind == "kept"
    return HistoryEntry(
        kind=kind,
        commit=commit,
        recorded=report.run.ended or report.run.started,
        run=report.run.id,
        outcome=report.outcome,
        package=project.package or "",
        binary=project.binary or "",
        platform=report.platform.triple,
        profile=report.selection.profile if report.selection else "",
        machine=f"{machine.cpu}, {machine.cores} cores, {machine.system} {machine.architecture}",
        toolchain=report.toolchain.rustc,
        reference=_reference(report),
        now=_numbers(report.baseline if is_kept else standing_side(report)),
        kept=_numbers(report.candidate) if is_kept else None,
        recipe=report.recipe.name if is_kept else "",
    )


def _reference(report: Report) -> str:
    reference = report.check.reference if report.check else None
    return (reference.commit or reference.name) if reference else ""


def _numbers(side: Side | None) -> NumbersEntry:
    if side is None:
        return NumbersEntry()
    return NumbersEntry(
        size_bytes=side.size_bytes,
        artifacts={f"{each.kind} {each.target}": each.size_bytes for each in side.artifacts},
        startup=_time(side.startup) if side.startup else None,
        workloads={each.name: _time(each.times) for each in side.workloads if each.times is not None},
        instructions={each.name: mean(each.runs) for each in side.instructions if each.runs},
    )


def _time(startup: Startup) -> TimeEntry:
    ratio = startup.ratio_to_baseline
    return TimeEntry(
        seconds=startup.mean_seconds,
        to_floor=_to_floor(startup),
        to_reference=_finite(ratio.mean, *ratio.ci95) if ratio else None,
    )


def _to_floor(startup: Startup) -> Share95 | None:
    if startup.floor is None:
        return None
    with contextlib.suppress(ValueError):  # rounds that cannot be paired
        found = ratio_interval(round_means(startup.raw), round_means(startup.floor.timing.raw))
        return _finite(found.mean, found.low, found.high)
    return None


def _finite(middle: float, low: float, high: float) -> Share95 | None:
    # The interval of one sample has no end; a report writes that as the largest number there is.
    is_finite = all(math.isfinite(end) and abs(end) < _ENDLESS for end in (middle, low, high))
    return Share95(mean=middle, low=low, high=high) if is_finite else None


def encode_entry(entry: HistoryEntry) -> bytes:
    """Return the record as one line, without its end."""
    return msgspec.json.encode(entry)


def decode_entries(lines: Iterable[bytes]) -> tuple[list[HistoryEntry], int]:
    """Return the records of some lines, and how many lines are none of ours. Blank lines count for nothing."""
    found, unread = list[HistoryEntry](), 0
    for line in filter(None, (each.strip() for each in lines)):
        try:
            entry = msgspec.json.decode(line, type=HistoryEntry) if len(line) < _LONGEST_LINE else None
        except (ValueError, RecursionError):
            entry = None
        if entry is None:
            unread += 1
        else:
            found.append(entry)
    return found, unread


def newest_of_each(entries: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    """Return the newest record of each commit, in the order in which the commits come first."""
    newest: dict[str, HistoryEntry] = {}
    for entry in entries:
        before = newest.get(entry.commit)
        if before is None or entry.recorded >= before.recorded:
            newest[entry.commit] = entry
    return list(newest.values())
