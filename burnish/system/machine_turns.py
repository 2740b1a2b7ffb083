"""The turns of one machine, between all that this user's workers and searches do there: who times is alone.

Who builds holds a slot, and who times holds all of them. On the way in each passes a gate, which stays shut from the
moment on which somebody waits to time: what is under way ends, and nothing begins. The locks lie on the machine's own
disk, and end with the process that holds them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

from burnish.errors import Refused
from burnish.system.turns import GRANTED, LOOK_SECONDS, WANTED, Turns

_SLOTS = 16
_WAIT_SECONDS = 0.5


class Abandoned(Exception):
    """Nobody waits any more for what waits for its turn."""


class MachineTurns(Turns):
    """The turns of this machine, by locks in a folder of the user's own.

    Waiting ends with Abandoned as soon as it `is_unwanted`.
    """

    def __init__(self, folder: Path | None = None, is_unwanted: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        folder = folder or machine_folder()
        self._gate = _lock(folder / "machine.lock")
        self._slots = [_lock(folder / f"build-{number:02}.lock") for number in range(_SLOTS)]
        self._is_unwanted = is_unwanted
        self._is_building = False
        self._waited_seconds = 0.0
        self._waiting_since: float | None = None

    @property
    def waited_seconds(self) -> float:
        """Return how long has been waited so far, what is waited now included."""
        since = self._waiting_since
        return self._waited_seconds + (time.monotonic() - since if since is not None else 0.0)

    @contextlib.contextmanager
    def building(self) -> Iterator[None]:
        """Be at work beside others that build, while nobody times. A turn of timing may be taken within."""
        self._is_building = True
        with self._waiting():
            self._wait_for(self._gate)
            try:
                while not any(map(_taken, self._slots)):
                    self._pause()
            finally:
                self._gate.release()
        try:
            yield
        finally:
            self._is_building = False
            self._let_go(self._slots)

    def _begin(self) -> None:
        """Give the own slot back first: two that keep theirs would wait for each other for ever."""
        self._let_go(self._slots)
        with self._waiting():
            try:
                for lock in (self._gate, *self._slots):
                    self._wait_for(lock)
            except BaseException:
                self._let_go([self._gate, *self._slots])
                raise

    def _end(self) -> None:
        """Keep one slot where a build goes on."""
        self._let_go(self._slots[1 if self._is_building else 0 :])
        self._gate.release()

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waiting_since = time.monotonic()
        try:
            yield
        finally:
            self._waited_seconds, self._waiting_since = self.waited_seconds, None

    def _wait_for(self, lock: filelock.BaseFileLock) -> None:
        while True:
            try:
                lock.acquire(timeout=_WAIT_SECONDS, poll_interval=LOOK_SECONDS)
            except filelock.Timeout:
                self._require_wanted()
            else:
                return

    def _pause(self) -> None:
        self._require_wanted()
        time.sleep(LOOK_SECONDS)

    def _require_wanted(self) -> None:
        if self._is_unwanted():
            raise Abandoned

    @staticmethod
    def _let_go(locks: list[filelock.BaseFileLock]) -> None:
        for lock in locks:
            lock.release()


@contextlib.contextmanager
def granting(folder: Path, turns: MachineTurns) -> Iterator[None]:
    """Take turns of timing for a program that asks for them in a new folder, while that runs."""
    folder.mkdir()
    over = threading.Event()
    thread = threading.Thread(target=_grant, args=(folder, turns, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _grant(folder: Path, turns: MachineTurns, over: threading.Event) -> None:
    wanted, granted = folder / WANTED, folder / GRANTED
    with contextlib.suppress(Abandoned):
        while not over.wait(LOOK_SECONDS):
            if wanted.exists():
                with turns.timing():
                    granted.touch()
                    while wanted.exists() and not over.wait(LOOK_SECONDS):
                        pass
                granted.unlink(missing_ok=True)


def machine_folder() -> Path:
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


def _lock(path: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(path, mode=0o600, thread_local=False)


def _taken(lock: filelock.BaseFileLock) -> bool:
    with contextlib.suppress(filelock.Timeout):
        lock.acquire(blocking=False)
        return True
    return False
