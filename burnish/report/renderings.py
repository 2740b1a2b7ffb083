"""The files that are made of a report, each by its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from burnish.model import Report
from burnish.report.comment import render_comment
from burnish.report.feeds import render_bencher, render_benchmark_action, render_size_limit
from burnish.report.html import render_html
from burnish.report.junit import render_junit
from burnish.report.markdown import render_markdown
from burnish.report.metrics import render_metrics
from burnish.report.plot import render_frontier
from burnish.report.remarks import render_code_quality
from burnish.report.terminal import render_text
from burnish.report.waterfall import render_waterfall

RENDERINGS: Mapping[str, Callable[[Report], str]] = {
    "report.txt": render_text,
    "report.md": render_markdown,
    "report.html": render_html,
    "report.xml": render_junit,
    "comment.md": render_comment,
}

FEEDS: Mapping[str, Callable[[Report], str]] = {
    "bmf.json": render_bencher,
    "benchmark.json": render_benchmark_action,
    "metrics.txt": render_metrics,
    "size-limit.json": render_size_limit,
    "code-quality.json": render_code_quality,
}
"""Those that other programs read."""

PICTURES: Mapping[str, Callable[[Report], str | None]] = {
    "frontier.svg": render_frontier,
    "waterfall.svg": render_waterfall,
}
"""Those that some reports have and others have not."""
