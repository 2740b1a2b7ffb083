"""What was tried for each promise of config/promises.toml: kept by pytest, printed and asked for with `--promises`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROMISES = Path(__file__).parents[2] / "config" / "promises.toml"


def read_promises() -> dict[str, dict[str, object]]:
    """Return the promises, by name."""
    return tomllib.loads(PROMISES.read_text(encoding="utf-8"))


@dataclass(kw_only=True)
class Tried:
    """What was tried for one promise: tests by outcome, cases by kind, and why tests were left out."""

    outcomes: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)


class Tally:
    """Adds up what marked tests report, here or in the processes that run them for us."""

    def __init__(self) -> None:
        self.tried: dict[str, Tried] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Send each test's promises along with its reports."""
        for item in items:
            item.user_properties += [("promise", mark.args[0]) for mark in item.iter_markers("promise")]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: at its call, or where it did not come to one."""
        if report.when != "call" and report.passed:
            return
        for promise in {str(value) for name, value in report.user_properties if name == "promise"}:
            tried = self.tried.setdefault(promise, Tried())
            tried.outcomes[report.outcome] += 1
            if report.skipped:
                tried.left_out.append(f"{report.nodeid}: {_reason(report)}")
            for name, value in report.user_properties:
                own, _, kind = name.partition(":")
                if kind and own == promise:
                    tried.cases[kind] += int(str(value))


def unproven(promises: Mapping[str, Mapping[str, object]], tried: Mapping[str, Tried]) -> Iterator[str]:
    """Yield each promise that no test tried, of which a kind was never tried, and each test that was left out."""
    for name, promise in promises.items():
        found = tried.get(name, Tried())
        if not found.outcomes["passed"]:
            yield f"{name}: no test of it passed"
        yield from (f"{name}: no {kind} were tried" for kind in _kinds(promise) if not found.cases[kind])
        yield from (f"{name}: left out: {reason}" for reason in found.left_out)


def table(promises: Mapping[str, Mapping[str, object]], tried: Mapping[str, Tried]) -> Iterator[str]:
    """Yield a line for each promise: its tests, the failed ones, what was tried, and the promise itself."""
    yield f"{'':4}{'tests':>6}{'failed':>8}  tried"
    for name, promise in promises.items():
        found = tried.get(name, Tried())
        counts = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(found.cases.items()))
        tests, failed = found.outcomes.total(), found.outcomes["failed"]
        yield f"{name:4}{tests:6}{failed:8}  {counts:44}  {promise['promise']}"
    totals: Counter[str] = sum((found.cases for found in tried.values()), Counter())
    yield "all: " + ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(totals.items()))


def _kinds(promise: Mapping[str, object]) -> list[str]:
    kinds = promise["kinds"]
    return kinds if isinstance(kinds, list) else []


def _reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "skipped"
