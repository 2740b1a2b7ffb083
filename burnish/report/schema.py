"""The JSON Schema of `report.json`, made from the model, so that the two cannot differ."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from burnish.model import SCHEMA_VERSION, Report


def report_schema() -> dict[str, Any]:
    """Return the schema, in JSON Schema 2020-12; `config/report.schema.json` is this, written out."""
    made: dict[str, Any] = _without_indents(msgspec.json.schema(Report))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:burnish:report:{SCHEMA_VERSION}",
        "title": "burnish report",
        "description": "What one run of burnish found, did and judged. Times are in seconds, sizes in bytes.",
        **made,
    }


def _without_indents(part: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the schema with descriptions free of the indents of the source: some releases of msgspec leave them in."""
    if isinstance(part, list):
        return [_without_indents(each) for each in part]
    if isinstance(part, dict):
        return {key: _without_indents(value) for key, value in part.items()} | (
            {"description": inspect.cleandoc(part["description"])} if isinstance(part.get("description"), str) else {}
        )
    return part
