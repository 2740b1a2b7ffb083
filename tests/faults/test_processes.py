"""D3, D5: no program that we started outlives its time, or writes what was put back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from burnish.system.process import Programs
from burnish.transaction.journal import StateFolder
from burnish.transaction.rollback import roll_back_changes
from tests.faults.world import LOCK, World, make_world, no_keys

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups")
ROOT = Path(__file__).parents[2]

# A cargo that is deaf to SIGTERM, and its rustc: each adds itself to a list and writes the lock file for ever.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
has_leader = sys.argv[2] == "with-leader"
is_leader = os.fork() != 0
if is_leader and not has_leader:
    os._exit(0)
with open("pids", "a") as pids:
    pids.write(f"{os.getpid()}\\n")
while True:
    with open(sys.argv[1], "ab") as lock:
        lock.write(b"# by an orphan\\n")
    time.sleep(0.002)
"""
# Starts another one of itself, for ever, in short intervals; a list taken of them is never complete.
BREEDING = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    with open("pids", "a") as pids:
        pids.write(f"{os.getpid()}\\n")
    time.sleep(0.05)
    if os.fork() != 0 and os.getpid() != os.getpgrp():
        time.sleep(0.1)
        os._exit(0)
"""
# A run that begins a change, starts such a cargo and waits for it.
RUN = """
import os, sys
from pathlib import Path
from burnish.system.process import Programs
from burnish.transaction.lock import locked
from tests.faults.world import World
world = World(base=Path(sys.argv[1]))
with locked(world.state, "optimize"):
    world.change()
    programs = Programs(env=os.environ, children=world.state.children)
    argv = [sys.executable, "-c", sys.argv[2], "Cargo.lock", sys.argv[3]]
    programs.run(argv, cwd=world.root, timeout_seconds=600)
"""
# The same, and it dies between the start of its cargo and whatever it does next.
DYING = """
import subprocess
start = subprocess.Popen
def start_and_die(*arguments, **options):
    start(*arguments, **options)
    os._exit(9)
import burnish.system.process
burnish.system.process.subprocess.Popen = start_and_die
"""
DYING = RUN.replace("world = World", f"{DYING}world = World")


def alive(folder: Path) -> list[int]:
    """Return those of the listed processes that can still do something."""
    return [pid for pid in map(int, (folder / "pids").read_text().split()) if lives(pid)]


def lives(pid: int) -> bool:
    """Return whether a process can still do something."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it does not come to that")


@pytest.fixture
def killed_run(fast_folder: Path) -> Iterator[Callable[..., World]]:
    """Yield a function that leaves a workspace as a run leaves it that died while its cargo was at work."""
    world = make_world(fast_folder)

    def leave(leader: str, program: str = RUN) -> World:
        argv = [sys.executable, "-c", program, str(world.base), STUBBORN, leader]
        run = subprocess.Popen(argv, cwd=ROOT)
        count = 2 if leader == "with-leader" else 1
        wait_until(lambda: (world.root / "pids").exists() and len(alive(world.root)) == count)
        run.kill()
        run.wait()
        assert len(alive(world.root)) == count
        return world

    yield leave
    for pid in alive(world.root):
        psutil.Process(pid).kill()


@pytest.mark.promise("D3")
@pytest.mark.parametrize("leader", ["with-leader", "without-leader"])
def test_orphaned_cargo_cannot_write_what_was_put_back(
    killed_run: Callable[..., World], leader: str, tried: Callable[..., None]
) -> None:
    """A cargo that outlived us, or what it left of its group, is ended first, and the restored lock file stays."""
    world = killed_run(leader)
    world.rollback()
    assert alive(world.root) == []
    assert (world.root / "Cargo.lock").read_bytes() == LOCK
    tried("D3", kills=1)


@pytest.mark.promise("D3")
def test_orphaned_cargo_of_a_run_that_died_as_it_started_it_is_ended(
    killed_run: Callable[..., World], tried: Callable[..., None]
) -> None:
    """There is no moment at which a cargo runs that a later rollback would not find."""
    world = killed_run("with-leader", DYING)
    world.rollback()
    assert alive(world.root) == []
    assert (world.root / "Cargo.lock").read_bytes() == LOCK
    tried("D3", kills=1)


@pytest.mark.promise("D3")
def test_rollback_in_a_copy_leaves_the_originals_programs_alone(
    killed_run: Callable[..., World], tried: Callable[..., None]
) -> None:
    """A copy brings the record of the original's programs along, and has none of its own."""
    world = killed_run("with-leader")
    copy = StateFolder(world.base / "copy")
    shutil.copytree(world.root, copy.root)
    running = alive(world.root)
    roll_back_changes(copy, world.user_state, undo_keys=no_keys)
    assert (copy.root / "Cargo.lock").read_bytes() == LOCK
    assert alive(world.root) == running
    tried("D3", kills=1)


@pytest.mark.promise("D5")
def test_group_that_breeds_is_ended_at_its_time_limit(tmp_path: Path, tried: Callable[..., None]) -> None:
    """Programs that ignore SIGTERM and start others all the while are gone, every one, after the time limit."""
    argv = [sys.executable, "-c", BREEDING]
    finished = Programs(env=os.environ).run(argv, cwd=tmp_path, timeout_seconds=1)
    assert finished.timed_out
    assert len((tmp_path / "pids").read_text().split()) > 3
    assert alive(tmp_path) == []
    tried("D5", cases=1)
