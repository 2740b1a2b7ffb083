"""The files that are made of a report, each by its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from burnish.report.html import render_html
from burnish.report.junit import render_junit
from burnish.report.markdown import render_markdown
from burnish.report.model import Report
from burnish.report.text import render_text

RENDERINGS: Mapping[str, Callable[[Report], str]] = {
    "report.txt": render_text,
    "report.md": render_markdown,
    "report.html": render_html,
    "report.xml": render_junit,
}
