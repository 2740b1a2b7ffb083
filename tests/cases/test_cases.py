"""Each case of `data`, tried and proven by the harness: the quick ones, or with `--cases` all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.case import read_cases
from tests.cases.harness import try_case

CASES = dict(read_cases())
pytestmark = pytest.mark.cargo


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the cases: those that need the network are marked so."""
    if "name" in metafunc.fixturenames:
        wants_all = metafunc.config.getoption("cases")
        chosen = {name: case for name, case in CASES.items() if wants_all or case.quick}
        marks = {name: [pytest.mark.network] if "network" in case.needs else [] for name, case in chosen.items()}
        metafunc.parametrize("name", [pytest.param(name, marks=marks[name]) for name in chosen])


def test_case_is_right(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """What burnish says and does is what a user would rightly expect, and nothing is lost by what it leaves."""
    missing = [need for need in CASES[name].needs if need != "network" and shutil.which(need) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    verdict = try_case(CASES[name], tmp_path)
    record_property("case", {"name": name, "was": CASES[name].was, "now": verdict.outcome})
    assert verdict.findings == [], verdict.said


def test_each_case_says_what_it_stands_for_and_can_be_wrong() -> None:
    """No case is without a kind, and the quick ones are those that need no network."""
    assert all(case.kind and case.tried and case.outcomes for case in CASES.values())
    assert not [name for name, case in CASES.items() if case.quick and "network" in case.needs]
