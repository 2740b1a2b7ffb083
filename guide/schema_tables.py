"""What the page of the report holds: the fields of its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from guide.config_tables import read_text
from guide.tables import code, section, sections, stated, table


def report_fields() -> str:
    """Return a section for each kind of object, with the table of its fields."""
    kinds = json.loads(read_text("report.schema.json"))["$defs"]
    return sections(
        section(name, stated(kind.get("description"), name), table(["field", "type", "default"], _rows(kind)))
        for name, kind in kinds.items()
    )


def _rows(kind: Mapping[str, Any]) -> Iterator[list[str]]:
    needed = kind.get("required", [])
    for field, described in kind["properties"].items():
        yield [f"`{field}`", _type(described), "-" if field in needed else code(described["default"])]


def _type(described: Mapping[str, Any]) -> str:
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in described:
        return " or ".join(_type(each) for each in described["anyOf"])
    if "enum" in described:
        return ", ".join(code(value) for value in described["enum"])
    return _plain(described)


def _plain(described: Mapping[str, Any]) -> str:
    kind = str(described.get("type", "anything"))
    if kind == "array":
        inner = described.get("prefixItems", [described.get("items") or {}])
        return f"array of {', '.join(_type(each) for each in inner)}"
    if kind == "object":
        return f"object of {_type(described.get('additionalProperties') or {})}"
    return kind
