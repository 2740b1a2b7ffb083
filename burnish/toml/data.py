"""What a TOML file holds, as data: comparing it, looking into it, and changing a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from burnish.errors import unreadable

TomlValue = str | int | bool | list[str]

ABSENT: Any = object()
"""What stands at a path of keys that leads nowhere; None is a value elsewhere."""


def same(one: object, other: object) -> bool:
    """Return whether two parsed values are the same: 1, 1.0 and true are three values, and nan is itself."""
    return _comparable(one) == _comparable(other)


def _comparable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return (type(value), repr(value))


def deep_set(data: dict[str, Any], path: Iterable[str], value: object) -> dict[str, Any]:
    """Return a copy of the data with one more value in it; tables on the way are made where they are not there."""
    key, *rest = path
    inner = data.get(key, {})
    return {**data, key: deep_set(inner, rest, value) if rest else value}


def value_at(data: Any, path: Iterable[str]) -> Any:  # noqa: ANN401 - any TOML value
    """Return the value at a path, ABSENT where there is none."""
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return ABSENT
        data = data[key]
    return data


def table_at(data: dict[str, Any], path: Iterable[str], name: str) -> dict[str, Any]:
    """Return the table at a path, empty where there is none. Raise Refused where something else stands there."""
    table: object = data
    path = tuple(path)
    for depth, key in enumerate(path, 1):
        table = table.get(key, {}) if isinstance(table, dict) else table
        if not isinstance(table, dict):
            raise unreadable(name, f"has {'.'.join(path[:depth])}, which is not a table", "a table")
    return dict(table) if isinstance(table, dict) else {}
