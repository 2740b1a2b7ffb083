"""One machine: its name, its toolchain, the folders of its jobs; and what dead workers have left is removed.

WORK/HOST/WORKER/    alive (a lock), children (what runs), job/ (checkout, state, report)
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import platformdirs
import psutil

from burnish.errors import BurnishError
from burnish.system.groups import end_groups_below
from burnish.system.process import Programs

_ASK_SECONDS = 60.0
_NEW_SECONDS = 10.0
_ALIVE, _CHILDREN, _JOB = "alive", "children", "job"


def machine_name() -> str:
    """Return the name of this machine, by which results and messages tell it."""
    return platform.node() or "a machine without a name"


def rustc_line(programs: Programs) -> str:
    """Return the toolchain of this machine outside of any project, empty where it has none."""
    with contextlib.suppress(BurnishError), tempfile.TemporaryDirectory() as folder:
        answer = programs.run(["rustc", "--version"], cwd=Path(folder), timeout_seconds=_ASK_SECONDS)
        return answer.stdout.decode("utf-8", "replace").strip() if answer.ok else ""
    return ""


def work_folder() -> Path:
    """Return where the checkouts of this machine's workers are: a home may be shared by several machines."""
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in machine_name())
    return platformdirs.user_cache_path("burnish", appauthor=False) / "fleet" / safe


@contextlib.contextmanager
def job_folder(work: Path) -> Iterator[tuple[Path, Path]]:
    """Make an empty folder for a job, and yield it with the path of the record of what it starts; then remove it.

    The caller has a turn of the machine: what dead workers have left, running or on the disk, is removed first.
    """
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(work)
    own = work / f"{os.getpid()}-{secrets.token_hex(4)}"
    own.mkdir(mode=0o700)
    with filelock.FileLock(own / _ALIVE, thread_local=False):
        job = own / _JOB
        job.mkdir()
        try:
            yield job, own / _CHILDREN
        finally:
            # A burnish that was killed has left its build running: beside the next job, and where nobody finds it.
            end_groups_below(own)
            _remove(own)


def sweep(work: Path) -> list[str]:
    """End and remove what dead workers have left; return the names of their folders."""
    swept = []
    for folder in list(work.iterdir()) if work.is_dir() else ():
        if _may_be_new(folder):
            continue
        lock = filelock.FileLock(folder / _ALIVE, thread_local=False)
        with contextlib.suppress(filelock.Timeout, OSError):
            lock.acquire(blocking=False)
            try:
                end_groups_below(folder)
            finally:
                lock.release()
            _remove(folder)
            swept.append(folder.name)
    return swept


def _may_be_new(folder: Path) -> bool:
    """Return whether a folder may be one that another worker has just made, and is about to lock."""
    pid = folder.name.partition("-")[0]
    with contextlib.suppress(OSError):
        age_seconds = abs(time.time() - folder.stat().st_mtime)
        return pid.isdigit() and psutil.pid_exists(int(pid)) and age_seconds < _NEW_SECONDS
    return True


def _remove(folder: Path) -> None:
    """Remove a folder of ours; what a build has made read-only goes too."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for above, folders, _files in os.walk(folder):
            for name in ("", *folders):
                with contextlib.suppress(OSError):
                    Path(above, name).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
