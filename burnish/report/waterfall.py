"""The breakdown as a picture: what adds up to the file and to the start-up, each against its limit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from burnish.model import Report, Share
from burnish.report.explanation import format_amount, gathered
from burnish.report.plot import Scale, Tick, template
from burnish.report.summary import subject
from burnish.text import neutral, shortened

WIDTH, BAR_LEFT, BAR_RIGHT = 860, 300, 740
_STEP, _FIRST, _MOST, _NAME_LENGTH = 26, 44, 9, 42


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One part, from where the parts before it end; `end` is where the next one begins."""

    name: str
    words: str
    kind: Literal["part", "less", "whole"]
    x: float
    width: float
    end: float
    y: int


@dataclass(frozen=True, kw_only=True)
class Fall:
    """One waterfall: its bars, its axis, and the budget's limit on it."""

    title: str
    y: int
    bottom: int
    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    limit: Tick | None


def render_waterfall(report: Report) -> str | None:
    """Return the picture of a report's explanation as SVG, or None where there is none."""
    if report.explanation is None:
        return None
    falls = falls_of(report, BAR_LEFT, BAR_RIGHT, format_amount)
    height = falls[-1].y + falls[-1].bottom + 36 if falls else 60
    title = f"{subject(report)}: where the bytes and the time are"
    return template("waterfall.svg.jinja").render(
        title=title, falls=falls, width=WIDTH, height=height, bar_left=BAR_LEFT
    )


def falls_of(report: Report, left: float, right: float, write: Callable[[float, str], str]) -> list[Fall]:
    """Return the waterfalls of a report's explanation, below each other, with their bars between `left` and `right`.

    `write` writes an amount in its unit, bytes or s.
    """
    explained = report.explanation
    if explained is None:
        return []
    wholes: list[tuple[str, Sequence[Share], float | None, str]] = [
        ("bytes of the file", explained.sections, explained.max_size_bytes, "bytes"),
        ("time of the start-up", explained.startup, explained.max_startup_seconds, "s"),
    ]
    falls: list[Fall] = []
    for title, shares, limit, unit in wholes:
        if shares:
            top = falls[-1].y + falls[-1].bottom + 44 if falls else 52
            whole = sum(share.amount for share in shares)
            scale = Scale(low=0.0, high=max(whole, limit or 0.0) * 1.02, start=left, end=right)
            falls.append(_fall(title, gathered(shares, _MOST), limit, scale, top, partial(_write, write, unit)))
    return falls


def _write(write: Callable[[float, str], str], unit: str, amount: float) -> str:
    return write(amount, unit)


def _fall(
    title: str, shares: Sequence[Share], limit: float | None, scale: Scale, top: int, write: Callable[[float], str]
) -> Fall:
    whole = sum(share.amount for share in shares)
    bars: list[Bar] = []
    before = 0.0
    for share in shares:
        bars.append(_bar(share, before, scale, write, len(bars)))
        before += share.amount
    bars.append(_bar(Share(name="together", amount=whole), 0.0, scale, write, len(bars), is_whole=True))
    return Fall(
        title=title,
        y=top,
        bottom=_FIRST + _STEP * len(bars),
        bars=bars,
        ticks=scale.ticks(write),
        limit=Tick(at=scale.at(limit), label=f"limit {write(limit)}") if limit else None,
    )


def _bar(
    share: Share, before: float, scale: Scale, write: Callable[[float], str], line: int, *, is_whole: bool = False
) -> Bar:
    after = before + share.amount
    left, right = sorted((scale.at(before), scale.at(after)))
    name = neutral(share.name)
    return Bar(
        name=shortened(name, _NAME_LENGTH),
        words=write(share.amount),
        kind="whole" if is_whole else "less" if share.amount < 0 else "part",
        x=left,
        width=round(max(right - left, (scale.end - scale.start) / 440), 1),
        end=scale.at(after),
        y=_FIRST + _STEP * line,
    )
