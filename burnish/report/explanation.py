"""What every rendering says of an explanation, before it is written in that rendering's own way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from burnish.model import Effect, Explanation, Movement, Report, Share
from burnish.report.summary import NOT_THERE
from burnish.text import format_bytes, format_seconds

MOST = 12
_SIDES = ("as it is", "with the recipe")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its title; every cell is text."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def explanation_tables(report: Report) -> list[Table]:
    """Return the tables of a report's explanation: the settings, the sections, the crates, and the start-up."""
    explained = report.explanation
    if explained is None:
        return []
    tables = [
        _effects(explained.effects),
        _shares("bytes by section", explained.sections, explained.size_bytes, "bytes"),
        _shares(f"bytes by crate: {explained.crates_note}", explained.crates, None, "bytes"),
        movement_table("crates that moved most", explained.moved_crates, _SIDES),
        movement_table("functions that moved most", explained.moved_functions, _SIDES),
        _shares("start-up: where its time goes", explained.startup, None, "s"),
    ]
    return [table for table in tables if table.rows or "by crate" in table.title]


def _effects(effects: Sequence[Effect]) -> Table:
    rows = [
        (
            effect.setting,
            _bytes(effect.alone_bytes),
            _ratio(effect.alone_startup),
            _bytes(effect.without_bytes),
            _ratio(effect.without_startup),
            effect.note,
        )
        for effect in effects
    ]
    columns = ("setting", "alone: size", "alone: start-up", "recipe without it: size", "without it: start-up", "")
    return Table(title="what each setting buys", columns=columns, rows=rows)


def _bytes(difference: int | None) -> str:
    return f"{difference:+,} B" if difference is not None else NOT_THERE


def _ratio(ratio: tuple[float, float, float] | None) -> str:
    return "{:.3f} ({:.3f} to {:.3f})".format(*ratio) if ratio else NOT_THERE


def _shares(title: str, shares: Sequence[Share], whole: float | None, unit: str) -> Table:
    total = whole or sum(share.amount for share in shares)
    shown = gathered(shares)
    rows = [(share.name, format_amount(share.amount, unit), f"{share.amount / total:.1%}") for share in shown]
    return Table(title=title, columns=("", "seconds" if unit == "s" else "bytes", "share"), rows=rows)


def movement_table(title: str, movements: Sequence[Movement], sides: tuple[str, str]) -> Table:
    """Return the table of what moved from one of the two sides to the other."""
    rows = [
        (
            each.name,
            format_amount(each.before_bytes, "bytes") if each.before_bytes else NOT_THERE,
            format_amount(each.after_bytes, "bytes") if each.after_bytes else NOT_THERE,
            f"{each.after_bytes - each.before_bytes:+,} B",
        )
        for each in movements
    ]
    return Table(title=title, columns=("", *sides, "change"), rows=rows)


def gathered(shares: Sequence[Share], most: int = MOST) -> list[Share]:
    """Return at most so many shares: the smaller ones are one."""
    if len(shares) <= most:
        return list(shares)
    rest = shares[most - 1 :]
    return [*shares[: most - 1], Share(name=f"{len(rest)} others", amount=sum(share.amount for share in rest))]


def format_amount(amount: float, unit: str) -> str:
    """Return an amount of bytes or of seconds with its unit."""
    return format_seconds(amount) if unit == "s" else format_bytes(amount)


def against_budget(explained: Explanation, write: Callable[[float, str], str] = format_amount) -> list[str]:
    """Return how the whole stands against what the budget allows; `write` writes an amount in its unit."""
    startup = sum(share.amount for share in explained.startup)
    sentences = []
    if explained.max_size_bytes is not None and explained.size_bytes is not None:
        sentences.append(f"size: {_of(explained.size_bytes, explained.max_size_bytes, 'bytes', write)}")
    if explained.max_startup_seconds is not None and startup:
        sentences.append(f"start-up: {_of(startup, explained.max_startup_seconds, 's', write)}")
    return sentences


def _of(amount: float, limit: float, unit: str, write: Callable[[float, str], str]) -> str:
    whole, allowed = write(amount, unit), write(limit, unit)
    return f"{whole} of the {allowed} that the budget allows ({amount / limit:.1%})"
