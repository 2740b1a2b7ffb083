"""One run at a time: the kernel holds the lock, so that it ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import filelock

from burnish.errors import Busy, Refused
from burnish.transaction import files
from burnish.transaction.journal import StateFolder


@contextlib.contextmanager
def locked(state: StateFolder, command: str) -> Iterator[None]:
    """Hold the workspace's lock, making its state folder first; never wait for it, never remove its file.

    Raise Busy, naming who holds it, when somebody does.
    """
    state.create()
    lock = filelock.FileLock(state.lock, mode=0o600)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise Busy(f"another run is at work here: {_holder(state)}", expected="one run at a time") from None
    except OSError as error:
        raise Refused(f"cannot lock {state.lock}: {error.strerror}", expected="a file that can be locked") from error
    try:
        _write_holder(state, command)
        yield
    finally:
        with contextlib.suppress(OSError):
            state.holder.unlink()
        lock.release()


def _write_holder(state: StateFolder, command: str) -> None:
    """Say who we are. Only for other runs' messages, so that a full disk does not matter."""
    with contextlib.suppress(OSError):
        state.holder.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")


def _holder(state: StateFolder) -> str:
    try:
        holder = json.loads(files.read_image(state.holder).content or b"")
        since = datetime.fromtimestamp(state.holder.stat().st_mtime, UTC)
        return f"process {int(holder['pid'])}, `{str(holder['command'])[:200]}`, since {since:%Y-%m-%d %H:%M:%S} UTC"
    except (OSError, Refused, ValueError, KeyError, TypeError, RecursionError):
        return "a process that has not yet said who it is"
