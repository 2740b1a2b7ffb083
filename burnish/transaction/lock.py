"""One run at a time: the kernel holds the lock, so that it ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator

import filelock

from burnish.errors import Busy, Refused
from burnish.transaction.holder import read_holder
from burnish.transaction.journal import StateFolder

_SAYS_WHO_SECONDS = 1.0


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


def _write_holder(state: StateFolder, command: str) -> None:
    """Say who we are. Only for other runs' messages, so that a full disk does not matter."""
    with contextlib.suppress(OSError):
        state.holder.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")


def _who(state: StateFolder) -> str:
    """Return who holds the lock; who has just got it is given a moment to write that down."""
    end = time.monotonic() + _SAYS_WHO_SECONDS
    while (holder := read_holder(state)) is None and time.monotonic() < end:
        time.sleep(0.01)
    return str(holder or "a process that has not yet said who it is")
