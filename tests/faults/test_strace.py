"""A1, A2: the real program, killed at each system call by which it changes something."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish.console import Console
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked
from burnish.undo import undo
from tests.conftest import Crate
from tests.faults.stubs import stub_cargo
from tests.faults.traced import SystemCall, Traced
from tests.faults.world import Tree, walk

DEEP = "BURNISH_DEEP" in os.environ
EVERY = 1 if DEEP else 25
NOT_THE_USERS = {".burnish", ".git", "target"}


def can_trace() -> bool:
    """Say whether strace is here and may trace."""
    program = shutil.which("strace")
    return program is not None and subprocess.run([program, "true"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="the stubs are of x86_64 Linux"
    ),
    pytest.mark.skipif(not can_trace(), reason="there is no strace, or it may not trace here (apt-get install strace)"),
]


class Workspace:
    """The crate and the user's state folder, which can be put back to what they were at an earlier moment."""

    def __init__(self, crate: Crate, state: Path, kept: Path) -> None:
        self.crate = crate
        self.places = {crate.root: kept / "root", state / "burnish": kept / "state"}
        self.user_state = state / "burnish"

    def keep(self) -> None:
        """Keep this moment."""
        for place, copy in self.places.items():
            shutil.copytree(place, copy, symlinks=True) if place.exists() else copy.mkdir(parents=True)

    def put_back(self) -> None:
        """Go back to the moment that was kept."""
        for place, copy in self.places.items():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(copy, place, symlinks=True)

    def roll_back(self) -> None:
        """Roll back, as `burnish rollback` does."""
        state = StateFolder(self.crate.root)
        with locked(state, "rollback"):
            undo(state, self.user_state, Console(color="never", env={}))

    def tree(self) -> Tree:
        """Give kind, mode and content of the user's files."""
        return {name: entry for name, entry in walk(self.crate.root) if Path(name).parts[0] not in NOT_THE_USERS}


@pytest.fixture
def workspace(crate: Crate, user_env: dict[str, str], tmp_path: Path) -> Workspace:
    """Give a crate whose recipe changes both files."""
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    with_flags = manifest.replace("strip = true }", 'strip = true }\nrustflags = ["-C prefer-dynamic=no"]')
    crate.write({"Cargo.toml": with_flags})
    crate.commit()
    return Workspace(crate, Path(user_env["XDG_STATE_HOME"]), tmp_path / "kept")


@pytest.fixture
def burnish_traced(crate: Crate, user_env: dict[str, str], tmp_path: Path) -> Callable[..., Traced]:
    """Give a function that prepares burnish, with a cargo that takes no time, to be traced."""
    env = stub_cargo(tmp_path / "stubs", user_env)
    return lambda *arguments: Traced(arguments=arguments, env=env, cwd=crate.root, log=tmp_path / "trace")


def sweep(
    workspace: Workspace, program: Traced, before: Tree, *, part: int = 0, parts: int = 1, twice: bool = False
) -> tuple[int, list[SystemCall]]:
    """Kill the program at each call, and `twice` at one of the next attempt's too; then roll back.

    Only every so many calls, and of these a part. Give the number of kills, and the calls after which not all is as `before`.
    """
    workspace.keep()
    calls = program.mutating_calls(*workspace.places)
    kills, broken = 0, []
    for number in range(part * EVERY, len(calls), parts * EVERY):
        workspace.put_back()
        kills += program.is_killed(calls[number])
        kills += twice and program.is_killed(calls[number // 2])
        workspace.roll_back()
        broken += [] if workspace.tree() == before else [calls[number]]
    return kills, broken


@pytest.mark.promise("A1")
@pytest.mark.parametrize("part", range(2))
def test_optimize_killed_at_any_system_call_then_rollback_restores(
    part: int, workspace: Workspace, burnish_traced: Callable[..., Traced], tried: Callable[..., None]
) -> None:
    """Wherever the real program dies, `rollback` gives back the same workspace."""
    kills, broken = sweep(workspace, burnish_traced("optimize"), workspace.tree(), part=part, parts=2)
    tried("A1", kills=kills)
    assert broken == []
    assert kills > 80 // EVERY


@pytest.mark.promise("A2")
@pytest.mark.parametrize("first", [("apply-profile", "write-config"), ("optimize",)], ids=["live", "kept"])
def test_rollback_killed_at_any_system_call_then_rollback_restores(
    first: tuple[str, ...], workspace: Workspace, burnish_traced: Callable[..., Traced], tried: Callable[..., None]
) -> None:
    """Wherever a rollback dies, and the next one too, the one after them gives back the same workspace."""
    before = workspace.tree()
    for step in first:
        assert burnish_traced(step).run() == 0
    assert workspace.tree() != before
    kills, broken = sweep(workspace, burnish_traced("rollback"), before, twice=True)
    tried("A2", kills=kills)
    assert broken == []
    assert kills > 50 // EVERY
