"""The tables of the guide's pages, read back."""

from __future__ import annotations

import re

from guide.capture_list import ROOT


def table(page: str, heading: str = "") -> list[list[str]]:
    """Return the cells of the first table of a page in docs/, or below one of its headings, without its head."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if heading:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return rows(text)[0]


def all_rows(page: str) -> list[list[str]]:
    """Return the cells of all tables of a page in docs/."""
    found = rows((ROOT / "docs" / page).read_text(encoding="utf-8"))
    return [row for each in found for row in each]


def rows(text: str) -> list[list[list[str]]]:
    """Return the tables of a text, each as its rows of cells without its head."""
    blocks = re.findall(r"(?:^\|.*\n)+", f"{text}\n", flags=re.MULTILINE)
    cells = [[re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()[2:]] for block in blocks]
    return [[[cell.strip() for cell in row] for row in each] for each in cells]
