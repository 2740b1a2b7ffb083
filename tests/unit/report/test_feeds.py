"""What other programs read: each file after its published shape, with the numbers of the project as it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from burnish.model import BinaryPart, Report, Workload
from burnish.report.feeds import render_bencher, render_benchmark_action, render_size_limit
from burnish.report.measured import binary_name, standing_side
from burnish.report.metrics import render_metrics
from burnish.report.store import publishable
from tests.unit.report.samples import kept

_NUMBER = {"type": "number"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[^\\u0000-\\u001f]*$"}
# https://bencher.dev/docs/reference/bencher-metric-format: measures by their slugs, one to three numbers each.
BENCHER = {
    "type": "object",
    "propertyNames": _NAME,
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"enum": ["latency", "file-size", "build-time"]},
        "additionalProperties": {
            "type": "object",
            "required": ["value"],
            "properties": {"value": _NUMBER, "lower_value": _NUMBER, "upper_value": _NUMBER},
            "additionalProperties": False,
        },
    },
}
# https://github.com/benchmark-action/github-action-benchmark: `customSmallerIsBetter`.
BENCHMARK_ACTION = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "unit", "value"],
        "properties": {
            "name": _NAME,
            "unit": {"type": "string", "minLength": 1},
            "value": _NUMBER,
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
        "additionalProperties": False,
    },
}
# https://github.com/ai/size-limit: what `size-limit --json` prints.
SIZE_LIMIT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "size"],
        "properties": {
            "name": _NAME,
            "passed": {"type": "boolean"},
            "size": {"type": "integer", "minimum": 0},
            "sizeLimit": _NUMBER,
            "running": _NUMBER,
            "loading": _NUMBER,
        },
        "dependentRequired": {"running": ["loading"], "loading": ["running"]},
        "additionalProperties": False,
    },
}
# Without types.
read_metrics: Callable[[str], Iterable[Metric]] = text_string_to_metric_families
SCHEMAS = (
    (render_bencher, BENCHER),
    (render_benchmark_action, BENCHMARK_ACTION),
    (render_size_limit, SIZE_LIMIT),
)


@pytest.fixture
def reports(partial_report: Report, full_report: Report, hostile_report: Report) -> list[Report]:
    """Return reports with all, with nothing, with workloads, and with attacks in every name."""
    twin = BinaryPart(
        name="hexyl", target="hexyl", package="hexyl", baseline=kept().baseline, candidate=kept().candidate
    )
    beside = replace(twin, name="other", target="other", gates=kept().gates)
    several = replace(kept(), binaries=[beside, twin])
    return [partial_report, full_report, kept(), several, publishable(hostile_report)]


def samples_of(report: Report) -> dict[tuple[str, str], float]:
    """Return the values of the first binary's metrics by name and by what tells them apart, read as a scraper does."""
    families = read_metrics(render_metrics(report))
    return {
        (
            sample.name,
            next((sample.labels[key] for key in ("gate", "workload", "bench") if key in sample.labels), ""),
        ): (float(sample.value))
        for family in families
        for sample in family.samples
        if sample.labels["subject"] == binary_name(report)
    }


@pytest.mark.parametrize(("render", "schema"), SCHEMAS)
def test_feed_follows_its_published_shape(render: Any, schema: dict[str, Any], reports: list[Report]) -> None:
    """Whatever the report holds: the reader of the file finds what it expects, and nothing else."""
    for report in reports:
        document = json.loads(render(report))
        jsonschema.Draft202012Validator(schema).validate(document)


def test_metrics_are_open_metrics(reports: list[Report]) -> None:
    """A strict parser reads them; hostile names are labels, and nothing more."""
    for report in reports:
        families = list(read_metrics(render_metrics(report)))
        assert all(family.type == "gauge" for family in families)
        assert render_metrics(report).endswith("# EOF\n")
    assert list(read_metrics(render_metrics(reports[0]))) == []


def test_bencher_has_sizes_in_bytes_and_latencies_in_nanoseconds() -> None:
    """The numbers of the candidate, since it was kept."""
    document = json.loads(render_bencher(kept()))
    assert document["hexyl"]["file-size"] == {"value": 1_098_520}
    latency = document["hexyl: start-up"]["latency"]
    assert 2.0e6 < latency["lower_value"] < latency["value"] < latency["upper_value"] < 2.2e6
    assert "hexyl: workload many small files" in document


def test_benchmark_action_has_the_half_width_as_its_range() -> None:
    """Bytes are exact, times have a range in their own unit."""
    size, startup, *_ = json.loads(render_benchmark_action(kept()))
    assert size == {"name": "hexyl: size", "unit": "bytes", "value": 1_098_520}
    assert (startup["name"], startup["unit"]) == ("hexyl: start-up", "us")
    assert startup["range"].startswith("\N{PLUS-MINUS SIGN} ")


def test_size_limit_has_the_limit_and_the_verdict(full_report: Report) -> None:
    """The limit is told in bytes where the size was judged by one."""
    row, _ = json.loads(render_size_limit(replace(full_report, outcome="kept")))
    assert (row["name"], row["size"], row["sizeLimit"], row["passed"]) == ("tool/tl", 473_368, 400_000, False)
    assert row["running"] == pytest.approx(0.000668)


def test_metrics_are_those_of_the_side_that_stands(full_report: Report) -> None:
    """What was rolled back is not what the project has."""
    assert samples_of(full_report)["burnish_size_bytes", ""] == 706_000
    assert samples_of(replace(full_report, outcome="kept"))["burnish_size_bytes", ""] == 473_368


def test_metrics_of_two_runs_with_the_same_times_are_the_same_text() -> None:
    """GitLab compares text: what differs beyond the third digit is not told."""
    report = kept()
    assert report.candidate is not None
    assert report.candidate.startup is not None
    startup = replace(report.candidate.startup, mean_seconds=report.candidate.startup.mean_seconds * 1.00001)
    again = replace(report, candidate=replace(report.candidate, startup=startup))
    assert render_metrics(again) == render_metrics(report)


def test_metrics_tell_which_gates_are_met() -> None:
    """One sample for each gate that applies."""
    found = samples_of(kept())
    assert found["burnish_gate_met", "size"] == 1
    assert ("burnish_gate_met", "benches") not in found


def test_each_binary_has_its_numbers() -> None:
    """Those that the same command makes stand beside the first one, with their own gates."""
    other = BinaryPart(
        name="other", target="other", package="hexyl", baseline=kept().baseline, candidate=kept().baseline
    )
    report = replace(kept(), binaries=[other])
    assert json.loads(render_bencher(report))["hexyl/other"]["file-size"] == {"value": 1_290_616}
    assert [row["name"] for row in json.loads(render_size_limit(report))] == ["hexyl", "hexyl/other"]
    assert 'burnish_size_bytes{subject="hexyl/other",platform="x86_64-unknown-linux-gnu"}' in render_metrics(report)


def test_interval_without_an_end_is_left_out(full_report: Report) -> None:
    """One round has no spread; what stands for infinity in JSON is no number of ours."""
    assert full_report.baseline is not None
    assert full_report.baseline.startup is not None
    endless = replace(full_report.baseline.startup, ci95_seconds=(float("-inf"), float("inf")))
    work = Workload(name="w", times=endless)
    report = replace(full_report, baseline=replace(full_report.baseline, startup=endless, workloads=[work]))
    document = json.loads(render_bencher(publishable(report)))
    assert set(document["tool/tl: start-up"]["latency"]) == {"value"}
    assert set(document["tool/tl: workload w"]["latency"]) == {"value"}


@pytest.mark.parametrize(
    ("outcome", "side"),
    [("kept", "candidate"), ("met", "candidate"), ("unfinished", "candidate"), ("rolled_back", "baseline")],
)
def test_side_that_stands(full_report: Report, outcome: Any, side: str) -> None:
    """It is the candidate unless that was put back."""
    assert standing_side(replace(full_report, outcome=outcome)) is getattr(full_report, side)


def test_side_that_stands_alone(full_report: Report) -> None:
    """A check without a reference has the project as its baseline."""
    assert standing_side(replace(full_report, outcome="met", candidate=None)) is full_report.baseline
