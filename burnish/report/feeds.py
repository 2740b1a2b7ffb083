"""The report's numbers for those who keep them: Bencher, github-action-benchmark, size-limit and OpenMetrics. Pure.

Each file holds the project as it stands after the run: what was kept or checked, else what was there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from burnish.measure.statistics import median
from burnish.model import Gate, Report, Side, Startup
from burnish.report.summary import Interval
from burnish.text import neutral

# Bencher's own limit for the name of a benchmark.
_LONGEST_NAME = 1024
_NANOSECONDS, _MICROSECONDS = 1e9, 1e6
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


def render_bencher(report: Report) -> str:
    """Return Bencher Metric Format: latencies in nanoseconds, sizes in bytes, build times in seconds."""
    side, subject = standing_side(report), _subject(report)
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    if side is not None and side.size_bytes is not None:
        metrics[subject] = {"file-size": {"value": side.size_bytes}, "build-time": {"value": side.build_seconds}}
    for times in _times(side):
        metrics[_name(f"{subject}: {times.name}")] = {"latency": _latency(times)}
    return _json(metrics)


def _latency(times: Times) -> dict[str, float]:
    value = {"value": _rounded(times.seconds * _NANOSECONDS)}
    if times.interval is None:
        return value
    low, high = (_rounded(end * _NANOSECONDS) for end in times.interval)
    return {**value, "lower_value": low, "upper_value": high}


def render_benchmark_action(report: Report) -> str:
    """Return what github-action-benchmark reads as `customSmallerIsBetter`: bytes, and times in microseconds."""
    side, subject = standing_side(report), _subject(report)
    rows: list[dict[str, str | float]] = []
    if side is not None and side.size_bytes is not None:
        rows.append({"name": f"{subject}: size", "unit": "bytes", "value": side.size_bytes})
    rows += [_benchmark(subject, times) for times in _times(side)]
    return _json(rows)


def _benchmark(subject: str, times: Times) -> dict[str, str | float]:
    row: dict[str, str | float] = {
        "name": _name(f"{subject}: {times.name}"),
        "unit": "us",
        "value": _rounded(times.seconds * _MICROSECONDS),
    }
    if times.interval is None:
        return row
    low, high = (end * _MICROSECONDS for end in times.interval)
    told = f"95% interval {low:.4g} to {high:.4g} us"
    return {**row, "range": f"\N{PLUS-MINUS SIGN} {(high - low) / 2:.3g}", "extra": told}


def render_size_limit(report: Report) -> str:
    """Return what size-limit prints with `--json`; `running` is the start-up in seconds, and nothing is loaded."""
    side = standing_side(report)
    if side is None or side.size_bytes is None:
        return _json([])
    gate = next((gate for gate in report.gates if gate.name == "size"), None)
    row: dict[str, str | float | bool] = {"name": _subject(report), "size": side.size_bytes, **_judged_size(gate)}
    if side.startup is not None:
        row |= {"running": side.startup.mean_seconds, "loading": 0}
    return _json([row])


def _judged_size(gate: Gate | None) -> dict[str, float | bool]:
    if gate is None or gate.verdict == "not-applicable":
        return {}
    limit = {"sizeLimit": gate.limit} if gate.limit is not None and gate.unit == "bytes" else {}
    return {"passed": gate.verdict == "pass", **limit}


def render_metrics(report: Report) -> str:
    """Return OpenMetrics text. GitLab compares values as text, so times are told in three digits."""
    side = standing_side(report)
    labels = {"subject": _subject(report), "platform": report.platform.triple}
    families = [
        *(_size_families(side, labels) if side else []),
        *_time_families("startup", _startup_times(side), labels),
        *_time_families("workload", _workload_times(side), labels, named="workload"),
        *_time_families("bench", _bench_times(side), labels, named="bench"),
        _Family("burnish_gate_met", "", "1 where the gate passed", list(_gate_samples(report, labels))),
    ]
    lines = [line for family in families for line in family.lines()]
    return "\n".join([*lines, "# EOF"]) + "\n"


class _Family(msgspec.Struct, frozen=True):
    """One metric family: its samples are labels with a value."""

    name: str
    unit: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], str]]

    def lines(self) -> Iterator[str]:
        """Yield the lines of a gauge, none where it has no sample."""
        if not self.samples:
            return
        yield f"# TYPE {self.name} gauge"
        if self.unit:
            yield f"# UNIT {self.name} {self.unit}"
        yield f"# HELP {self.name} {self.help}"
        for labels, value in self.samples:
            told = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
            yield f"{self.name}{{{told}}} {value}"


def _size_families(side: Side, labels: Mapping[str, str]) -> Iterator[_Family]:
    if side.size_bytes is not None:
        size, build = [(labels, str(side.size_bytes))], [(labels, _digits(side.build_seconds))]
        yield _Family("burnish_size_bytes", "bytes", "size of the binary", size)
        yield _Family("burnish_build_seconds", "seconds", "time of the release build", build)


def _time_families(
    kind: str, times: Sequence[Times], labels: Mapping[str, str], *, named: str = ""
) -> Iterator[_Family]:
    """Yield the families of a kind of times: the means, and the ends of their intervals."""
    rows = [({**labels, named: each.name} if named else labels, each) for each in times]
    means = [(own, _digits(each.seconds)) for own, each in rows]
    yield _Family(f"burnish_{kind}_seconds", "seconds", f"{kind}, wall clock", means)
    for place, end in enumerate(("lower", "upper")):
        ends = [(own, _digits(each.interval[place])) for own, each in rows if each.interval]
        yield _Family(f"burnish_{kind}_{end}_seconds", "seconds", f"{kind}, {end} end of the 95% interval", ends)


def _gate_samples(report: Report, labels: Mapping[str, str]) -> Iterator[tuple[Mapping[str, str], str]]:
    for gate in report.gates:
        if gate.verdict != "not-applicable":
            yield {**labels, "gate": gate.name}, str(int(gate.verdict == "pass"))


def _times(side: Side | None) -> Iterator[Times]:
    yield from _startup_times(side)
    for kind, every in (("workload", _workload_times(side)), ("bench", _bench_times(side))):
        yield from (Times(name=f"{kind} {each.name}", seconds=each.seconds, interval=each.interval) for each in every)


def _startup_times(side: Side | None) -> list[Times]:
    return [_timed("start-up", side.startup)] if side is not None and side.startup is not None else []


def _workload_times(side: Side | None) -> list[Times]:
    return [_timed(each.name, each.times) for each in (side.workloads if side else ()) if each.times is not None]


def _bench_times(side: Side | None) -> list[Times]:
    benches = side.benches.measured if side is not None and side.benches is not None else []
    return [Times(name=bench.id, seconds=median(bench.attempts)) for bench in benches if bench.attempts]


def _timed(name: str, startup: Startup) -> Times:
    low, high = startup.ci95_seconds
    # The interval of one sample has no end, and tells nobody anything.
    interval = (low, high) if low > -_ENDLESS and high < _ENDLESS else None
    return Times(name=name, seconds=startup.mean_seconds, interval=interval)


def _subject(report: Report) -> str:
    """Return the name under which the numbers are kept: the same from run to run, whatever was typed."""
    project = report.project
    package = project.package or project.root
    return _name(package if project.binary in {None, project.package} else f"{package}/{project.binary}")


def _name(text: str) -> str:
    return " ".join(neutral(text).split())[:_LONGEST_NAME] or "-"


def _label(text: str) -> str:
    """Return the value of a label as OpenMetrics escapes it."""
    return re.sub(r'[\\"]', lambda match: f"\\{match[0]}", _name(text))


def _digits(seconds: float) -> str:
    return f"{seconds:.3g}"


def _rounded(value: float) -> float:
    return round(value, 3)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
