"""The report's numbers as OpenMetrics text, for GitLab's metrics report or a scraper. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from burnish.model import Report, Side
from burnish.report.measured import (
    Times,
    bench_times,
    binary_name,
    each_binary,
    feed_name,
    standing_side,
    startup_times,
    workload_times,
)

_KINDS: Mapping[str, Callable[[Side | None], list[Times]]] = {
    "startup": startup_times,
    "workload": workload_times,
    "bench": bench_times,
}


class _Sample(NamedTuple):
    family: str
    labels: Mapping[str, str]
    value: str


def render_metrics(report: Report) -> str:
    """Return OpenMetrics text. GitLab compares values as text, so times are told in three digits."""
    samples = [sample for each in each_binary(report) for sample in _samples(each)]
    families = dict.fromkeys(sample.family for sample in samples)
    lines = [line for name in families for line in _family(name, [each for each in samples if each.family == name])]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _family(name: str, samples: Sequence[_Sample]) -> Iterator[str]:
    """Yield the lines of a family of gauges, whose samples stand together; each is told once."""
    yield f"# TYPE {name} gauge"
    unit = name.rpartition("_")[2]
    if unit in {"bytes", "seconds"}:
        yield f"# UNIT {name} {unit}"
    told = (f"{name}{{{_labels(sample.labels)}}} {sample.value}" for sample in samples)
    yield from {line.rpartition(" ")[0]: line for line in told}.values()


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())


def _label(text: str) -> str:
    return re.sub(r'[\\"]', lambda match: f"\\{match[0]}", feed_name(text))


def _samples(report: Report) -> Iterator[_Sample]:
    side = standing_side(report)
    labels = {"subject": binary_name(report), "platform": report.platform.triple}
    if side is not None and side.size_bytes is not None:
        yield _Sample("burnish_size_bytes", labels, str(side.size_bytes))
        yield _Sample("burnish_build_seconds", labels, _digits(side.build_seconds))
    for kind, read in _KINDS.items():
        for times in read(side):
            yield from _time_samples(kind, times, labels if kind == "startup" else {**labels, kind: times.name})
    for gate in report.gates:
        if gate.verdict != "not-applicable":
            yield _Sample("burnish_gate_met", {**labels, "gate": gate.name}, str(int(gate.verdict == "pass")))


def _time_samples(kind: str, times: Times, labels: Mapping[str, str]) -> Iterator[_Sample]:
    yield _Sample(f"burnish_{kind}_seconds", labels, _digits(times.seconds))
    for end, value in zip(("lower", "upper"), times.interval or (), strict=False):
        yield _Sample(f"burnish_{kind}_{end}_seconds", labels, _digits(value))


def _digits(seconds: float) -> str:
    return f"{seconds:.3g}"
