"""A cargo that fails and says nothing has built nothing, whatever lies in the target folder: its exit status tells."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Crate, Run

pytestmark = pytest.mark.cargo

BASELINE = '[ "$1" = build ] && [ "${CARGO_TARGET_DIR%/baseline}" != "$CARGO_TARGET_DIR" ]'
CANDIDATE = '[ "$1" = build ] && [ -z "$CARGO_TARGET_DIR" ]'
TRIAL = '[ "$1" = build ] && [ "${CARGO_TARGET_DIR#*/trials/}" != "$CARGO_TARGET_DIR" ]'
AGAIN = CANDIDATE + ' && [ -e "$0.once" ]'
Env = dict[str, str]


@pytest.fixture
def silent(tmp_path: Path) -> Callable[..., Env]:
    """Return a function that puts a cargo on the PATH which builds, and ends with 1 and no word where `when` holds."""

    def make(when: str, *, builds: bool = True) -> Env:
        folder = tmp_path / "wrapped"
        folder.mkdir()
        wrapper = folder / "cargo"
        real = shutil.which("cargo")
        build = f'"{real}" "$@" 2>/dev/null' if builds else ":"
        once = f'{CANDIDATE} && touch "$0.once"' if when == AGAIN else ":"
        text = f'#!/bin/sh\nif {when}; then {build}; exit 1; fi\n{once}\nexec "{real}" "$@"\n'
        wrapper.write_text(text, encoding="utf-8")
        wrapper.chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    return make


def gates_of(crate: Crate) -> dict[str, dict[str, str]]:
    """Return the judged gates of the last report, by name."""
    report = max((crate.root / ".burnish" / "runs").glob("*/report.json"), key=lambda path: path.stat().st_mtime)
    return {gate["name"]: gate for gate in json.loads(report.read_text(encoding="utf-8"))["gates"]}


@pytest.mark.parametrize("builds", [True, False])
def test_silent_failure_of_the_baseline(
    crate: Crate, burnish: Run, silent: Callable[..., Env], *, builds: bool
) -> None:
    """What does not build as it is, is not ours to change."""
    before = crate.tree()
    finished = burnish("optimize", "--budget", "sound", cwd=crate.root, env=silent(BASELINE, builds=builds))
    assert finished.returncode == 3, finished.stderr
    assert "does not build as it is" in finished.stderr
    assert "exit status 1 and named no error" in finished.stderr
    assert crate.tree() == before


@pytest.mark.parametrize("builds", [True, False])
def test_silent_failure_of_the_candidate(
    crate: Crate, burnish: Run, silent: Callable[..., Env], *, builds: bool
) -> None:
    """A candidate that cargo did not build is not kept, though the binary lies where it would have been."""
    before = crate.tree()
    finished = burnish("optimize", "--budget", "sound", cwd=crate.root, env=silent(CANDIDATE, builds=builds))
    assert finished.returncode == 2, finished.stderr
    gate = gates_of(crate)["build"]
    assert (gate["verdict"], "exit status 1 and named no error" in gate["reason"]) == ("fail", True), gate
    assert crate.tree() == before


def test_silent_failure_of_the_build_step(crate: Crate, burnish: Run, silent: Callable[..., Env]) -> None:
    """The step by itself says so too."""
    for step in ("baseline", "apply-profile"):
        assert burnish(step, cwd=crate.root).returncode == 0
    finished = burnish("build", cwd=crate.root, env=silent(CANDIDATE))
    assert (finished.returncode, "the candidate does not build" in finished.stderr) == (2, True), finished.stderr


def test_silent_failure_when_built_again(crate: Crate, burnish: Run, silent: Callable[..., Env]) -> None:
    """What was judged once and cannot be built again is not what the user will have."""
    before = crate.tree()
    finished = burnish("optimize", "--budget", "sound", cwd=crate.root, env=silent(AGAIN))
    assert finished.returncode == 2, finished.stderr
    gate = gates_of(crate)["build"]
    assert (gate["verdict"], "does not build again" in gate["reason"]) == ("fail", True), gate
    assert crate.tree() == before


def test_silent_failure_of_a_trial(crate: Crate, burnish: Run, silent: Callable[..., Env]) -> None:
    """A trial that cargo did not build is none that works, and it is tried again another time."""
    search = "\n[package.metadata.burnish.search]\nmax_trials = 1\noffer_trials = 0\nmax_rounds = 3\nruns = 3\n"
    crate.write({"Cargo.toml": (crate.root / "Cargo.toml").read_text(encoding="utf-8") + search})
    crate.commit()
    finished = burnish("tune", "--json", cwd=crate.root, env=silent(TRIAL))
    (trial,) = json.loads(finished.stdout)["tune"]["trials"]
    assert (trial["side"]["built"], trial["side"]["artifact"]) == (False, None)
    assert trial["failure"].startswith("does not build: error: cargo ended with exit status 1")
    (trial,) = json.loads(burnish("tune", "--json", cwd=crate.root).stdout)["tune"]["trials"]
    assert (trial["side"]["built"], trial["failure"]) == (True, "")
