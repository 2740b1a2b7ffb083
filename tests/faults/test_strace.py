"""A1, A2: the real program, killed at each system call by which it changes something."""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from burnish.errors import BurnishError
from burnish.job.undoing import undo
from burnish.system.console import Console
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked
from tests.conftest import Crate, cases
from tests.faults.traced import SystemCall, Traced
from tests.faults.world import Tree, walk
from tests.stubs import stub_cargo

EVERY = cases(quick=25, deep=1)
# Workers share what takes long.
PARTS = cases(quick=2, deep=6)
NOT_THE_USERS = {".burnish", ".git", "target"}


def can_trace() -> bool:
    """Return whether strace is here and may trace."""
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
        """Roll back, as `burnish rollback` does, as far as that goes."""
        state = StateFolder(self.crate.root)
        with contextlib.suppress(BurnishError), locked(state, "rollback"):
            undo(state, self.user_state, Console(color="never", env={}))

    def tree(self) -> Tree:
        """Return kind, mode and content of the user's files."""
        # A cargo that outlived a killed run may still write below target.
        return dict(walk(self.crate.root, without=NOT_THE_USERS))


@pytest.fixture
def workspace(crate: Crate, user_env: dict[str, str], tmp_path: Path) -> Workspace:
    """Return a crate whose recipe changes both files."""
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    with_flags = manifest.replace("strip = true }", 'strip = true }\nrustflags = ["-C prefer-dynamic=no"]')
    crate.write({"Cargo.toml": with_flags})
    crate.commit()
    return Workspace(crate, Path(user_env["XDG_STATE_HOME"]), tmp_path / "kept")


@pytest.fixture
def burnish_traced(crate: Crate, user_env: dict[str, str], tmp_path: Path) -> Callable[..., Traced]:
    """Return a function that prepares burnish, with a cargo that takes no time, to be traced."""
    env = stub_cargo(tmp_path / "stubs", user_env)
    return lambda *arguments: Traced(arguments=arguments, env=env, cwd=crate.root, log=tmp_path / "trace")


def calls_of(workspace: Workspace, program: Traced) -> list[SystemCall]:
    """Keep this moment, and return the calls by which the program changes something from here on."""
    workspace.keep()
    return program.mutating_calls(*workspace.places)


def sweep(
    workspace: Workspace, program: Traced, before: Tree, attempts: Sequence[tuple[SystemCall, ...]]
) -> tuple[int, dict[tuple[SystemCall, ...], set[str]]]:
    """Start the program once for each call of an attempt, kill it there, and roll back after the last.

    Give the number of kills, and the attempts after which not all is as `before`, with what is not.
    """
    kills, broken = 0, {}
    for attempt in attempts:
        workspace.put_back()
        kills += sum([program.is_killed(call) for call in attempt])
        workspace.roll_back()
        after = workspace.tree()
        if after != before:
            broken[attempt] = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return kills, broken


@pytest.mark.promise("A1")
@pytest.mark.parametrize("part", range(PARTS))
def test_optimize_killed_at_any_system_call_then_rollback_restores(
    part: int, workspace: Workspace, burnish_traced: Callable[..., Traced], tried: Callable[..., None]
) -> None:
    """Wherever the real program dies, `rollback` gives back the same workspace."""
    before, program = workspace.tree(), burnish_traced("optimize")
    calls = calls_of(workspace, program)
    attempts = [(call,) for call in calls[part * EVERY :: PARTS * EVERY]]
    kills, broken = sweep(workspace, program, before, attempts)
    tried("A1", kills=kills)
    assert broken == {}
    assert len(calls) > 100
    assert kills >= len(attempts) / 2


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
    program = burnish_traced("rollback")
    calls = calls_of(workspace, program)
    attempts = [(calls[number], calls[number // 2]) for number in range(0, len(calls), max(1, EVERY // 5))]
    kills, broken = sweep(workspace, program, before, attempts)
    tried("A2", kills=kills)
    assert broken == {}
    assert len(calls) > 10
    assert kills >= len(attempts) / 2


def test_naive_writer_does_not_survive(workspace: Workspace, burnish_traced: Callable[..., Traced]) -> None:
    """The sweep sees the difference: killed while it writes a file in place, a program leaves half of it."""
    before = workspace.tree()
    program = replace(burnish_traced("apply-profile"), module="tests.faults.naive")
    workspace.keep()
    calls = program.mutating_calls(workspace.crate.root / "Cargo.toml")
    _, broken = sweep(workspace, program, before, [(call,) for call in calls])
    assert broken != {}
