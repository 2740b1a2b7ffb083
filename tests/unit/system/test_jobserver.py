"""Builds side by side: the tokens that they share, and their common end."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from burnish.system.jobserver import Jobserver, cores_here, run_together
from burnish.system.process import Programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pipe that is inherited")
# What takes all tokens of the jobserver that cargo would find, as a build with much to do would.
TAKING = """
import os, re
reading = int(re.search(r"--jobserver-auth=(\\d+),(\\d+)", os.environ["CARGO_MAKEFLAGS"])[1])
os.set_blocking(reading, False)
taken = 0
try:
    while os.read(reading, 1):
        taken += 1
except BlockingIOError:
    pass
print(taken)
"""


@pytest.mark.parametrize(("cores", "works", "tokens"), [(2, 2, 0), (8, 2, 6), (1, 3, 0)])
def test_tokens_are_as_many_as_cores_but_for_one_of_each_build(
    tmp_path: Path, cores: int, works: int, tokens: int
) -> None:
    """A program that inherits the pipe finds them there: two builds on two cores have none beyond their own."""
    programs = Programs(env=os.environ)
    is_counted = threading.Event()

    def count(jobserver: Jobserver) -> int:
        argv, descriptors = [sys.executable, "-c", TAKING], jobserver.descriptors
        finished = programs.run(argv, cwd=tmp_path, timeout_seconds=60, env=jobserver.env, descriptors=descriptors)
        is_counted.set()
        return int(finished.stdout)

    def wait(_: Jobserver) -> int:
        is_counted.wait(60)
        return 0

    assert sum(run_together([count, *[wait] * (works - 1)], cores=cores)) == tokens


def test_token_of_what_has_ended_is_there_for_the_others() -> None:
    """The last one has all cores to itself."""
    is_over = threading.Event()

    def end(_: Jobserver) -> bytes:
        return b""

    def go_on(jobserver: Jobserver) -> bytes:
        is_over.wait(0.1)
        return os.read(jobserver.reading, 1)

    assert run_together([end, go_on], cores=2) == [b"", b"+"]


def test_each_result_stands_in_the_place_of_its_work() -> None:
    """Whichever ends first."""
    is_second_over = threading.Event()

    def second(_: Jobserver) -> int:
        is_second_over.set()
        return 2

    assert run_together([lambda _: int(is_second_over.wait(60)), second], cores=2) == [1, 2]


def test_error_of_one_ends_the_others() -> None:
    """Nothing is left at work, and the error goes on."""
    ended: list[bool] = []

    def fail(_: Jobserver) -> None:
        raise ValueError("on purpose")

    def work(jobserver: Jobserver) -> None:
        until = time.monotonic() + 60
        while not jobserver.is_over and time.monotonic() < until:
            time.sleep(0.01)
        ended.append(jobserver.is_over)

    with pytest.raises(ValueError, match="on purpose"):
        run_together([work, fail], cores=2)
    assert ended == [True]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process that is bound to some cores")
def test_cores_are_those_that_we_are_bound_to() -> None:
    """`taskset -c 0` leaves one."""
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cores_here() == 1
    finally:
        os.sched_setaffinity(0, before)
