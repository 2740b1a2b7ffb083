"""The budget: one flat table of limits, read and checked. Pure."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from burnish.concessions import Concession, read_concessions
from burnish.errors import Refused
from burnish.text import did_you_mean, format_bytes, format_percent, parse_bytes, parse_percent, parse_seconds, shown

MAX_LIMIT_BYTES = 2**63 - 1
# A hundred times as much, in percent: more is no limit.
_MOST_GROWTH = 100.0


class BenchExpectation(msgspec.Struct, frozen=True, kw_only=True):
    """What a bench may take at most: what is expected of it, and the fraction by which it may be slower."""

    bench: str
    seconds: float
    tolerance: float = 0.10

    @property
    def limit_seconds(self) -> float:
        """Return the longest time that is within the tolerance."""
        return self.seconds * (1 + self.tolerance)

    def is_of(self, bench_id: str) -> bool:
        """Return whether it is of this bench: named as in the report, or as Criterion names it, without its target."""
        return bench_id == self.bench or bench_id.endswith(f"/{self.bench}")


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """By how much a number may grow: by so many bytes, or by a `fraction` of what it was."""

    size_bytes: int = 0
    fraction: float = 0.0

    def limit(self, before: float) -> float:
        """Return the largest number that is within it."""
        return before * (1 + self.fraction) + self.size_bytes

    @property
    def told(self) -> str:
        """Return it as a message tells it."""
        return format_bytes(self.size_bytes) if self.size_bytes else format_percent(self.fraction)


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits to meet; None or false where the budget does not ask. `bench_tolerance` is a fraction.

    `accept` is what may be taken from the people who run the binary to meet them. Growth is that of a change of the
    project, against the reference of a check; of times it is a fraction.
    """

    name: str
    max_size_bytes: int | None = None
    max_total_size_bytes: int | None = None
    max_startup_seconds: float | None = None
    max_startup_ratio: float | None = None
    max_startup_above_floor_seconds: float | None = None
    size_must_shrink: bool = False
    startup_must_not_slow: bool = False
    bench_tolerance: float = 0.10
    max_workload_ratio: float | None = None
    max_memory_ratio: float | None = None
    max_instructions_ratio: float | None = None
    max_size_growth: Growth | None = None
    max_startup_growth: float | None = None
    max_workload_growth: float | None = None
    max_instructions_growth: float | None = None
    min_tests: int = 0
    benches: tuple[BenchExpectation, ...] = ()
    accept: tuple[Concession, ...] = ()


class _Key(NamedTuple):
    field: str
    expected: str
    read: Callable[[Any], object]


def load_budgets(content: bytes, *, where: str = "config/budgets.toml") -> dict[str, dict[str, Any]]:
    """Read the budgets of a TOML file: one table for each, by name. Raise Refused for anything else."""
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{where} cannot be read: {error}", expected="TOML in UTF-8") from error
    for name, table in document.items():
        if not isinstance(table, dict):
            raise Refused(f"{name} in {where} is {shown(table)}", expected="a table of limits for each budget")
    return document


def budget_from(values: Mapping[str, Any], *, name: str, where: str) -> Budget:
    """Read one flat table of limits; `where` says in messages which table it is.

    Raise Refused for a key that is not known and for a value of the wrong type, unit or range.
    """
    fields = {}
    for key, value in values.items():
        if key not in KEYS:
            raise Refused(
                f"unknown key {key} in {where}{did_you_mean(key, KEYS)}",
                expected=f"one of {', '.join(KEYS)}",
                next_command="burnish plan",
            )
        fields[KEYS[key].field] = _read(key, value, where=where)
    fields.pop("summary", None)
    return Budget(name=name, **fields)


def _read(key: str, value: object, *, where: str) -> Any:  # noqa: ANN401 - each key has its own type
    try:
        return KEYS[key].read(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused(
            f"{key} in {where} is {shown(value)}",
            expected=KEYS[key].expected,
            next_command="burnish plan",
        ) from error


def _read_bytes(value: object) -> int:
    return int(_within(parse_bytes(_only(value, int, str)), 1, MAX_LIMIT_BYTES))


def _read_seconds(value: object) -> float:
    return float(_within(parse_seconds(_only(value, int, float, str)), 0.0, sys.float_info.max))


def _read_ratio(value: object) -> float:
    return float(_within(_only(value, int, float), sys.float_info.min, sys.float_info.max))


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _read_fraction(value: object) -> float:
    return float(_within(_only(value, int, float), 0.0, 1.0))


def _read_growth(value: object) -> Growth:
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return Growth(fraction=_read_time_growth(value))
    return Growth(size_bytes=_read_bytes(value))


def _read_time_growth(value: object) -> float:
    return float(_within(parse_percent(_only(value, str)), 0.0, _MOST_GROWTH))


def _read_count(value: object) -> int:
    return int(_within(_only(value, int), 0, MAX_LIMIT_BYTES))


def _read_expectations(value: object) -> tuple[BenchExpectation, ...]:
    return tuple(_read_expectation(name, table) for name, table in _only(value, dict).items())


def _read_expectation(name: str, table: object) -> BenchExpectation:
    values = _only(table, dict)
    unknown = [key for key in values if key not in {"expected", "tolerance"}]
    if unknown:
        raise Refused(
            f"unknown key {unknown[0]} of the bench {name}{did_you_mean(unknown[0], ('expected', 'tolerance'))}",
            expected="expected and tolerance",
            next_command="burnish plan",
        )
    tolerance = _read_fraction(values.get("tolerance", 0.10))
    return BenchExpectation(bench=name, seconds=_read_seconds(values.get("expected")), tolerance=tolerance)


def _read_accept(value: object) -> tuple[Concession, ...]:
    return read_concessions(value, "the budget")


def _read_text(value: object) -> str:
    return str(_only(value, str))


def _only(value: object, *types: type) -> Any:  # noqa: ANN401 - the caller names the types
    # A bool is an int to Python, but `max_size = true` is no size.
    if isinstance(value, bool) or not isinstance(value, types):
        raise TypeError
    return value


def _within(number: float, low: float, high: float) -> float:
    """Return the number back when it is in the range, which `nan` never is."""
    if not low <= number <= high:
        raise ValueError
    return number


KEYS: Mapping[str, _Key] = {
    "summary": _Key("summary", "a text", _read_text),
    "max_size": _Key("max_size_bytes", 'a size: bytes, or a text like "500 kB" or "488 KiB"', _read_bytes),
    "max_total_size": _Key(
        "max_total_size_bytes", 'a size: bytes, or a text like "2 MB" or "2 MiB", of all binaries together', _read_bytes
    ),
    "max_startup": _Key("max_startup_seconds", 'a duration: seconds, or a text like "500 us"', _read_seconds),
    "max_startup_ratio": _Key("max_startup_ratio", "a number more than 0, such as 1.05 for 5% slower", _read_ratio),
    "max_startup_above_floor": _Key(
        "max_startup_above_floor_seconds", 'a duration: seconds, or a text like "300 us"', _read_seconds
    ),
    "size_must_shrink": _Key("size_must_shrink", "true or false", _read_flag),
    "startup_must_not_slow": _Key("startup_must_not_slow", "true or false", _read_flag),
    "bench_tolerance": _Key("bench_tolerance", "a fraction from 0 to 1, such as 0.10 for 10%", _read_fraction),
    "max_workload_ratio": _Key("max_workload_ratio", "a number more than 0, such as 1.05 for 5% slower", _read_ratio),
    "max_memory_ratio": _Key("max_memory_ratio", "a number more than 0, such as 1.10 for 10% more", _read_ratio),
    "max_instructions_ratio": _Key(
        "max_instructions_ratio", "a number more than 0, such as 1.01 for 1% more", _read_ratio
    ),
    "max_size_growth": _Key("max_size_growth", 'a size like "16 kB", or a part like "1%"', _read_growth),
    "max_startup_growth": _Key("max_startup_growth", 'a part in percent, such as "5%"', _read_time_growth),
    "max_workload_growth": _Key("max_workload_growth", 'a part in percent, such as "5%"', _read_time_growth),
    "max_instructions_growth": _Key("max_instructions_growth", 'a part in percent, such as "1%"', _read_time_growth),
    "benches": _Key(
        "benches",
        'a table for each bench: expected, a duration like "293 ns", and tolerance, a fraction',
        _read_expectations,
    ),
    "accept": _Key("accept", "names of concessions", _read_accept),
    "min_tests": _Key("min_tests", "a whole number of tests, 0 or more", _read_count),
}
