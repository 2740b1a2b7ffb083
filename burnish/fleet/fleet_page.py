"""The results of a fleet as one self-contained page, whose table is sorted and filtered without a server. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from burnish.fleet.fleet_document import FAULT_WORDS, FleetDocument
from burnish.fleet.fleet_jobs import FleetResult
from burnish.fleet.fleet_table import interval_words, size_words, summary_line, verdict_words
from burnish.model import VerdictName
from burnish.report.html import page_template

_COLUMNS = ("project", "platform", "result", "size", "size ratio", "start-up ratio (95% interval)", "machine", "reason")


class KeyedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A number as text, and what it is sorted by, empty where it is not known."""

    text: str
    key: str


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the page: `look` is the verdict whose colour and mark it has, `link` the path of its report."""

    project: str
    platform: str
    verdict: str
    look: VerdictName
    numbers: Sequence[KeyedCell]
    machine: str
    reason: str
    link: str


def render_fleet(document: FleetDocument) -> str:
    """Return the page. It loads nothing from elsewhere, and runs only the script that its policy names."""
    rows = [_row(result) for result in document.results]
    script = _script()
    return page_template("fleet.html.jinja", "burnish.fleet").render(
        rows=rows,
        columns=_COLUMNS,
        platforms=list(dict.fromkeys(row.platform for row in rows)),
        verdicts=sorted({row.verdict for row in rows}),
        missing=document.missing,
        summary=summary_line(document),
        look="pass" if document.passed == len(document.results) and not document.missing else "inconclusive",
        script=Markup(script),  # noqa: S704 - our own file
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
    )


def _row(result: FleetResult) -> PageRow:
    size, ratio = size_words(result)
    bytes_now = result.size_after if result.size_after is not None else result.size_before
    middle = result.startup_ratio[0] if result.startup_ratio else None
    whose = f"{FAULT_WORDS[result.fault]}: " if result.fault in {"machine", "burnish"} else ""
    return PageRow(
        project=result.project,
        platform=result.platform,
        verdict=verdict_words(result),
        look=look_of(result),
        numbers=[
            KeyedCell(text=size, key=_key(bytes_now)),
            KeyedCell(text=ratio, key=_key(result.size_ratio)),
            KeyedCell(text=interval_words(result), key=_key(middle)),
        ],
        machine=result.machine or "-",
        reason=whose + result.reason,
        link=quote(result.report),
    )


def look_of(result: FleetResult) -> VerdictName:
    """Return the verdict whose look a result has; what another machine may still do is open."""
    if result.passed:
        return "pass"
    return "fail" if result.fault == "project" and result.verdict == "fail" else "inconclusive"


def _key(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _script() -> str:
    return (resources.files("burnish.fleet") / "fleet_table.js").read_text(encoding="utf-8")
