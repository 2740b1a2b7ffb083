"""Numbers as people write them, with the exact ones beside: `473.4 kB` for 473,368 bytes, and µs. Pure."""

from __future__ import annotations

import msgspec

from burnish.report.summary import NOT_THERE, format_measure
from burnish.text import format_seconds

_THOUSAND, _MILLION = 1_000, 1_000_000


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """A number in a few digits, and the `exact` one, empty where the few digits are all."""

    text: str
    exact: str = ""


def amount_of(value: float | None, unit: str) -> Amount:
    """Return a number in its unit, a dash for none."""
    if value is None:
        return Amount(text=NOT_THERE)
    if unit == "bytes":
        return Amount(text=short_bytes(value), exact=f"{value:,.0f} bytes" if abs(value) >= _THOUSAND else "")
    if unit == "s":
        return Amount(text=short_seconds(value), exact=f"{value:.9f} s")
    return Amount(text=format_measure(value, unit))


def short_amount(value: float, unit: str) -> str:
    """Return the few digits alone."""
    return amount_of(value, unit).text


def short_bytes(size_bytes: float) -> str:
    """Return a size in the largest unit that it has one of: B, kB (1000 bytes) or MB."""
    if abs(size_bytes) < _THOUSAND:
        return f"{size_bytes:,.0f} B"
    factor, unit = (_MILLION, "MB") if abs(size_bytes) >= _MILLION else (_THOUSAND, "kB")
    return f"{size_bytes / factor:.4g} {unit}"


def short_seconds(seconds: float) -> str:
    """Return a duration in the unit that gives it a readable number, with the sign for millionths."""
    return format_seconds(seconds).replace(" us", " \N{MICRO SIGN}s")
