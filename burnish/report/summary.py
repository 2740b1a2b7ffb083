"""What every rendering says of a report, before it is written in that rendering's own way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from burnish.measure.statistics import mean
from burnish.model import RELEASE, BinaryPart, Evidence, Report, SelectionPart, Side, Startup, overall
from burnish.text import format_bytes, format_change, format_seconds

NOT_THERE = "-"
_UNMET = ("fail", "inconclusive")


Interval = tuple[float, float]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One number before and after, None where it was not measured.

    The intervals are of 95%: of each side, and of the ratio where both were timed in the same rounds.
    """

    name: str
    unit: str
    before: float | None
    after: float | None
    before_interval: Interval | None = None
    after_interval: Interval | None = None
    ratio_interval: Interval | None = None

    @property
    def ratio(self) -> str:
        """Return after / before, with the change in percent, or a dash."""
        if not self.before or self.after is None:
            return NOT_THERE
        ratio = self.after / self.before
        return f"{ratio:.3f} ({format_change(ratio)})"


def comparisons(report: Report) -> list[Comparison]:
    """Return the numbers that were measured on a side or both: size, start-up, what a start costs, and workloads."""
    before, after = report.baseline, report.candidate
    rows = [
        Comparison(name="size", unit="bytes", before=_size(before), after=_size(after)),
        _startup(before, after),
        Comparison(
            name=f"{startup_name(before, after)} above the floor",
            unit="s",
            before=_above_floor(before),
            after=_above_floor(after),
        ),
        *(
            Comparison(name=name, unit=unit, before=_cost(before, read), after=_cost(after, read))
            for name, unit, read in _COSTS
        ),
        *_workloads(before, after),
        *_instructions(before, after),
        *(row for part in report.binaries for row in _beside(part)),
    ]
    return [row for row in rows if row.before is not None or row.after is not None]


def _beside(part: BinaryPart) -> Iterator[Comparison]:
    """Yield the numbers of another binary, each with its name."""
    before, after = part.baseline, part.candidate
    yield Comparison(name=f"size of {part.name}", unit="bytes", before=_size(before), after=_size(after))
    for row in (_startup(before, after), *_workloads(before, after), *_instructions(before, after)):
        yield msgspec.structs.replace(row, name=f"{row.name} of {part.name}")


def _startup(before: Side | None, after: Side | None) -> Comparison:
    startups = (side.startup if side else None for side in (before, after))
    return _timed(startup_name(before, after), *startups)


def startup_name(before: Side | None, after: Side | None) -> str:
    """Return what the start-up of a file is called, which is one and the same on both sides."""
    side = after or before
    return side.startup_word if side else "start-up"


def _workloads(before: Side | None, after: Side | None) -> Iterator[Comparison]:
    times = [
        {each.name: each.times for each in side.workloads if each.times} if side else {} for side in (before, after)
    ]
    for name in dict.fromkeys([*times[0], *times[1]]):
        yield _timed(f"workload {name}", times[0].get(name), times[1].get(name))


def _instructions(before: Side | None, after: Side | None) -> Iterator[Comparison]:
    """Yield what was counted of each command, means of its runs."""
    counts = [{each.name: each for each in side.instructions if each.runs} if side else {} for side in (before, after)]
    for name in dict.fromkeys([*counts[0], *counts[1]]):
        means = [mean(each[name].runs) if name in each else None for each in counts]
        yield Comparison(name=f"instructions, {name}", unit="", before=means[0], after=means[1])


def _timed(name: str, before: Startup | None, after: Startup | None) -> Comparison:
    """Return what was timed on both sides, with its intervals."""
    ratio = after.ratio_to_baseline if after else None
    return Comparison(
        name=name,
        unit="s",
        before=before.mean_seconds if before else None,
        after=after.mean_seconds if after else None,
        before_interval=before.ci95_seconds if before else None,
        after_interval=after.ci95_seconds if after else None,
        ratio_interval=ratio.ci95 if ratio else None,
    )


def _size(side: Side | None) -> float | None:
    return side.size_bytes if side else None


def _above_floor(side: Side | None) -> float | None:
    startup = side.startup if side else None
    return startup.mean_seconds - startup.floor.timing.mean_seconds if startup and startup.floor else None


def _cost(side: Side | None, read: Callable[[Evidence], float | None]) -> float | None:
    evidence = side.startup.evidence if side and side.startup else None
    return read(evidence) if evidence else None


def _processor_seconds(evidence: Evidence) -> float | None:
    # The kernel tells the sum well, and splits it by whole ticks of its clock.
    if evidence.user_seconds is None or evidence.system_seconds is None:
        return None
    return evidence.user_seconds + evidence.system_seconds


_COSTS: tuple[tuple[str, str, Callable[[Evidence], float | None]], ...] = (
    ("processor time", "s", _processor_seconds),
    ("peak memory", "bytes", lambda evidence: evidence.peak_bytes),
    ("instructions", "", lambda evidence: evidence.instructions),
    ("page faults", "", lambda evidence: evidence.page_faults),
)


def format_measure(value: float | None, unit: str) -> str:
    """Write a number in its unit, or a dash for none."""
    if value is None:
        return NOT_THERE
    if unit == "bytes":
        return format_bytes(value)
    if unit == "s":
        return format_seconds(value)
    return f"{value:.3f}" if unit == "ratio" else f"{value:,.0f} {unit}".rstrip()


def outcome_sentence(report: Report) -> str:
    """Return in one sentence how the run ended, and which gates were not met."""
    recipe = report.recipe.name
    sentences = {
        "kept": f"Kept: the project now builds with the recipe {recipe}.",
        "rolled_back": "Rolled back: every file is as it was, byte for byte.",
        "nothing_to_do": _nothing_to_do(report),
        "refused": "Refused: no file was touched.",
        "unfinished": _unfinished(report),
        "tuned": _tuned(report),
        "met": "Met: the project as it stands is within its budget.",
        "not_met": _not_met(report),
        "built": _built(report),
        "explained": f"Explained: what each setting of the recipe {recipe} buys, and where the rest is.",
    }
    unmet = [f"{gate.name} ({gate.verdict})" for gate in report.gates if gate.verdict in _UNMET]
    return " ".join([sentences[report.outcome], *([f"Not met: {', '.join(unmet)}."] if unmet else [])])


def _not_met(report: Report) -> str:
    is_certain = any(gate.verdict == "fail" for gate in report.gates)
    return f"The project as it stands {'is not' if is_certain else 'is not shown to be'} within its budget."


def _unfinished(report: Report) -> str:
    return f"Judged, and not made final: {overall(report.gates)}." if report.gates else "Not judged yet."


def _nothing_to_do(report: Report) -> str:
    if report.tune is not None and report.tune.nothing_left and report.tune.shortfall:
        return "Nothing to do: no candidate is better in all that is asked, and no file was changed."
    if report.tune is not None and report.tune.nothing_left:
        return "Nothing to do: nothing is left to gain without a concession, and no file was changed."
    return f"Nothing to do: the files already hold the recipe {report.recipe.name}."


def _built(report: Report) -> str:
    side = report.candidate
    if side is None or side.artifact is None or side.size_bytes is None:
        return "Not built."
    reasons = "; ".join(gate.reason for gate in report.gates)
    return f"Built: {side.artifact}, {format_bytes(side.size_bytes)}: {reasons}."


def _tuned(report: Report) -> str:
    tune = report.tune
    if tune is None or tune.pick is None:
        return "Tuned: none of the candidates can be used."
    return f"Tuned: the best of {len(tune.trials)} candidates is {tune.pick}."


def subject(report: Report) -> str:
    """Return what was worked on: the package with its version, the binary where it has another name, and the selection.

    What a plain release build of the default features has is not told.
    """
    project = report.project
    package = " ".join(part for part in (project.package or project.root, project.version) if part)
    binary = project.binary if project.binary != project.package else None
    return ", ".join([package, *([f"binary {binary}"] if binary else []), *_selected(report.selection)])


def _selected(selection: SelectionPart | None) -> Iterator[str]:
    if selection is None:
        return
    if selection.profile != RELEASE:
        yield f"profile {selection.profile}"
    if selection.all_features:
        yield "all features"
    if selection.no_default_features:
        yield "no default features"
    if selection.features:
        yield f"features {' '.join(selection.features)}"
