"""E3: the page of a hostile report in a real browser: nothing that a project can name runs there."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from burnish.model import GrowthName, Report, ShippedKind, StartupWarning
from burnish.report.html import render_html
from tests.conftest import Tried

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MARK = "document.documentElement.setAttribute('data-owned', 1)"
PAYLOADS = (
    f"<script>{MARK}</script>",
    f"</pre></td></table><script>{MARK}</script>",
    f'"><img src=x onerror="{MARK}">',
    f"' onload='{MARK}' x='",
    f"<svg onload={MARK.replace(' ', '')}>",
    f"<body onpageshow={MARK.replace(' ', '')}>",
    f"</title></style><script>{MARK}</script>",
    f"--><script>{MARK}</script><!--",
    f"{{{{ '<script>{MARK}</script>' | safe }}}}",
    f"&lt;script&gt;{MARK}&lt;/script&gt;",
    f"javascript:{MARK}",
)
pytestmark = [
    pytest.mark.promise("E3"),
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt install chromium"),
]


def rendered(page: str, folder: Path) -> str:
    """Return the document as it is once the browser has loaded the page and run what it would run."""
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    switches = ["headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking"]
    switches += ["disable-component-update", "disable-sync", "dump-dom", "virtual-time-budget=2000"]
    argv = [str(BROWSER), *(f"--{switch}" for switch in switches), f"--user-data-dir={folder}/profile", path.as_uri()]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=300).stdout


KINDS = {*get_args(get_type_hints(StartupWarning)["kind"]), *get_args(ShippedKind), *get_args(GrowthName)}


def named(value: Any, payload: str, key: str = "") -> Any:
    """Return a report's data with a payload behind every text that is not of a fixed set."""
    if isinstance(value, dict):
        return {name: named(item, payload, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [named(item, payload, key) for item in value]
    is_fixed = key in {"verdict", "outcome", "mode", "format", "by"} or value in KINDS
    return value + payload if isinstance(value, str) and not is_fixed else value


def hostile_page(report: Report, payload: str) -> str:
    """Return the page of a report with a payload in every text."""
    return render_html(msgspec.convert(named(msgspec.to_builtins(report), payload), Report))


def without_policy(page: str) -> str:
    """Return a page without the policy that forbids all scripts, to see what holds without it."""
    unguarded = re.sub(r"<meta http-equiv=[^>]*>", "", page)
    assert unguarded != page
    return unguarded


def test_page_of_hostile_names_runs_nothing(full_report: Report, tmp_path: Path, tried: Tried) -> None:
    """All payloads in every text of the report, and no policy: they are text to the browser."""
    document = rendered(without_policy(hostile_page(full_report, " ".join(PAYLOADS))), tmp_path)
    assert "data-owned" in document
    assert not _is_owned(document)
    tried("E3", cases=len(PAYLOADS))


def test_policy_holds_where_an_escape_fails(full_report: Report, tmp_path: Path) -> None:
    """The same page without its escapes runs nothing either; without its policy it would."""
    page = html.unescape(hostile_page(full_report, PAYLOADS[0]))
    assert not _is_owned(rendered(page, tmp_path))
    assert _is_owned(rendered(without_policy(page), tmp_path))


def _is_owned(document: str) -> bool:
    """Return whether the root element has the mark."""
    start = document.index("<html")
    return "data-owned" in document[start : document.index(">", start)]
