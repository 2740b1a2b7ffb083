"""One machine: one job of ours at a time on it, whichever worker has it; and what dead workers have left is removed.

WORK/HOST/WORKER/    alive (a lock), children (what runs), job/ (checkout, state, report)
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import platformdirs

from burnish.errors import BurnishError, Refused
from burnish.system.groups import end_groups_below
from burnish.system.process import Programs

_ASK_SECONDS = 60.0
_WAIT_SECONDS = 0.5
_ALIVE, _CHILDREN, _JOB = "alive", "children", "job"


class Abandoned(Exception):
    """Nobody waits for this job any more."""


def machine_name() -> str:
    """Return the name of this machine, by which results and messages tell it."""
    return platform.node() or "a machine without a name"


def rustc_line(programs: Programs) -> str:
    """Return the toolchain of this machine outside of any project, empty where it has none."""
    with contextlib.suppress(BurnishError), tempfile.TemporaryDirectory() as folder:
        answer = programs.run(["rustc", "--version"], cwd=Path(folder), timeout_seconds=_ASK_SECONDS)
        return answer.stdout.decode("utf-8", "replace").strip() if answer.ok else ""
    return ""


@contextlib.contextmanager
def machine_held(is_unwanted: Callable[[], bool], folder: Path | None = None) -> Iterator[None]:
    """Hold this machine alone: no other job of this user's runs on it meanwhile, by whatever worker.

    Waits for it as long as the job is wanted; then raise Abandoned. The lock lies on the machine's own disk, in a
    folder of the user's own, and ends with the process that holds it.
    """
    lock = filelock.FileLock((folder or _own_folder()) / "machine.lock", mode=0o600, thread_local=False)
    while True:
        try:
            lock.acquire(timeout=_WAIT_SECONDS)
            break
        except filelock.Timeout:
            if is_unwanted():
                raise Abandoned from None
    try:
        yield
    finally:
        lock.release()


def _own_folder() -> Path:
    """Return a folder that only this user can write, made where it is not there: others may have put something there.

    Not in the home, which several machines may share, nor where a variable says, which may differ between workers.
    """
    if sys.platform == "win32":
        folder = Path(tempfile.gettempdir(), "burnish-machine")
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path("/tmp", f"burnish-{os.getuid()}")  # noqa: S108 - its owner and kind are looked at
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refused(f"{folder} is not a folder of your own", expected="a folder that only you can write")
    return folder


def work_folder() -> Path:
    """Return where the checkouts of this machine's workers are: a home may be shared by several machines."""
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in machine_name())
    return platformdirs.user_cache_path("burnish", appauthor=False) / "fleet" / safe


@contextlib.contextmanager
def job_folder(work: Path) -> Iterator[tuple[Path, Path]]:
    """Make an empty folder for a job, and yield it with the path of the record of what it starts; then remove it.

    The caller holds the machine: what workers that are dead have left, running or on the disk, is removed first.
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
    for folder in work.iterdir() if work.is_dir() else ():
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


def _remove(folder: Path) -> None:
    """Remove a folder of ours; what a build has made read-only goes too."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for above, folders, _files in os.walk(folder):
            for name in ("", *folders):
                with contextlib.suppress(OSError):
                    Path(above, name).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
