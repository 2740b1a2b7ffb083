"""Testing: the user's own `cargo test --release`, the names of what passed, and hangs that cost only their own test."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from burnish.cargo.build import JSON_MESSAGES, Cargo
from burnish.cargo.command_lines import test_command
from burnish.cargo.diagnostics import failure_of
from burnish.cargo.tests.libtest import (
    ParsedTests,
    Result,
    Suite,
    built_suites,
    homes_of,
    listed_tests,
    parse_tests,
    started_suites,
    suites_of,
)
from burnish.measure.traces import PROJECT, TARGET, Places, without_places
from burnish.model import PROCESS, Tests

# Run one by one after they failed together: so few may be in each other's way, where many have a common cause.
_ALONE_AT_MOST = 8
# What Windows takes as a command line, with room for cargo's own words.
_NAMES_AT_MOST = 20_000
# The words that cargo begins its lines with; what the tests themselves write is in the log.
_CARGO_SAYS = ("   Compiling ", "    Finished ", "     Running ", "   Doc-tests ", "warning:", "error:", "error[")
_SUITE_STARTS = ("     Running ", "   Doc-tests ")
# libtest's own word on a slow test is no sign of life.
_STILL_RUNNING = " has been running for over "


@dataclass(frozen=True, kw_only=True)
class SuiteConditions:
    """How tests are run: `test_seconds` for all that is done with one side's tests, `hang_seconds` for each.

    `on_count` gets the number of tests done so far in a run; all that was said is left in the file `log`. What is in
    `hung_before` and hangs again is not waited for a second time: it is held against nobody. Tests that name themselves
    by one of the `places` are named without it.
    """

    cargo: Cargo
    log: Path
    test_seconds: float
    hang_seconds: float
    on_count: Callable[[int], None]
    places: Places
    hung_before: frozenset[str] = frozenset()


class Runner(Protocol):
    """Runs a side's tests: all of them, then some of them again."""

    def run_all(self) -> Tests:
        """Run the whole suite once; a failing or hung test stops nothing."""

    def run_again(self, names: Iterable[str]) -> dict[str, Result]:
        """Run these tests again, those of a suite in one process, and return what became of them.

        A test that this side does not have is not looked for, and has no result; nor has one for which no time is left.
        For a suite's process all tests of the suite are run.
        """

    def elsewhere(self, conditions: SuiteConditions) -> Runner:
        """Return what runs the same tests under other conditions, in another target folder."""


def run_again(runner: Runner, tests: Tests, names: Iterable[str], *, retries: int) -> Tests:
    """Run these tests again, `retries` times at most, and count as passed, but name as retried, what passes."""
    started = time.monotonic()
    again = tests
    for _ in range(retries):
        again = with_results(again, runner.run_again(set(names) - {*again.passed}))
    regained = {*again.passed} - {*tests.passed}
    return replace(again, retried=sorted({*tests.retried, *regained}), seconds=_since(tests, started))


def run_elsewhere(runner: Runner, tests: Tests, names: Iterable[str]) -> Tests:
    """Run these tests in the folder of another runner, and count as passed, but name as such, what passes there."""
    started = time.monotonic()
    there = with_results(tests, runner.run_again(names))
    regained = {*there.passed} - {*tests.passed}
    return replace(there, elsewhere=sorted(regained), seconds=_since(tests, started))


def run_all_elsewhere(runner: Runner, tests: Tests) -> Tests:
    """Run the whole suite in another folder, where in the first no test could be run."""
    there = runner.run_all()
    return replace(there, elsewhere=there.passed) if there.passed else tests


def with_results(tests: Tests, results: Mapping[str, Result]) -> Tests:
    """Return the tests with what passed when it was run again; a failure stays what it was."""
    regained = {name for name, result in results.items() if result == "passed"}
    ended = {name for name in tests.failed if _has_ended(name, results)}
    return replace(
        tests,
        passed=sorted({*tests.passed, *regained}),
        failed=[name for name in tests.failed if name not in regained | ended],
        hung=[name for name in tests.hung if name not in regained | ended],
    )


def joined(tests: Tests, others: Tests) -> Tests:
    """Return two runs as one, told by the command of the first."""
    return Tests(
        command=tests.command,
        passed=sorted([*tests.passed, *others.passed]),
        failed=sorted([*tests.failed, *others.failed]),
        ignored=sorted([*tests.ignored, *others.ignored]),
        retried=sorted([*tests.retried, *others.retried]),
        hung=sorted([*tests.hung, *others.hung]),
        timed_out=tests.timed_out or others.timed_out,
        seconds=tests.seconds + others.seconds,
        note="; ".join(filter(None, [tests.note, others.note])),
        built=tests.built and others.built,
    )


def _has_ended(name: str, results: Mapping[str, Result]) -> bool:
    """Return whether `name` is a process that had failed, and whose tests have results of their own now."""
    suite, _, test = name.rpartition("::")
    return test == PROCESS and name not in results and any(other.startswith(f"{suite}::") for other in results)


def _since(tests: Tests, started: float) -> float:
    return tests.seconds + time.monotonic() - started


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
        """Return each test's result."""
        return dict(_pairs(self.parsed))

    def is_clear(self, suite: str) -> bool:
        """Return whether the suite came to its end, and its text can be believed."""
        return suite in self.parsed.counted and suite not in self.parsed.doubts


@dataclass(kw_only=True)
class CargoTests:
    """Runs tests by `cargo test`; `kinds` chooses among the project's targets, all of them where it is empty."""

    conditions: SuiteConditions
    kinds: tuple[str, ...] = ()
    _suites: list[Suite] = field(default_factory=list)
    _results: dict[str, Result] = field(default_factory=dict)
    _doubts: dict[str, str] = field(default_factory=dict)
    _listings: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _seconds: float = 0.0

    def run_all(self) -> Tests:
        """Run the whole suite once; where that hangs, the rest of it suite by suite, and test by test where it hung."""
        self.conditions.log.parent.mkdir(parents=True, exist_ok=True)
        self.conditions.log.write_bytes(b"")
        project = self.conditions.cargo.project
        arguments = [*project.package_arguments, *project.selection.feature_arguments, *self.kinds]
        ran = self._run(arguments)
        own = {package.id for package in project.selected}
        self._suites = [suite for suite in built_suites(ran.text) if suite.package_id in own]
        self._take(ran)
        is_built = ran.ok or ran.hung or bool(started_suites(ran.text)) or not self._has_time
        if not is_built:
            self._run_what_builds()
        retried = self._run_rest(ran) if ran.hung else []
        self._settle()
        hung = _named(self._results, "hung")
        return Tests(
            command=self.conditions.cargo.command(test_command(project, arguments)),
            passed=_named(self._results, "passed"),
            failed=sorted({*_named(self._results, "failed"), *hung}),
            ignored=_named(self._results, "ignored"),
            retried=retried,
            hung=hung,
            timed_out=not self._has_time,
            seconds=self._seconds,
            note=_what_went_wrong(ran, self._doubts),
            built=is_built,
        )

    def run_again(self, names: Iterable[str]) -> dict[str, Result]:
        """Run these tests again, those of a suite in one process: libtest takes several, and so does rustdoc."""
        results: dict[str, Result] = {}
        for suite, tests in self._by_suite(names).items():
            if PROCESS in tests:
                results |= self._asked(suite) if suite.name in self._doubts else self._run(self._chosen(suite)).results
            hung = {test for test in tests if self._results.get(f"{suite.name}::{test}") == "hung"}
            for group in ([*tests - hung - {PROCESS}], *([test] for test in sorted(hung))):
                results |= self._run_apart(suite, sorted(group))
        return results

    def elsewhere(self, conditions: SuiteConditions) -> CargoTests:
        """Return what runs the same tests under other conditions, in another target folder."""
        return CargoTests(
            conditions=conditions,
            kinds=self.kinds,
            _suites=self._suites,
            _results=self._results,
            _doubts=self._doubts,
        )

    @property
    def _has_time(self) -> bool:
        return self._seconds < self.conditions.test_seconds

    def _by_suite(self, names: Iterable[str]) -> dict[Suite, set[str]]:
        """Return which tests are to be run of which suite; those that no suite has are left out."""
        found: dict[Suite, set[str]] = defaultdict(set)
        for name in sorted(names):
            homes = homes_of(name, self._suites)
            home = next(((suite, test) for suite, test in homes if self._has(suite, test)), None)
            if home is not None:
                found[home[0]].add(home[1])
        return found

    def _has(self, suite: Suite, test: str) -> bool:
        """Return whether a suite has a test; a suite that came to its end has named all of its own."""
        if test == PROCESS or f"{suite.name}::{test}" in self._results:
            return True
        return f"{suite.name}::{PROCESS}" in self._results and test in self._listed(suite)

    def _take(self, ran: _Ran) -> None:
        self._results |= ran.results
        self._doubts |= ran.parsed.doubts

    def _run_what_builds(self) -> None:
        """Run target by target: where one cannot be built, cargo runs none of the others."""
        for suite in [suite for package in self.conditions.cargo.project.selected for suite in suites_of(package)]:
            if self._has_time and (not self.kinds or suite.target == self.kinds):
                ran = self._run(self._chosen(suite))
                self._suites += [built for built in built_suites(ran.text) if built not in self._suites]
                self._take(ran)

    def _run_rest(self, cut: _Ran) -> list[str]:
        """Run what a hung run did not come to; return what failed in it and passed alone."""
        started = started_suites(cut.text)
        retried: list[str] = []
        for suite in self._suites:
            if suite.name in started[-1:]:
                retried += self._run_each(suite)
            elif suite.name not in started:
                ran = self._run(self._chosen(suite))
                self._take(ran)
                retried += self._run_each(suite) if ran.hung else []
        return sorted(retried)

    def _run_each(self, suite: Suite) -> Iterator[str]:
        """Run alone each test of a suite that did not pass in a hung run of it; return what failed and passes now.

        No last line confirms what passed there: that is run once more, together.
        """
        whole = f"{suite.name}::{PROCESS}"
        listed = {f"{suite.name}::{test}": test for test in self._listed(suite)}
        if not listed:
            self._results[whole] = "hung"
            return
        self._results.pop(whole, None)
        passed = [test for name, test in listed.items() if self._results.get(name) == "passed"]
        self._results |= self._run_tests(suite, passed)
        for name, test in listed.items():
            before = self._results.get(name)
            if before in {"passed", "ignored"}:
                continue
            hangs_again = name in self.conditions.hung_before
            self._results |= {name: "hung"} if hangs_again else self._run_tests(suite, [test])
            if before == "failed" and self._results.get(name) == "passed":
                yield name

    def _settle(self) -> None:
        """Ask the exit statuses where the text of a suite cannot be believed."""
        for suite in self._suites:
            if suite.name in self._doubts:
                self._results.pop(f"{suite.name}::{PROCESS}", None)
                self._results |= self._asked(suite)

    def _asked(self, suite: Suite) -> dict[str, Result]:
        """Return the result of each test that a suite lists, by exit statuses; of its process where it lists none.

        A process that fails with all tests, each of which passes in another, has failed as such.
        """
        listed, ignored = self._listed(suite), self._listed(suite, "--ignored")
        whole, process = self._run(self._chosen(suite)), f"{suite.name}::{PROCESS}"
        if not listed:
            return {process: "passed" if whole.ok else "failed"}
        results: dict[str, Result] = {f"{suite.name}::{test}": "ignored" for test in ignored}
        tests = [test for test in listed if test not in ignored]
        if whole.ok and whole.parsed.counted.get(suite.name) == len(tests):
            return results | dict.fromkeys((f"{suite.name}::{test}" for test in tests), "passed")
        results |= self._by_halves(suite, tests)
        failed = {name for name, result in results.items() if result not in {"passed", "ignored"}}
        return results if failed or whole.ok else {**results, process: "failed"}

    def _run_apart(self, suite: Suite, tests: list[str]) -> dict[str, Result]:
        """Run tests in one process, then alone the few that failed there: they may be in each other's way."""
        results = self._run_tests(suite, tests)
        left = [test for test in tests if results.get(f"{suite.name}::{test}") == "failed"]
        if len(tests) > 1 and len(left) <= _ALONE_AT_MOST and not suite.is_doc:
            for test in left:
                results |= self._run_tests(suite, [test])
        return results

    def _run_tests(self, suite: Suite, tests: list[str]) -> dict[str, Result]:
        """Run tests of a suite in one process, and by halves where that leaves no clear word on each.

        A test passed where the text is clear and says so, or where its process ended well and counts it.
        """
        if not tests or not self._has_time:
            return {}
        named = [f"{suite.name}::{test}" for test in tests]
        spelled = [self._spelled(suite, test) for test in tests]
        if len(tests) == 1 or sum(map(len, spelled)) <= _NAMES_AT_MOST:
            ran = self._run([*self._chosen(suite), "--", *suite.filters_for(spelled)])
            if ran.is_clear(suite.name):
                return {name: ran.results[name] for name in named if name in ran.results}
            if ran.ok and ran.parsed.counted.get(suite.name) == self._expected(suite, tests):
                return dict.fromkeys(named, "passed")
            if len(tests) == 1:
                return {named[0]: "hung" if ran.hung and ran.results.get(named[0]) != "passed" else "failed"}
        return self._by_halves(suite, tests)

    def _by_halves(self, suite: Suite, tests: list[str]) -> dict[str, Result]:
        middle = len(tests) // 2
        return self._run_tests(suite, tests[:middle]) | self._run_tests(suite, tests[middle:])

    def _expected(self, suite: Suite, tests: list[str]) -> int:
        """Return how many tests run where these are asked for: several doctests may share an item."""
        if not suite.is_doc:
            return len(tests)
        spelled = [self._spelled(suite, test) for test in tests]
        listed = set(self._listed(suite).values()) - set(self._listed(suite, "--ignored").values())
        return len(suite.chosen(spelled, listed))

    def _listed(self, suite: Suite, *flags: str) -> dict[str, str]:
        """Return the names that a suite lists, each with its own spelling of it."""
        key = (suite.name, *flags)
        if key not in self._listings:
            text = self._run([*self._chosen(suite), "--", "--list", *flags]).text if self._has_time else ""
            self._listings[key] = {without_places(test, self.conditions.places): test for test in listed_tests(text)}
        return self._listings[key]

    def _spelled(self, suite: Suite, test: str) -> str:
        """Return a test's name as its suite spells it, with the folders of this build."""
        return self._listed(suite).get(test, test) if TARGET in test or PROJECT in test else test

    def _chosen(self, suite: Suite) -> list[str]:
        """Return cargo's arguments for one suite: its package's features only, since cargo refuses any other."""
        return [*suite.selection, *self.conditions.cargo.project.features_for(suite.package_id)]

    def _run(self, arguments: list[str]) -> _Ran:
        watch = _Watch(self.conditions)
        finished = self.conditions.cargo.run(
            test_command(self.conditions.cargo.project, arguments, JSON_MESSAGES),
            timeout_seconds=self.conditions.test_seconds - self._seconds,
            merged=True,
            on_stdout=watch.see,
            is_hung=watch.is_hung,
        )
        self._seconds += finished.seconds
        with self.conditions.log.open("ab") as log:
            log.write(finished.stdout)
        text = finished.stdout.decode("utf-8", "replace")
        is_complete = not finished.timed_out
        return _Ran(
            text=text,
            parsed=parse_tests(text, places=self.conditions.places, complete=is_complete, ok=finished.ok),
            ok=finished.ok,
            exit_status=finished.exit_status,
            hung=finished.timed_out and watch.has_hung,
        )


def on_cargo_line(cargo: Cargo, line: str) -> None:
    """Pass on what cargo itself says in a run whose tests write to the same stream."""
    if line.startswith(_CARGO_SAYS):
        cargo.on_line(line)


def _pairs(parsed: ParsedTests) -> Iterator[tuple[str, Result]]:
    yield from ((name, "passed") for name in parsed.passed)
    yield from ((name, "failed") for name in parsed.failed)
    yield from ((name, "ignored") for name in parsed.ignored)


def _named(results: dict[str, Result], wanted: Result) -> list[str]:
    return sorted(name for name, result in results.items() if result == wanted)


def _what_went_wrong(ran: _Ran, doubts: Mapping[str, str]) -> str:
    if ran.ok or ran.parsed.passed or ran.parsed.failed:
        told = "; ".join(f"{suite}: {reason}" for suite, reason in doubts.items())
        return f"{told}: judged by exit statuses" if told else ""
    said = [line for line in ran.text.splitlines() if not line.startswith("{")]
    return failure_of("\n".join(said).strip(), f"cargo ended with exit status {ran.exit_status}")


class _Watch:
    """Watches a run: counts the tests that are done, passes on what cargo says, and sees when nothing comes."""

    def __init__(self, conditions: SuiteConditions) -> None:
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
        """Return whether a suite runs and has said nothing for too long."""
        silent_since = self._last_sign
        self.has_hung = silent_since is not None and time.monotonic() - silent_since > self._conditions.hang_seconds
        return self.has_hung
