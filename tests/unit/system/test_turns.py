"""Turns on one machine: builds side by side, timing alone, whatever the processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from burnish.system.machine_turns import Abandoned, MachineTurns, granting
from burnish.system.turns import TURNS, AskedTurns, turns_asked_for
from tests.conftest import cases

# Builds, times within, and writes both down: a line each for begin and end, by its own name.
AT_WORK = """
import sys, time
from pathlib import Path
from burnish.system.machine_turns import MachineTurns
folder, log, name, times = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
turns = MachineTurns(folder)
def note(what):
    with log.open("a") as file:
        file.write(f"{name} {what}\\n")
for _ in range(times):
    with turns.building():
        note("builds")
        time.sleep(0.02)
        note("rests")
        with turns.timing():
            note("times")
            time.sleep(0.02)
            note("timed")
        note("builds")
        time.sleep(0.01)
        note("rests")
"""


def soon(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[threading.Thread]:
    """Do something on a thread of its own, which has ended with the block."""
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.promise("J1")
def test_nothing_is_built_or_timed_while_one_times(tmp_path: Path) -> None:
    """Three processes, again and again: between the begin of a timing and its end nobody else says a word."""
    log, times = tmp_path / "log", cases(8, 80)
    argv = [sys.executable, "-c", AT_WORK, str(tmp_path), str(log)]
    at_work = [subprocess.Popen([*argv, name, str(times)]) for name in "abc"]
    assert [each.wait(timeout=300) for each in at_work] == [0, 0, 0]
    lines = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    timing = [number for number, (_, what) in enumerate(lines) if what == "times"]
    assert len(timing) == 3 * times
    building: set[str] = set()
    for number, (name, what) in enumerate(lines):
        if what == "times":
            assert not building - {name}
            assert lines[number + 1] == [name, "timed"]
        building = building | {name} if what == "builds" else building - {name}


def test_builds_go_on_side_by_side_and_timing_waits_for_all(tmp_path: Path) -> None:
    """Two builds at once; what waits to time keeps a third from beginning."""
    came: list[str] = []

    def time_it() -> None:
        with MachineTurns(tmp_path).timing():
            came.append("timed")

    def build_it() -> None:
        with MachineTurns(tmp_path).building():
            came.append("built")

    one, two = MachineTurns(tmp_path).building(), MachineTurns(tmp_path).building()
    one.__enter__()
    two.__enter__()
    with beside(time_it) as timer:
        timer.join(0.2)
        with beside(build_it) as builder:
            builder.join(0.2)
            one.__exit__(None, None, None)
            builder.join(0.2)
            assert came == []
            two.__exit__(None, None, None)
    assert came == ["timed", "built"]


def test_timing_within_timing_is_one_turn(tmp_path: Path) -> None:
    """A round is timed within all rounds; the build that goes on afterwards has its place still."""
    turns, other = MachineTurns(tmp_path), MachineTurns(tmp_path, is_unwanted=lambda: True)
    with turns.building():
        with turns.timing():
            with turns.timing():
                pass
            with pytest.raises(Abandoned), other.building():
                pass
        with other.building():
            pass
        with pytest.raises(Abandoned), other.timing():
            pass
    with other.timing():
        pass


def test_waiting_ends_where_nobody_wants_it_any_more(tmp_path: Path) -> None:
    """A job that was cancelled does not wait, and leaves nothing locked; how long it waited is known."""
    unwanted = MachineTurns(tmp_path, is_unwanted=lambda: True)
    with MachineTurns(tmp_path).building():
        with pytest.raises(Abandoned), unwanted.timing():
            pass
        assert unwanted.waited_seconds > 0.1
        with MachineTurns(tmp_path).building():
            pass


@pytest.mark.promise("J1")
def test_program_gets_the_turns_that_its_worker_takes(tmp_path: Path) -> None:
    """What it times is alone on the machine, and what it builds is not; a second time as the first."""
    worker, other = MachineTurns(tmp_path), MachineTurns(tmp_path, is_unwanted=lambda: True)
    env = {TURNS: str(tmp_path / "asked"), "PATH": "/bin"}
    with worker.building(), granting(tmp_path / "asked", worker):
        asked = turns_asked_for(env)
        assert env == {"PATH": "/bin"}
        for _ in range(2):
            with asked.timing(), asked.timing(), pytest.raises(Abandoned), other.building():
                pass
            with other.building():
                pass
    with other.timing():
        pass


@pytest.mark.promise("J1")
def test_turn_of_a_program_that_was_killed_ends_with_it(tmp_path: Path) -> None:
    """Its worker builds no more, and others may time."""
    worker, other = MachineTurns(tmp_path), MachineTurns(tmp_path, is_unwanted=lambda: True)
    with worker.building():
        with granting(tmp_path / "asked", worker):
            (tmp_path / "asked" / "wanted").touch()
            soon((tmp_path / "asked" / "granted").exists)
            with pytest.raises(Abandoned), other.building():
                pass
        with other.building():
            pass


def test_program_whose_worker_is_gone_waits_no_longer(tmp_path: Path) -> None:
    """It is ended by the next worker of its machine, and does not hang until then."""
    folder = tmp_path / "asked"
    folder.mkdir()

    def time_it() -> None:
        with AskedTurns(folder).timing():
            pass

    with beside(time_it):
        soon((folder / "wanted").exists)
        (folder / "wanted").unlink()
        folder.rmdir()
    time_it()
