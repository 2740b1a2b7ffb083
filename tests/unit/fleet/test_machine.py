"""One machine: nothing is left of dead workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from burnish.fleet.machine import job_folder, sweep
from burnish.system.children import MARK
from burnish.system.process import Programs

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


@pytest.mark.promise("J1")
def test_folder_that_another_worker_has_just_made_is_left_alone(tmp_path: Path) -> None:
    """It is about to lock it; one that has stood unlocked for a while, or whose worker is dead, goes."""
    names = [f"{os.getpid()}-new", f"{os.getpid()}-old", f"{2**22 + 1}-dead"]
    for name in names:
        (tmp_path / name).mkdir()
    before = time.time() - 3600
    os.utime(tmp_path / names[1], (before, before))
    assert sorted(sweep(tmp_path)) == sorted(names[1:])
    assert [path.name for path in tmp_path.iterdir()] == names[:1]


def test_programs_end_with_a_job_that_is_wanted_no_more(tmp_path: Path) -> None:
    """As soon as nobody waits for it, and not only at its time limit."""
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    finished = Programs(env=os.environ).run(argv, cwd=tmp_path, timeout_seconds=600, is_hung=lambda: True)
    assert finished.timed_out
