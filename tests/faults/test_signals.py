"""A6: SIGINT, SIGTERM and SIGHUP at any step put everything back, however often they come."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Crate, Run, cases
from tests.stubs import stub_cargo

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="the stub of cargo makes ELF files")]
ROOT = Path(__file__).parents[2]
STATUSES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
POINTS = cases(quick=5, deep=30)
NEVER = "never"


class Stopping:
    """A crate, and burnish, to be stopped in the midst of `optimize` with a cargo that takes no time."""

    def __init__(self, crate: Crate, stubs: Path, env: dict[str, str], burnish: Run) -> None:
        self.crate = crate
        self.stubs = stubs
        self.env = {**stub_cargo(stubs, env), "PYTHONPATH": str(ROOT)}
        self.burnish = burnish
        self.before = crate.tree()

    def optimize(self, number: int, at: str, *, storm: bool = False) -> tuple[int, int, str]:
        """Send a signal at a call; return the exit status, the number of calls, and what was said."""
        argv = [sys.executable, "-m", "tests.faults.signalled", *map(str, (int(number), at, int(storm))), "optimize"]
        done = subprocess.run(
            argv, cwd=self.crate.root, env=self.env, capture_output=True, text=True, check=False, timeout=120
        )
        calls = re.search(r"calls: ([0-9]+)", done.stderr)
        return done.returncode, int(calls[1]) if calls else 0, done.stderr

    def at_build(self, lines: str) -> None:
        """Let cargo do something in each build."""
        (self.stubs / "at-build").write_text(lines, encoding="utf-8")

    def is_whole(self) -> bool:
        """Return whether all is as before, or the change was final already; undo it then."""
        if (self.crate.root / ".burnish" / "active.json").exists():
            return False
        if self.crate.tree() != self.before:
            self.burnish("rollback", cwd=self.crate.root, env=self.env)
        return self.crate.tree() == self.before


@pytest.fixture
def stopping(crate: Crate, user_env: dict[str, str], tmp_path: Path, burnish: Run) -> Stopping:
    """Return a crate to stop burnish in."""
    return Stopping(crate, tmp_path / "stubs", user_env, burnish)


@pytest.mark.promise("A6")
def test_signal_at_any_call_of_the_flow_puts_everything_back(stopping: Stopping, tried: Callable[..., None]) -> None:
    """At points all over the flow, once or again at every call after it: the shell's status, and every byte is back."""
    status, calls, said = stopping.optimize(signal.SIGTERM, NEVER)
    assert (status, calls > 1000) == (0, True), said
    assert stopping.is_whole()
    numbers = list(STATUSES)
    for point in range(POINTS):
        number, at = numbers[point % 3], 1 + point * (calls - 1) // POINTS
        status, _, said = stopping.optimize(number, str(at), storm=point % 2 == 1)
        is_changed = stopping.crate.tree() != stopping.before
        assert (status, stopping.is_whole()) == (STATUSES[number], True), f"signal {number} at call {at}: {said}"
        told = re.search(r"files: +(\w+)", said)
        assert told is not None, said
        assert (told[1] == "changed") == is_changed, f"signal {number} at call {at}: {said}"
    tried("A6", signals=POINTS)


@pytest.mark.promise("A6")
@pytest.mark.parametrize("at", ["_undo_ours", "undo", "_undo_file", "close"])
def test_signal_on_the_way_out_of_an_error_puts_everything_back(
    stopping: Stopping, at: str, tried: Callable[..., None]
) -> None:
    """A run that ends by itself, since the project does not build, and is told to stop while it puts files back."""
    stopping.at_build("exit 1")
    status, _, said = stopping.optimize(signal.SIGTERM, at)
    assert (status, stopping.is_whole()) == (143, True), said
    tried("A6", signals=1)


@pytest.mark.promise("A6")
@pytest.mark.parametrize(
    ("at", "files", "next_command"),
    [
        ("preflight", "untouched", "burnish status"),
        ("write_link_settings", "restored, byte for byte", "burnish status"),
        ("note_attempt", "changed: change 2 is final, and can be undone", "burnish rollback --to 2"),
    ],
)
def test_interruption_says_what_became_of_the_files(
    stopping: Stopping, at: str, files: str, next_command: str, tried: Callable[..., None]
) -> None:
    """Not what may have become of them: nothing was written yet, it was put back, or the change was final."""
    _, _, said = stopping.optimize(signal.SIGTERM, at)
    assert f"  files:    {files}\n  next:     {next_command}\n" in said
    tried("A6", signals=1)


@pytest.mark.promise("A6")
def test_closed_terminal_puts_everything_back(stopping: Stopping, tried: Callable[..., None]) -> None:
    """When the terminal goes, there is nobody to print for; the files are put back all the same."""
    stopping.at_build("grep -q profile.release Cargo.toml && sleep 600")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(stopping.crate.root)
        os.execve(sys.executable, [sys.executable, "-m", "burnish", "optimize"], stopping.env)  # noqa: S606 - burnish
    shown = b""
    while b"3 build" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    os.waitpid(child, 0)
    assert stopping.is_whole()
    tried("A6", signals=1)


@pytest.mark.promise("B3")
def test_git_clean_in_the_midst_of_a_run(stopping: Stopping, tried: Callable[..., None]) -> None:
    """A `git clean -fdx` while cargo builds takes our state folder; the run still knows what it has to put back."""
    stopping.at_build("grep -q profile.release Cargo.toml && git clean -fdxq")
    status, _, said = stopping.optimize(signal.SIGTERM, NEVER)
    assert (status, stopping.crate.tree() == stopping.before) == (2, True), said
    tried("B3", cases=1)
