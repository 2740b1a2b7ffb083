"""The JSON Schema of `report.json`, made from the model, so that the two cannot differ."""

from __future__ import annotations

from typing import Any

import msgspec

from burnish.model import SCHEMA_VERSION, Report


def report_schema() -> dict[str, Any]:
    """Return the schema, in JSON Schema 2020-12; `config/report.schema.json` is this, written out."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:burnish:report:{SCHEMA_VERSION}",
        "title": "burnish report",
        "description": "What one run of burnish found, did and judged. Times are in seconds, sizes in bytes.",
        **msgspec.json.schema(Report),
    }
