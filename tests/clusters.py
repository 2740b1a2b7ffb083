"""Schedulers and workers as users start them, ended with the test."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

DASK = Path(sys.executable).with_name("dask")
BURNISH = (sys.executable, "-m", "burnish")
WAIT_SECONDS = 120.0


@contextlib.contextmanager
def started(argv: Sequence[str], env: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that is ended with the block, with all that it started; what it says is in a file."""
    with (folder / f"{Path(argv[0]).name}-{time.monotonic_ns()}.log").open("wb") as log:
        process = subprocess.Popen(list(argv), env=dict(env), stdout=log, stderr=log, cwd=folder)
        try:
            yield process
        finally:
            for child in children_of(process.pid):
                with contextlib.suppress(psutil.Error):
                    child.kill()
            process.kill()
            process.wait()


def children_of(pid: int) -> list[psutil.Process]:
    """Return the processes that one has started, and that these have."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def wait_for(found: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + WAIT_SECONDS
    while not found():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def scheduler(
    env: Mapping[str, str], folder: Path, *, host: str = "127.0.0.1", within: Sequence[str] = ()
) -> Iterator[str]:
    """Start a scheduler, and yield its address; `within` are words that start it in another place."""
    file = folder / "scheduler.json"
    argv = [*within, str(DASK), "scheduler", "--host", host, "--port", "0", "--scheduler-file", str(file)]
    with started([*argv, "--no-dashboard"], env, folder):
        wait_for(lambda: file.exists() and file.read_bytes().endswith(b"}"), "the scheduler")
        yield str(json.loads(file.read_bytes())["address"])


def worker(
    address: str, env: Mapping[str, str], folder: Path, *options: str, within: Sequence[str] = ()
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """Start a worker as its user does."""
    return started([*within, *BURNISH, "worker", address, *options], env, folder)
