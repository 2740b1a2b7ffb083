"""Process groups: what we started is ended with all that it started, by us or by the run after our sudden end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import psutil

from burnish.system.children import GRACE_SECONDS, MARK
from burnish.system.regular import read_regular

_PASSES = 3


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
    if sys.platform == "win32":
        return pid
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def recorded_groups(children: Path) -> set[int]:
    """Return the groups of what an earlier, dead run of ours has left running, by the words in its record `children`.

    Its processes carry one of them, and the record's path: in a copy of the project the record is that of the original,
    which may be at work; in a project that was moved the path leads nowhere.
    """
    try:
        words = set(read_regular(children).decode("ascii").split())
    except (OSError, ValueError):
        return set()
    if not words:
        return set()
    return _groups_of(process for process in psutil.process_iter() if _carries(process, words, children))


def _groups_of(processes: Iterable[psutil.Process]) -> set[int]:
    """Return the groups of processes, without our own."""
    groups = {_group_of(process.pid) for process in processes}
    return {group for group in groups if group is not None} - {_group_of(os.getpid())}


def _mark_of(process: psutil.Process) -> tuple[str, str]:
    """Return the word and the record's path that a process carries, both empty where it carries none."""
    with contextlib.suppress(psutil.Error, OSError):
        word, _, path = process.environ().get(MARK, "").partition(":")
        return word, path
    return "", ""


def _carries(process: psutil.Process, words: Collection[str], children: Path) -> bool:
    word, path = _mark_of(process)
    with contextlib.suppress(OSError):
        return word in words and (not Path(path).exists() or Path(path).samefile(children))
    return False


def left_running(children: Path) -> list[str]:
    """Return what still runs of all that was started under the record `children`, as `NAME (process NUMBER)`.

    It carries the record's path whatever group or session it has begun. The caller has nothing of its own running.
    """
    marked = (process for process in psutil.process_iter() if _mark_of(process)[1] == str(children))
    found = [process for process in marked if _lives(process)]
    return [_named(process) for process in sorted(found, key=lambda process: process.pid)]


def _named(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.name()} (process {process.pid})"
    return f"process {process.pid}"


def end_recorded_groups(children: Path) -> bool:
    """End what an earlier, dead run of ours has left running, by its record; say whether there was anything."""
    return _end_all(lambda: recorded_groups(children))


def end_groups_below(folder: Path) -> bool:
    """End all that was started under a record below `folder`, whatever the record says by now.

    Say whether there was anything. The caller knows that nothing below may go on.
    """
    return _end_all(lambda: _groups_below(folder))


def _groups_below(folder: Path) -> set[int]:
    # A program that was started in the folder tells its path without the links that led there.
    tops = {folder.absolute(), folder.resolve()}
    return _groups_of(process for process in psutil.process_iter() if _is_below(process, tops) and _lives(process))


def _is_below(process: psutil.Process, tops: Collection[Path]) -> bool:
    path = os.path.normpath(_mark_of(process)[1])
    return any(top in Path(path).parents for top in tops)


def _end_all(find: Callable[[], Collection[int]]) -> bool:
    """End the groups that are found, a few times over: what is being ended may begin another one meanwhile."""
    found = False
    for _ in range(_PASSES):
        groups = find()
        for group in groups:
            end_group(group)
        found = found or bool(groups)
        if not groups:
            break
    return found
