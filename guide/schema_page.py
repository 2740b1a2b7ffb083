"""The page of the report's fields, made from its JSON Schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_INTRODUCTION = """\
# The report

Each run leaves `report.json` and the same as text, Markdown, HTML and JUnit XML in `.burnish/runs/RUN/`, and in
`--report-dir`. The JSON holds every number of the table, all raw times, the settings with their origin and reason, and the
edits as diffs. It follows `config/report.schema.json`, whose fields are listed here. Times are in seconds, sizes in bytes.
Fields are added and never renamed or removed while `schema_version` is 1.
"""


def report_page(schema: str) -> Iterator[str]:
    """Yield the lines of the page: one table of fields for each kind of object."""
    kinds: Mapping[str, Any] = json.loads(schema)["$defs"]
    yield from _INTRODUCTION.splitlines()
    for name, kind in kinds.items():
        yield from ("", f"## {name}", "", " ".join(kind["description"].split()), "")
        yield "| field | type | default |"
        yield "| --- | --- | --- |"
        needed = kind.get("required", [])
        for field, described in kind["properties"].items():
            yield f"| `{field}` | {_type(described)} | {_default(described, is_needed=field in needed)} |"


def _default(described: Mapping[str, Any], *, is_needed: bool) -> str:
    return "-" if is_needed else f"`{json.dumps(described['default'])}`"


def _type(described: Mapping[str, Any]) -> str:
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in described:
        return " or ".join(_type(each) for each in described["anyOf"])
    if "enum" in described:
        return ", ".join(f"`{json.dumps(value)}`" for value in described["enum"])
    return _plain(described)


def _plain(described: Mapping[str, Any]) -> str:
    kind = str(described.get("type", "anything"))
    if kind == "array":
        inner = described.get("prefixItems", [described.get("items") or {}])
        return f"array of {', '.join(_type(each) for each in inner)}"
    if kind == "object":
        return f"object of {_type(described.get('additionalProperties') or {})}"
    return kind
