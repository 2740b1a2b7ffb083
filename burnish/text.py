"""Small pure functions on text: units, neutral output, did-you-mean."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_SIZE_UNITS = {"": 1, "B": 1, "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "KiB": 1_024, "MiB": 1_048_576}
_SECOND_UNITS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-zµμ]*)\s*", re.ASCII | re.IGNORECASE)
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*", re.ASCII)
_MAX_QUANTITY_LENGTH = 40
_MAX_SHOWN = 60


def neutral(text: str, *, keep_newlines: bool = False) -> str:
    """Make control, format and surrogate characters visible, so that no name can move a cursor or forge a line."""

    def shown(character: str) -> str:
        if keep_newlines and character == "\n":
            return "\n  "
        category = unicodedata.category(character)
        harmless = category not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or character == "\t"
        return character if harmless else character.encode("unicode_escape").decode("ascii")

    return "".join(map(shown, text))


# GitHub's runner and Azure's take `##[x]` and `##vso[x]` for commands anywhere in a line, `::x` behind leading spaces.
_COMMAND_ANYWHERE = re.compile(r"#(?=#(?:\[|vso\[))")
_COMMAND_AT_START = re.compile(r"^([^\S\n]*+):(?=:)", re.MULTILINE)


def inert(text: str) -> str:
    """Break what a CI system would take for a command in our output; a JSON document means the same as before."""
    return _COMMAND_AT_START.sub(r"\1\\u003a", _COMMAND_ANYWHERE.sub(r"\\u0023", text))


def parse_bytes(value: int | str) -> int:
    """Read a size: a bare integer is bytes, kB is 1000, KiB is 1024.

    Raise ValueError for anything else, and for what is not a whole number of bytes.
    """
    if isinstance(value, int):
        return int(_positive(value, value))
    number, unit = _split_quantity(value, _SIZE_UNITS)
    size_bytes = round(number * _SIZE_UNITS[unit])
    return int(_positive(size_bytes, value))


def parse_seconds(value: float | str) -> float:
    """Read a duration in seconds: "500 us", "2 s", "10 min"; a bare number is seconds. Raise ValueError otherwise."""
    if isinstance(value, int | float):
        return float(_positive(value, value))
    number, unit = _split_quantity(value, _SECOND_UNITS)
    return float(_positive(number * _SECOND_UNITS[unit], value))


def parse_percent(value: str) -> float:
    """Read a part in percent, "5%" as 0.05. Raise ValueError for anything else."""
    match = _PERCENT.fullmatch(value) if len(value) <= _MAX_QUANTITY_LENGTH else None
    if match is None:
        raise ValueError(f"{value[:_MAX_QUANTITY_LENGTH]!r} is not a number of percent")
    return float(match[1]) / 100


def parse_share(value: str) -> float:
    """Read a share in percent: "1%" is 0.01. Raise ValueError for what is none, and for 0 and 100 or more."""
    share = float(_positive(parse_percent(value), value))
    if share >= 1:
        raise ValueError(f"{value!r} is not less than 100%")
    return share


def _positive(number: float, value: object) -> float:
    if number <= 0:
        raise ValueError(f"{value!r} is not more than zero")
    return number


def _split_quantity(value: str, units: dict[str, int] | dict[str, float]) -> tuple[float, str]:
    match = _QUANTITY.fullmatch(value) if len(value) <= _MAX_QUANTITY_LENGTH else None
    if match is None or match[2] not in units:
        known = ", ".join(unit for unit in units if unit)
        raise ValueError(f"{value[:_MAX_QUANTITY_LENGTH]!r} is not a number with one of the units {known}")
    return float(match[1]), match[2]


def format_bytes(size_bytes: float) -> str:
    """Write a size with thousands separators: `473,368 B`."""
    return f"{size_bytes:,.0f} B"


def format_percent(fraction: float) -> str:
    """Write a fraction in percent, without digits that say nothing: `5%`, `0.25%`."""
    return f"{fraction * 100:.4g}%"


def format_change(ratio: float) -> str:
    """Write what a ratio changes in percent: `+7.4%`, and `+0.0%` for what is less than can be shown either way."""
    return f"{round(ratio - 1, 3) + 0.0:+.1%}"


def format_seconds(seconds: float) -> str:
    """Write a duration with the unit that gives it a readable number: `412 us`, `1.32 ms`, `2.5 s`."""
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1.0, 1e3, "ms")):
        if abs(seconds) < limit:
            return f"{seconds * factor:.4g} {unit}"
    return f"{seconds:.1f} s"


def format_about(seconds: float) -> str:
    """Write a duration that is only known roughly: `40 s`, `6 min`, `2.5 h`."""
    if seconds < 1.5 * _SECOND_UNITS["min"]:
        return f"{max(round(seconds), 1)} s"
    if seconds < 1.5 * _SECOND_UNITS["h"]:
        return f"{round(seconds / _SECOND_UNITS['min'])} min"
    return f"{seconds / _SECOND_UNITS['h']:.1f} h"


def shown(value: object) -> str:
    """Return a value of a setting as a message quotes it, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # CPython writes no decimal of more than 4300 digits
        return "a very large number"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def shortened(text: str, longest: int) -> str:
    """Return a text of at most so many characters: the whole, or its beginning and three dots."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def folded(text: str, columns: int, *, hang: int, is_command: bool = False) -> list[str]:
    """Return a line in lines of at most so many columns, as far as its words allow; further ones begin with blanks.

    What holds a command is broken only behind a comma, colon or semicolon: half a command is another one.
    """
    head = len(text) - len(text.lstrip(" "))
    lines, margin = [" " * head], ""
    for word in re.split(r"(?<=[,:;]) " if is_command else " ", text[head:]):
        if lines[-1].strip() and len(lines[-1]) + len(margin) + len(word) > columns:
            lines.append(" " * hang + word.lstrip(" "))
        else:
            lines[-1] += margin + word
        margin = " "
    return lines


def commit_words(name: str, commit: str) -> str:
    """Return a commit as people say it: by the `name` that was typed, with the beginning of its hash if it has one."""
    if not commit or commit.startswith(name):
        return commit[:12] or name
    return f"{name} ({commit[:12]})"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is likely to be meant: the nearest, else the only one that begins so."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1) or [each for each in words if word and each.startswith(word)]
    return near[0] if len(near) == 1 else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "portable"?)` for the nearest known word, or nothing when none is near."""
    near = nearest(word, known)
    return f' (did you mean "{near}"?)' if near else ""
