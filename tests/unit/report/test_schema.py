"""`config/report.schema.json`: made from the model, and as strict as it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from burnish.model import Report
from burnish.report.schema import report_schema

SCHEMA = Path(__file__).parents[3] / "config" / "report.schema.json"


def validator() -> jsonschema.Draft202012Validator:
    """Return a validator of the file in the repository."""
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def document(report: Report) -> dict[str, Any]:
    """Return the report as JSON reads it."""
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(report))
    return decoded


def test_committed_schema_is_the_models() -> None:
    """The file cannot drift: after a field is added, write `report_schema()` to it again."""
    assert SCHEMA.read_text(encoding="utf-8") == json.dumps(report_schema(), indent=2) + "\n"


def test_schema_is_a_schema() -> None:
    """It meets the rules of its own draft."""
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_full_partial_and_hostile_reports_validate(
    full_report: Report, partial_report: Report, hostile_report: Report
) -> None:
    """Every report that the model can hold, with its parts or without them."""
    for report in (full_report, partial_report, hostile_report):
        validator().validate(document(report))


@pytest.mark.parametrize(
    "break_it",
    [
        lambda report: report.update(extra=1),
        lambda report: report["gates"][0].update(verdict="passed"),
        lambda report: report["gates"][0].update(colour="green"),
        lambda report: report.update(outcome="fine"),
        lambda report: report.update(schema_version=2),
        lambda report: report["candidate"].update(size_bytes="473368"),
        lambda report: report["candidate"]["startup"].update(ci95_seconds=[1.0]),
        lambda report: report["candidate"]["linkage"].update(format="coff"),
        lambda report: report.pop("machine"),
    ],
)
def test_wrong_report_does_not_validate(full_report: Report, break_it: Callable[[dict[str, Any]], object]) -> None:
    """An unknown key, an unknown word, a wrong type and a missing part are each found."""
    wrong = document(full_report)
    break_it(wrong)
    assert not validator().is_valid(wrong)
