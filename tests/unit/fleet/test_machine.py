"""One machine: one job at a time whatever the workers, and nothing left of dead ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from burnish.fleet.machine import Abandoned, job_folder, machine_held, sweep
from burnish.system.children import MARK
from burnish.system.process import Programs
from tests.conftest import cases

HOLDER = """
import sys, time
from pathlib import Path
from burnish.fleet.machine import machine_held
folder, log, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
for _ in range(times):
    with machine_held(lambda: False, folder):
        with log.open("a") as file:
            file.write("in\\n")
        time.sleep(0.02)
        with log.open("a") as file:
            file.write("out\\n")
"""
# Begins a job, starts a program in it as a worker does, and is killed with SIGKILL.
KILLED = """
import os, sys, threading, time
from dataclasses import replace
from pathlib import Path
from burnish.fleet.machine import job_folder
from burnish.system.children import MARK
from burnish.system.process import Programs
with job_folder(Path(sys.argv[1])) as (job, children):
    (job / "checkout").mkdir()
    argv = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
    Programs(env=os.environ, children=children).run(
        argv, cwd=job, timeout_seconds=600, on_stdout=lambda line: print(line, flush=True)
    )
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program of Python's."""
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


@pytest.mark.promise("J1")
def test_workers_of_one_machine_never_have_it_at_once(tmp_path: Path) -> None:
    """Three processes, each again and again: what one begins it ends before another begins."""
    log, times = tmp_path / "log", cases(10, 100)
    holders = [started(HOLDER, str(tmp_path), str(log), str(times)) for _ in range(3)]
    for holder in holders:
        holder.communicate(timeout=120)
        assert holder.returncode == 0
    assert log.read_text(encoding="utf-8").split() == ["in", "out"] * (3 * times)


def test_waiting_ends_where_nobody_wants_the_job_any_more(tmp_path: Path) -> None:
    """A job that was cancelled does not wait for its machine."""
    with machine_held(lambda: False, tmp_path), pytest.raises(Abandoned), machine_held(lambda: True, tmp_path):
        pass


def test_threads_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    """An embedded cluster has its worker within the client."""
    came: list[str] = []

    def hold() -> None:
        with machine_held(lambda: False, tmp_path):
            came.append("in")

    with machine_held(lambda: False, tmp_path):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(0.3)
        assert came == []
    thread.join(10)
    assert came == ["in"]


def test_folder_of_a_job_is_gone_with_all_that_was_made_in_it(tmp_path: Path) -> None:
    """Read-only folders, as some builds make them, too."""
    with job_folder(tmp_path) as (job, _children):
        (job / "locked").mkdir()
        (job / "locked" / "file").touch()
        (job / "locked").chmod(0o500)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise("J1")
@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_what_a_killed_worker_left_is_ended_and_removed(tmp_path: Path) -> None:
    """Its program would go on beside the next job, and its checkout would fill the disk."""
    worker = started(KILLED, str(tmp_path))
    assert worker.stdout is not None
    assert worker.stdout.readline() == "up\n"
    (orphan,) = psutil.Process(worker.pid).children()
    with job_folder(tmp_path / "beside"):  # a living one is left alone
        assert sweep(tmp_path / "beside") == []
    assert sweep(tmp_path) == ["beside"]
    worker.send_signal(signal.SIGKILL)
    worker.communicate(timeout=60)
    assert orphan.is_running()
    with job_folder(tmp_path) as (job, _children):
        assert [path.name for path in tmp_path.iterdir()] == [job.parent.name]
        end = time.monotonic() + 10
        while orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
            time.sleep(0.05)
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the names alone


@pytest.mark.promise("J1")
@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_what_a_killed_burnish_left_is_ended_with_its_job(tmp_path: Path) -> None:
    """Its build would go on beside the next job, in a folder that nobody knows any more."""
    argv = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
    with job_folder(tmp_path) as (job, _children):
        mark = {MARK: f"word:{job / 'hello' / '.burnish' / 'children'}"}
        orphan = subprocess.Popen(argv, env={**os.environ, **mark}, stdout=subprocess.PIPE, start_new_session=True)
        assert orphan.stdout is not None
        orphan.stdout.readline()
    assert orphan.communicate(timeout=60)
    assert orphan.returncode == -signal.SIGTERM


def test_programs_end_with_a_job_that_is_wanted_no_more(tmp_path: Path) -> None:
    """As soon as nobody waits for it, and not only at its time limit."""
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    finished = Programs(env=os.environ).run(argv, cwd=tmp_path, timeout_seconds=600, is_hung=lambda: True)
    assert finished.timed_out
