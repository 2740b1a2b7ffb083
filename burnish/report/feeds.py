"""The report's numbers as JSON for those who keep them: Bencher, github-action-benchmark and size-limit. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from burnish.model import Gate, Report
from burnish.report.measured import Times, all_times, binary_name, each_binary, feed_name, standing_side

_NANOSECONDS, _MICROSECONDS = 1e9, 1e6
Row = dict[str, str | float | bool]


def render_bencher(report: Report) -> str:
    """Return Bencher Metric Format: latencies in nanoseconds, sizes in bytes, build times in seconds."""
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    for each in each_binary(report):
        side, subject = standing_side(each), binary_name(each)
        if side is not None and side.size_bytes is not None:
            metrics[subject] = {"file-size": {"value": side.size_bytes}, "build-time": {"value": side.build_seconds}}
        for times in all_times(side):
            metrics[feed_name(f"{subject}: {times.name}")] = {"latency": _latency(times)}
    return _json(metrics)


def _latency(times: Times) -> dict[str, float]:
    value = {"value": _rounded(times.seconds * _NANOSECONDS)}
    if times.interval is None:
        return value
    low, high = (_rounded(end * _NANOSECONDS) for end in times.interval)
    return {**value, "lower_value": low, "upper_value": high}


def render_benchmark_action(report: Report) -> str:
    """Return what github-action-benchmark reads as `customSmallerIsBetter`: bytes, and times in microseconds."""
    return _json([row for each in each_binary(report) for row in _benchmark_rows(each)])


def _benchmark_rows(report: Report) -> Iterator[Row]:
    side, subject = standing_side(report), binary_name(report)
    if side is not None and side.size_bytes is not None:
        yield {"name": feed_name(f"{subject}: size"), "unit": "bytes", "value": side.size_bytes}
    for times in all_times(side):
        value = _rounded(times.seconds * _MICROSECONDS)
        yield {"name": feed_name(f"{subject}: {times.name}"), "unit": "us", "value": value, **_spread(times)}


def _spread(times: Times) -> Row:
    if times.interval is None:
        return {}
    low, high = (end * _MICROSECONDS for end in times.interval)
    told = f"95% interval {low:.4g} to {high:.4g} us"
    return {"range": f"\N{PLUS-MINUS SIGN} {(high - low) / 2:.3g}", "extra": told}


def render_size_limit(report: Report) -> str:
    """Return what size-limit prints with `--json`; `running` is the start-up in seconds, and nothing is loaded."""
    return _json([row for each in each_binary(report) for row in _size_rows(each)])


def _size_rows(report: Report) -> Iterator[Row]:
    side = standing_side(report)
    if side is None or side.size_bytes is None:
        return
    gate = next((gate for gate in report.gates if gate.name == "size"), None)
    times: Row = {"running": side.startup.mean_seconds, "loading": 0} if side.startup is not None else {}
    yield {"name": binary_name(report), "size": side.size_bytes, **_judged_size(gate), **times}


def _judged_size(gate: Gate | None) -> Row:
    if gate is None or gate.verdict == "not-applicable":
        return {}
    limit: Row = {"sizeLimit": gate.limit} if gate.limit is not None and gate.unit == "bytes" else {}
    return {"passed": gate.verdict == "pass", **limit}


def _rounded(value: float) -> float:
    return round(value, 3)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
