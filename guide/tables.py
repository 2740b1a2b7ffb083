"""Markdown from data. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(_row(cells) for cells in (columns, ["---"] * len(columns), *rows))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def section(title: str, *parts: str) -> str:
    """Return a section of a page: its heading, and its parts that are not empty."""
    return "\n\n".join([f"## {title}", *filter(None, parts)])


def sections(made: Iterable[str]) -> str:
    """Return sections, one below the other."""
    return "\n\n".join(made)


def code(value: object) -> str:
    """Return a value as TOML and JSON alike write it, as code."""
    return f"`{json.dumps(value)}`"


def names(values: Iterable[str]) -> str:
    """Return names as code, with commas between."""
    return ", ".join(f"`{value}`" for value in values)


def stated(text: str | None, what: str) -> str:
    """Return a description. Raise ValueError where there is none, so that no page has a hole."""
    if not text:
        raise ValueError(f"{what} has no description")
    return " ".join(text.split())
