"""The main job on programs from crates.io that are not ours: one plain, one with proc macros, one a workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.crates.fetch import VERSIONS, fetch

pytestmark = [pytest.mark.cargo, pytest.mark.network]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Download the programs once."""
    return fetch(tmp_path_factory.mktemp("crates"))


@pytest.mark.parametrize("name", list(VERSIONS))
def test_portable_is_kept_and_rolled_back(programs: dict[str, Path], burnish: Run, name: str) -> None:
    """The program gets smaller, its tests stay as they were, and after a rollback git sees no change."""
    folder = programs[name]
    finished = burnish("optimize", "--recipe", "portable", "--json", cwd=folder)
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["outcome"]) == (0, "kept"), finished.stderr
    assert report["candidate"]["size_bytes"] < report["baseline"]["size_bytes"]
    assert set(report["baseline"]["tests"]["passed"]) <= set(report["candidate"]["tests"]["passed"])
    assert burnish("rollback", cwd=folder).returncode == 0
    status = burnish("status", "--porcelain", cwd=folder, program=("git",))
    assert (status.returncode, status.stdout) == (0, "")


def test_libtests_benches_of_a_library_are_named(programs: dict[str, Path], burnish: Run) -> None:
    """The benches of globset are `#[bench]` functions: the doctor says so, and that they are not judged."""
    folder = programs["ripgrep"] / "crates" / "globset"
    found = json.loads(burnish("doctor", "--json", cwd=folder).stdout)
    reason = "libtest's own bench harness, which stable Rust does not run"
    assert f"the benches of globset/bench are not judged: {reason}" in [finding["found"] for finding in found]
