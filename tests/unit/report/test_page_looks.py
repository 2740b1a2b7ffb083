"""The page in a real browser: on a phone, a desk and paper, light and dark, and by keyboard."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from burnish.model import Report
from burnish.report.html import render_html
from burnish.report.store import publishable
from tests.unit.report.samples import samples

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NPM, NODE = shutil.which("npm"), shutil.which("node")
PACKAGES = ("axe-core@4.11.0", "playwright-core@1.56.0")
SCRIPT = Path(__file__).with_name("look.mjs")
pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(None in {BROWSER, NPM, NODE}, reason="needs Chromium and npm: apt install chromium npm"),
]


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, full_report: Report, hostile_report: Report, partial_report: Report
) -> Mapping[str, Any]:
    """Return what a browser sees of each page: one start for all of them, since each takes seconds."""
    folder = tmp_path_factory.mktemp("looks")
    reports = {"full": full_report, "hostile": publishable(hostile_report), "begun": partial_report, **samples()}
    for name, report in reports.items():
        (folder / f"{name}.html").write_text(render_html(report), encoding="utf-8")
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    install = (str(NPM), "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES)
    subprocess.run(install, cwd=folder, check=True, timeout=600)
    pages = [str(folder / f"{name}.html") for name in reports]
    argv = [str(NODE), str(SCRIPT), str(BROWSER), str(folder), "-", *pages]
    found = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, timeout=1200).stdout
    told: Mapping[str, Any] = json.loads(found)
    assert {look["name"] for look in told["looks"]} == {*reports}
    return told


def test_axe_finds_nothing_in_either_colour_scheme(seen: Mapping[str, Any]) -> None:
    """Contrast, names, order, landmarks: no rule is broken, folded parts opened, and rules were really tried."""
    assert {(look["colorScheme"], look["width"]) for look in seen["looks"]} == {
        (scheme, width) for scheme in ("light", "dark") for width in (390, 1280)
    }
    broken = [(look["name"], look["colorScheme"], look["width"], look["violations"]) for look in seen["looks"]]
    assert [each for each in broken if each[-1]] == []
    assert min(look["passes"] for look in seen["looks"]) > 15


def test_page_is_never_wider_than_the_window(seen: Mapping[str, Any]) -> None:
    """What is wider scrolls within itself; names of any length are broken."""
    assert [(look["name"], look["width"]) for look in seen["looks"] if look["overflow"] > 0] == []


def test_table_is_put_in_another_order_by_the_keyboard(seen: Mapping[str, Any]) -> None:
    """One body of the table is shown at a time; the arrow key shows the next, with the same rows in its order."""
    (first,), (second,) = seen["orders"]["forty-trials"]
    assert first[1] == "opt-level.s"
    assert first != second
    assert sorted(first) == sorted(second)
    assert len(first) == 41


@pytest.mark.parametrize("name", samples())
def test_page_is_printed_on_two_sheets(seen: Mapping[str, Any], name: str) -> None:
    """What is folded away stays on the screen, and long tables are cut, which the sheet says."""
    assert 1 <= seen["sheets"][name] <= 2
