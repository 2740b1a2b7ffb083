"""`burnish check` with the real cargo: what is judged, what is named, and that no file is touched."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest

from burnish.resources import config_file
from tests.conftest import Crate, Run

pytestmark = pytest.mark.cargo


def test_check_judges_the_project_as_it_stands(crate: Crate, burnish: Run) -> None:
    """One document, after the schema; the tests pass, the limit holds, and no file is another."""
    before = crate.tree()
    finished = burnish("check", "--tests", "--max-size", "9 MB", "--json", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    jsonschema.Draft202012Validator(json.loads(config_file("report.schema.json").read_bytes())).validate(report)
    verdicts = {gate["name"]: gate["verdict"] for gate in report["gates"]}
    assert (report["outcome"], verdicts["size"], verdicts["tests"]) == ("met", "pass", "pass")
    assert crate.tree() == before
    assert not (crate.root / "target" / "release").exists()


def test_check_over_a_limit(crate: Crate, burnish: Run) -> None:
    """The exit status is the verdict; the next command is named."""
    finished = burnish("check", "--max-size", "1 kB", cwd=crate.root)
    assert finished.returncode == 2
    assert "not met: size (fail)" in finished.stderr
    assert "burnish optimize" in finished.stderr


def test_kept_setting_that_a_variable_shadows(crate: Crate, burnish: Run) -> None:
    """The setting and the variable are named."""
    if os.environ.get("CARGO_PROFILE_RELEASE_OPT_LEVEL"):
        pytest.skip("the machine's own variable shadows it already")
    assert burnish("optimize", cwd=crate.root).returncode == 0
    assert burnish("check", cwd=crate.root).returncode == 0
    shadowed = burnish("check", cwd=crate.root, env={"CARGO_PROFILE_RELEASE_OPT_LEVEL": "3"})
    assert shadowed.returncode == 2
    assert "hello has opt-level 3 instead of s" in shadowed.stdout
    assert "CARGO_PROFILE_RELEASE_OPT_LEVEL" in shadowed.stdout
