"""Generated projects: whatever burnish decides, nothing is lost, taken or left without a word."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.generator import as_text, generate
from tests.cases.harness import try_case
from tests.cases.survey import write_files

QUICK, SOME, HUNDREDS = 1, 8, 300
pytestmark = pytest.mark.cargo


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose how many projects are tried."""
    if "number" in metafunc.fixturenames:
        deep, cases = metafunc.config.getoption("deep"), metafunc.config.getoption("cases")
        metafunc.parametrize("number", range(HUNDREDS if deep else SOME if cases else QUICK))


def test_generated_project_loses_nothing(
    number: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """After "kept" a clone does all it did, each setting is in force or named; after anything else all is back."""
    case = generate(number)
    verdict = try_case(case, tmp_path)
    record_property("projects", {verdict.outcome: 1, "wrong": int(bool(verdict.findings))})
    assert verdict.findings == [], f"{as_text(case)}\n{verdict.said}"


def test_generated_projects_are_projects_of_many_shapes(tmp_path: Path) -> None:
    """Cargo reads each of them, and they differ."""
    cases = [generate(number) for number in range(20)]
    for number, case in enumerate(cases):
        project = tmp_path / str(number)
        write_files(project, case.files)
        argv = ["cargo", "metadata", "--format-version=1", "--offline"]
        done = subprocess.run(argv, cwd=project, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, f"{as_text(case)}\n{done.stderr.decode()}"
        assert json.loads(done.stdout)["packages"]
    assert len({as_text(case) for case in cases}) == len(cases)
