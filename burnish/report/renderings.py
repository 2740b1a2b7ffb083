"""The files that are made of a report, each by its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from burnish.model import Report
from burnish.report.html import render_html
from burnish.report.junit import render_junit
from burnish.report.markdown import render_markdown
from burnish.report.plot import render_frontier
from burnish.report.terminal import render_text
from burnish.report.waterfall import render_waterfall

RENDERINGS: Mapping[str, Callable[[Report], str]] = {
    "report.txt": render_text,
    "report.md": render_markdown,
    "report.html": render_html,
    "report.xml": render_junit,
}

PICTURES: Mapping[str, Callable[[Report], str | None]] = {
    "frontier.svg": render_frontier,
    "waterfall.svg": render_waterfall,
}
"""Those that some reports have and others have not."""
