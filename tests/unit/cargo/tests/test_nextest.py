from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.cargo.tests.nextest import Case, NextestTests, parse_junit
from burnish.cargo.toolkit import Toolkit
from burnish.measure.traces import Places
from tests.unit.cargo.tests.test_suites import conditions_of

PLACES = Places(project=Path("/ws"), target=Path("/ws/target"))
# As nextest 0.9.143 wrote it, shortened.
JUNIT = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="5" skipped="0" failures="2" errors="0">
    <testsuite name="odd" tests="4" skipped="0" errors="0" failures="2">
        <testcase name="tests::flaky" classname="odd" time="0.013">
            <flakyFailure type="test failure with exit code 101">panicked</flakyFailure>
        </testcase>
        <testcase name="tests::bad" classname="odd" time="0.395">
            <failure message="panicked &apos;&lt;&amp;" type="test failure with exit code 101">explicit panic</failure>
            <rerunFailure type="test failure with exit code 101"/>
        </testcase>
        <testcase name="tests::hung" classname="odd" time="2.004">
            <failure type="test timeout"/>
        </testcase>
        <testcase name="tests::skipped" classname="odd"><skipped/></testcase>
    </testsuite>
    <testsuite name="odd::cli" tests="1" skipped="0" errors="0" failures="0">
        <testcase name="/ws/target/release/a" classname="odd::cli" time="0.016"/>
    </testsuite>
</testsuites>
"""


def test_parse_junit_of_every_result() -> None:
    """Each case has its suite, its name, and what became of it; a flaky one has passed in the end."""
    assert parse_junit(JUNIT, PLACES) == [
        Case(suite="odd", test="tests::flaky", name="odd::tests::flaky", result="passed", is_flaky=True),
        Case(suite="odd", test="tests::bad", name="odd::tests::bad", result="failed"),
        Case(suite="odd", test="tests::hung", name="odd::tests::hung", result="hung"),
        Case(suite="odd", test="tests::skipped", name="odd::tests::skipped", result="ignored"),
        Case(suite="odd::cli", test="/ws/target/release/a", name="odd::cli::<target>/release/a", result="passed"),
    ]


@pytest.mark.parametrize("content", [b"", b"<", b"\xff\xfe", JUNIT[:300], b"<testsuites/>"])
def test_parse_junit_of_what_is_none(content: bytes) -> None:
    """A missing, torn or empty file holds no case."""
    assert parse_junit(content, PLACES) == []


STAND_IN = """\
#!{python}
import pathlib, re, sys
config = next(word for word in sys.argv if word.startswith("--tool-config-file=")).partition(":")[2]
junit = re.search('path = "(.*)"', pathlib.Path(config).read_text())[1]
failed = "<failure/>" if {fails} else ""
suite = f'<testsuite name="s"><testcase name="a">{{failed}}</testcase></testsuite>'
pathlib.Path(junit).write_text(f"<testsuites>{{suite}}</testsuites>")
sys.exit({status})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
@pytest.mark.parametrize(
    ("fails", "status", "passed", "failed"),
    [(False, 0, ["s::a"], []), (True, 100, [], ["s::a"]), (False, 105, [], [])],
)
def test_run_that_fails_without_a_failed_test_has_passed_none(
    tmp_path: Path, *, fails: bool, status: int, passed: list[str], failed: list[str]
) -> None:
    """The exit status is believed over the file: what failed beside the tests is no success of theirs."""
    cargo = tmp_path / "cargo"
    cargo.write_text(STAND_IN.format(python=sys.executable, fails=fails, status=status), encoding="utf-8")
    cargo.chmod(0o755)
    own = conditions_of(tmp_path / "odd", {"src/main.rs": "fn main() {}\n"})
    stood_in = replace(own, cargo=replace(own.cargo, toolkit=Toolkit(triple="this host's", cargo=str(cargo))))
    tests = NextestTests(conditions=stood_in).run_all()
    assert (tests.passed, tests.failed) == (passed, failed)
    assert ("exit status 105" in tests.note) == (status == 105)


@given(st.binary(max_size=200))
def test_parse_junit_of_anything(content: bytes) -> None:
    """Whatever the file holds, it is read or it is none."""
    assert all(case.result for case in parse_junit(content, PLACES))
