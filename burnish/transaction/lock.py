"""One run at a time: the kernel holds the lock, so that it ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import filelock
import psutil

from burnish.errors import Busy, Refused
from burnish.transaction import files
from burnish.transaction.journal import StateFolder

_SAYS_WHO_SECONDS = 1.0
_CLOCK_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds the lock, since when (s since the epoch), by its own word."""

    pid: int
    command: str
    since: float

    @property
    def when(self) -> str:
        """Give the time in words."""
        return f"{datetime.fromtimestamp(self.since, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def __str__(self) -> str:
        return f"process {self.pid}, `{self.command}`, since {self.when}"


@contextlib.contextmanager
def locked(state: StateFolder, command: str) -> Iterator[None]:
    """Hold the workspace's lock, making its state folder first; never wait for it, never remove its file.

    Raise Busy, naming who holds it, when somebody does.
    """
    state.create_folders()
    lock = filelock.FileLock(state.lock, mode=0o600)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise Busy(f"another run is at work here: {_who(state)}", expected="one run at a time") from None
    except OSError as error:
        raise Refused(f"cannot lock {state.lock}: {error.strerror}", expected="a file that can be locked") from error
    try:
        _write_holder(state, command)
        state.create()
        yield
    finally:
        with contextlib.suppress(OSError):
            state.holder.unlink()
        lock.release()


def read_holder(state: StateFolder) -> Holder | None:
    """Read who holds the lock, without touching it; None where nobody says so who is alive."""
    try:
        said = json.loads(files.read_image(state.holder).content or b"")
        holder = Holder(pid=int(said["pid"]), command=str(said["command"])[:200], since=state.holder.stat().st_mtime)
        process = psutil.Process(holder.pid)
        is_dead, began = process.status() == psutil.STATUS_ZOMBIE, process.create_time()
    except (OSError, Refused, ValueError, KeyError, TypeError, RecursionError, OverflowError, psutil.Error):
        return None
    # A process that is younger than what it is to have said has got the id of a dead one.
    return None if is_dead or began > holder.since + _CLOCK_SECONDS else holder


def _write_holder(state: StateFolder, command: str) -> None:
    """Say who we are. Only for other runs' messages, so that a full disk does not matter."""
    with contextlib.suppress(OSError):
        state.holder.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")


def _who(state: StateFolder) -> str:
    """Say who holds the lock; who has just got it is given a moment to write that down."""
    end = time.monotonic() + _SAYS_WHO_SECONDS
    while (holder := read_holder(state)) is None and time.monotonic() < end:
        time.sleep(0.01)
    return str(holder or "a process that has not yet said who it is")
