"""The promises: what is listed, what is tested and what the guide says are the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tally import Tried, read_promises, table, unproven
from tests.guide.tables import all_rows

TESTS = Path(__file__).parents[1]
LISTED = {
    "A1": {"promise": "Nothing is lost.", "kinds": ["kills"]},
    "A2": {"promise": "Nothing is changed.", "kinds": ["cases"]},
}


def marks(path: Path) -> Iterator[str]:
    """Yield the promises that the tests of a module are marked with."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
            yield ast.literal_eval(node.args[0])


def test_each_promise_has_a_test_and_each_mark_is_a_promise() -> None:
    """No promise is without a test, and no test proves one that is not listed."""
    marked = {name for path in TESTS.rglob("test_*.py") for name in marks(path)}
    assert marked == set(read_promises())


def test_guides_tables_are_the_list() -> None:
    """Each promise stands in the guide, word for word, and no other does."""
    assert dict(all_rows("reference/promises.md")) == {name: one["promise"] for name, one in read_promises().items()}


def test_promise_is_proven_by_tests_that_pass_and_cases_of_each_kind() -> None:
    """A promise needs a test that passes, cases of all its kinds, and no test left out."""
    proven = Tried()
    proven.outcomes["passed"] = 1
    proven.cases["kills"] = 3
    assert list(unproven(LISTED, {"A1": proven})) == ["A2: no test of it passed", "A2: no cases were tried"]


def test_test_that_is_left_out_proves_nothing() -> None:
    """A skipped test is told, with its reason."""
    skipped = Tried(left_out=["tests/test_x.py::test_x: no strace"])
    skipped.outcomes["skipped"] = 1
    assert list(unproven({"A1": LISTED["A1"]}, {"A1": skipped})) == [
        "A1: no test of it passed",
        "A1: no kills were tried",
        "A1: left out: tests/test_x.py::test_x: no strace",
    ]


def test_table_counts_tests_failures_and_cases() -> None:
    """A line for each promise, and one for all."""
    tried = Tried()
    tried.outcomes.update(passed=2, failed=1)
    tried.cases.update(kills=1200, crash_states=7)
    lines = [line.split() for line in table(LISTED, {"A1": tried})]
    assert lines[1][:8] == ["A1", "3", "1", "7", "crash", "states,", "1,200", "kills"]
    assert lines[2][:3] == ["A2", "0", "0"]
    assert lines[3] == ["all:", "7", "crash", "states,", "1,200", "kills"]


@pytest.mark.parametrize(("option", "status"), [((), 0), (("--promises",), 1)])
def test_run_that_proves_nothing_fails_only_where_promises_are_asked_for(option: tuple[str, ...], status: int) -> None:
    """`--promises` fails a run in which all tests passed, and none of them proved a promise."""
    quick = str(TESTS / "unit" / "measure" / "test_size.py")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", quick, *option]
    done = subprocess.run(argv, cwd=TESTS.parent, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, "A1: no test of it passed" in done.stdout) == (status, bool(option))
