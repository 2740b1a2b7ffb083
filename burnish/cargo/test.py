"""Testing: the user's own `cargo test --release`, the names of what passed, and hangs that cost only their own test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from burnish.cargo.build import JSON_MESSAGES, Cargo
from burnish.cargo.libtest import (
    PROCESS,
    ParsedTests,
    Result,
    Suite,
    built_suites,
    homes_of,
    listed_tests,
    parse_tests,
    started_suites,
)
from burnish.diagnostics import failure_of
from burnish.report.model import Tests

# The words that cargo begins its lines with; what the tests themselves write is in the log.
_CARGO_SAYS = ("   Compiling ", "    Finished ", "     Running ", "   Doc-tests ", "warning:", "error:", "error[")
_SUITE_STARTS = ("     Running ", "   Doc-tests ")
# libtest's own word on a slow test is no sign of life.
_STILL_RUNNING = " has been running for over "


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How tests are run: `test_seconds` for all that is done with one side's tests, `hang_seconds` for each.

    `on_count` gets the number of tests done so far in a run; all that was said is left in the file `log`. What is in
    `hung_before` and hangs again is not waited for a second time: it is held against nobody.
    """

    cargo: Cargo
    log: Path
    test_seconds: float
    hang_seconds: float
    on_count: Callable[[int], None]
    hung_before: frozenset[str] = frozenset()


class Runner(Protocol):
    """Runs a side's tests: all of them, then single ones again."""

    def run_all(self) -> Tests:
        """Run the whole suite once; a failing or hung test stops nothing."""

    def run_alone(self, name: str) -> Result | None:
        """Run one test of the suite by itself; None where it cannot be found, or no time is left."""


def run_again(runner: Runner, tests: Tests, names: Iterable[str], *, retries: int) -> Tests:
    """Run each of these tests alone, `retries` times at most, and count as passed, but name as retried, what passes."""
    started = time.monotonic()
    regained = {name for name in names if any(runner.run_alone(name) == "passed" for _ in range(retries))}
    return Tests(
        command=tests.command,
        passed=sorted({*tests.passed, *regained}),
        failed=[name for name in tests.failed if name not in regained],
        ignored=tests.ignored,
        retried=sorted({*tests.retried, *regained}),
        hung=[name for name in tests.hung if name not in regained],
        timed_out=tests.timed_out,
        seconds=tests.seconds + time.monotonic() - started,
        note=tests.note,
    )


@dataclass(frozen=True, kw_only=True)
class _Ran:
    """What one `cargo test` left. `hung`: it was ended because a test said nothing for too long."""

    text: str
    parsed: ParsedTests
    ok: bool
    exit_status: int
    hung: bool

    @property
    def results(self) -> dict[str, Result]:
        """Give each test's result."""
        return dict(_pairs(self.parsed))


@dataclass(kw_only=True)
class CargoTests:
    """Runs tests by `cargo test`; `kinds` chooses among the project's targets, all of them where it is empty."""

    conditions: Conditions
    kinds: tuple[str, ...] = ()
    _suites: list[Suite] = field(default_factory=list)
    _seconds: float = 0.0

    def run_all(self) -> Tests:
        """Run the whole suite once; where that hangs, the rest of it suite by suite, and test by test where it hung."""
        self.conditions.log.parent.mkdir(parents=True, exist_ok=True)
        self.conditions.log.write_bytes(b"")
        project = self.conditions.cargo.project
        arguments = [*project.selection, *self.kinds]
        ran = self._run(arguments)
        own = {package.id for package in project.selected}
        self._suites = [suite for suite in built_suites(ran.text) if suite.package_id in own]
        results = ran.results
        retried = self._run_rest(ran, results) if ran.hung else []
        hung = sorted(name for name, result in results.items() if result == "hung")
        return Tests(
            command=self.conditions.cargo.toolkit.command(_command(arguments)),
            passed=_named(results, "passed"),
            failed=sorted({*_named(results, "failed"), *hung}),
            ignored=_named(results, "ignored"),
            retried=retried,
            hung=hung,
            timed_out=self._seconds >= self.conditions.test_seconds,
            seconds=self._seconds,
            note=_what_went_wrong(ran),
        )

    def run_alone(self, name: str) -> Result | None:
        """Run one test by itself, wherever its name can stand."""
        found = (self._run_one(suite, test) for suite, test in homes_of(name, self._suites))
        return next((result for result in found if result is not None), None)

    def _run_rest(self, cut: _Ran, results: dict[str, Result]) -> list[str]:
        """Run what a hung run did not come to, into `results`; give what failed in it and passed alone."""
        started = started_suites(cut.text)
        retried: list[str] = []
        for suite in self._suites:
            if suite.name in started[-1:]:
                retried += self._run_each(suite, results)
            elif suite.name not in started:
                ran = self._run(suite.selection)
                results |= ran.results
                retried += self._run_each(suite, results) if ran.hung else []
        return sorted(retried)

    def _run_each(self, suite: Suite, results: dict[str, Result]) -> Iterator[str]:
        """Run alone each test of a suite that did not pass in a hung run of it; give what failed and passes now."""
        whole = f"{suite.name}::{PROCESS}"
        listed = listed_tests(self._run([*suite.selection, "--", "--list"]).text)
        if not listed:
            results[whole] = "hung"
            return
        results.pop(whole, None)
        for test in listed:
            name = f"{suite.name}::{test}"
            before = results.get(name)
            if before in {"passed", "ignored"}:
                continue
            alone = "hung" if name in self.conditions.hung_before else self._run_one(suite, test)
            if alone is not None:
                results[name] = alone
            if before == "failed" and alone == "passed":
                yield name

    def _run_one(self, suite: Suite, test: str) -> Result | None:
        if self._seconds >= self.conditions.test_seconds:
            return None
        ran = self._run([*suite.selection, "--", *suite.filter_for(test)])
        # A test that takes its process down leaves no result of its own.
        seen = ran.results.get(f"{suite.name}::{test}", ran.results.get(f"{suite.name}::{PROCESS}"))
        return "hung" if ran.hung and seen != "passed" else seen

    def _run(self, arguments: list[str]) -> _Ran:
        watch = _Watch(self.conditions)
        finished = self.conditions.cargo.run(
            _command(arguments, JSON_MESSAGES),
            timeout_seconds=self.conditions.test_seconds - self._seconds,
            merged=True,
            on_stdout=watch.see,
            is_hung=watch.is_hung,
        )
        self._seconds += finished.seconds
        with self.conditions.log.open("ab") as log:
            log.write(finished.stdout)
        text = finished.stdout.decode("utf-8", "replace")
        return _Ran(
            text=text,
            parsed=parse_tests(text, complete=not finished.timed_out),
            ok=finished.ok,
            exit_status=finished.exit_status,
            hung=finished.timed_out and watch.has_hung,
        )


def on_cargo_line(cargo: Cargo, line: str) -> None:
    """Pass on what cargo itself says in a run whose tests write to the same stream."""
    if line.startswith(_CARGO_SAYS):
        cargo.on_line(line)


def _command(arguments: list[str], *options: str) -> list[str]:
    """Give the command: options of ours stand before `--`, which the arguments may hold."""
    return ["test", "--release", "--no-fail-fast", *options, *arguments]


def _pairs(parsed: ParsedTests) -> Iterator[tuple[str, Result]]:
    yield from ((name, "passed") for name in parsed.passed)
    yield from ((name, "failed") for name in parsed.failed)
    yield from ((name, "ignored") for name in parsed.ignored)


def _named(results: dict[str, Result], wanted: Result) -> list[str]:
    return sorted(name for name, result in results.items() if result == wanted)


def _what_went_wrong(ran: _Ran) -> str:
    if ran.ok or ran.parsed.passed or ran.parsed.failed:
        return "; ".join(ran.parsed.warnings)
    said = [line for line in ran.text.splitlines() if not line.startswith("{")]
    return failure_of("\n".join(said).strip(), f"cargo ended with exit status {ran.exit_status}")


class _Watch:
    """Watches a run: counts the tests that are done, passes on what cargo says, and sees when nothing comes."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._done = 0
        self._last_sign: float | None = None
        self.has_hung = False

    def see(self, line: str) -> None:
        """Take one line of the run."""
        if line.startswith(_SUITE_STARTS) or (self._last_sign is not None and _STILL_RUNNING not in line):
            self._last_sign = time.monotonic()
        if line.startswith("test ") and " ... " in line:
            self._done += 1
            self._conditions.on_count(self._done)
        else:
            on_cargo_line(self._conditions.cargo, line)

    def is_hung(self) -> bool:
        """Say whether a suite runs and has said nothing for too long."""
        silent_since = self._last_sign
        self.has_hung = silent_since is not None and time.monotonic() - silent_since > self._conditions.hang_seconds
        return self.has_hung
