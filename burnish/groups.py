"""Process groups: what we started is ended with all that it started, by us or by the run after our sudden end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from burnish.errors import Refused
from burnish.process import GRACE_SECONDS, MARK
from burnish.transaction.files import read_image


def end_group(group: int, *, grace_seconds: float = GRACE_SECONDS) -> None:
    """End a whole process group of ours: asked first, killed after `grace_seconds`.

    Its members are read anew each time: one that is asked to go may start others meanwhile.
    """
    for name in ("SIGTERM", "SIGKILL"):
        _signal_group(group, getattr(signal, name, signal.SIGTERM))
        end = time.monotonic() + grace_seconds
        while _members(group) and time.monotonic() < end:
            time.sleep(0.02)


def _signal_group(group: int, number: int) -> None:
    if sys.platform == "win32":
        for member in _members(group):
            with contextlib.suppress(psutil.Error):
                member.send_signal(number)
    else:
        with contextlib.suppress(OSError):
            os.killpg(group, number)  # reaches also what is being forked just now


def _members(group: int) -> list[psutil.Process]:
    if sys.platform == "win32":
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(group)
            return [leader, *leader.children(recursive=True)]
        return []
    return [process for process in psutil.process_iter() if _group_of(process.pid) == group and _lives(process)]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def recorded_group(children: Path) -> int | None:
    """Give the group that an earlier, dead run of ours recorded in `children`, where something of it still runs.

    Its processes carry the record's path: a process id is used again by others. In a copy of the project the record is
    that of the original, which may be at work; in a project that was moved the path leads nowhere.
    """
    try:
        group = int(json.loads(read_image(children).content or b"")["pid"])
        members = _members(group)
    except (OSError, Refused, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    return group if any(_is_recorded_in(children, member) for member in members) else None


def _is_recorded_in(children: Path, process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error, KeyError, OSError):
        mark = Path(process.environ()[MARK])
        return not mark.exists() or mark.samefile(children)
    return False


def end_recorded_group(children: Path) -> bool:
    """End the group that an earlier, dead run of ours recorded in `children`; say whether there was one."""
    group = recorded_group(children)
    if group is not None:
        end_group(group)
    return group is not None
