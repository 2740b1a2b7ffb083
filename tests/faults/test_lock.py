"""D1: one run at a time, however many come at once, and none waits for a dead one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Crate

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"), pytest.mark.promise("D1")]
RACERS = 50
ROOT = Path(__file__).parents[2]

# Forks so many racers, starts them at once, and prints a line for each that comes to its end or to the lock:
# process id, exit status (0 for the one that has the lock and keeps it), and what it says.
RACE = """
import os, sys, time
from pathlib import Path
from burnish.errors import BurnishError
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked

def say(status, text):
    os.write(1, f"{os.getpid()} {status} {text}\\n".encode())

def race(root):
    try:
        with locked(StateFolder(root), "optimize"):
            say(0, "holds the lock")
            time.sleep(600)
    except BurnishError as error:
        say(error.exit_status, error.found)
    finally:
        os._exit(0)

gate, starter = os.pipe()
for _ in range(int(sys.argv[2])):
    if os.fork() == 0:
        os.close(starter)
        os.read(gate, 1)
        race(Path(sys.argv[1]))
os.close(starter)
time.sleep(600)
"""


@pytest.fixture
def race(tmp_path: Path) -> Iterator[Callable[[int], dict[int, tuple[int, str]]]]:
    """Yield a function that lets so many processes race for the lock of a workspace, and says how each fared."""
    started: list[subprocess.Popen[str]] = []

    def run(racers: int) -> dict[int, tuple[int, str]]:
        argv = [sys.executable, "-c", RACE, str(tmp_path), str(racers)]
        host = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(host)
        assert host.stdout is not None
        lines = [host.stdout.readline().split(" ", 2) for _ in range(racers)]
        return {int(pid): (int(status), text.rstrip()) for pid, status, text in lines}

    yield run
    for host in started:
        os.killpg(host.pid, signal.SIGKILL)
        host.communicate()


def test_one_of_fifty_gets_the_lock_and_the_others_say_who(
    race: Callable[[int], dict[int, tuple[int, str]]], tried: Callable[..., None]
) -> None:
    """Also where the state folder must first be made: one works, and 49 end with 5 and name its process."""
    ends = race(RACERS)
    (winner,) = [pid for pid, (status, _) in ends.items() if status == 0]
    del ends[winner]
    named = f"another run is at work here: process {winner}, `optimize`, since "
    assert [end for end in ends.values() if end[0] != 5 or not end[1].startswith(named)] == []
    tried("D1", racers=RACERS)


def test_lock_of_a_killed_run_is_free_at_once(
    race: Callable[[int], dict[int, tuple[int, str]]], tmp_path: Path
) -> None:
    """Whoever holds the lock is killed, again and again: the next race has a winner, who is the one that is named."""
    for _ in range(3):
        ends = race(5)
        (winner,) = [pid for pid, (status, _) in ends.items() if status == 0]
        del ends[winner]
        assert all(f"process {winner}, " in text for _, text in ends.values()), ends
        os.kill(winner, signal.SIGKILL)
        assert (tmp_path / ".burnish" / "holder").exists()


def test_second_program_is_busy_while_the_first_waits_for_cargo(
    crate: Crate, user_env: dict[str, str], tmp_path: Path
) -> None:
    """The real program, held up in the midst of its work: `rollback` and `baseline` end with 5 and say who works."""
    programs = tmp_path / "programs"
    programs.mkdir()
    cargo = programs / "cargo"
    real = shutil.which("cargo", path=user_env["PATH"])
    cargo.write_text(f'#!/bin/sh\ncase "$1" in build) echo at work >&2; exec sleep 600;; esac\nexec {real} "$@"\n')
    cargo.chmod(0o755)
    env = {**user_env, "PATH": f"{programs}{os.pathsep}{user_env['PATH']}"}
    argv = [sys.executable, "-m", "burnish"]
    first = subprocess.Popen(
        [*argv, "baseline", "--verbose"], cwd=crate.root, env=env, stderr=subprocess.PIPE, text=True
    )
    assert first.stderr is not None
    assert any("at work" in line for line in first.stderr)
    for command in ("rollback", "baseline"):
        second = subprocess.run([*argv, command], cwd=crate.root, env=env, capture_output=True, text=True, check=False)
        assert (second.returncode, f"process {first.pid}, `baseline`, since " in second.stderr) == (5, True)
    first.terminate()
    first.communicate()
    assert first.returncode == 143
