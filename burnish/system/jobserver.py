"""A jobserver: the tokens that builds beside each other share, as the programs under one `make` do."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from burnish.system.signals import uninterrupted

_CARGOS_OWN = "CARGO_MAKEFLAGS"
_NAMES = (_CARGOS_OWN, "MAKEFLAGS", "MFLAGS")
_SIGN = "jobserver"
_TOKEN = b"+"
_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Jobserver:
    """The two ends of the pipe in which the tokens are. Who builds under it holds one more, which is its own."""

    reading: int
    writing: int
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def env(self) -> dict[str, str]:
        """Return the variable by which cargo finds it. What a build script's own `make` reads stays the user's.

        Older ones know the first of the two options.
        """
        ends = f"{self.reading},{self.writing}"
        return {_CARGOS_OWN: f"-j --{_SIGN}-fds={ends} --{_SIGN}-auth={ends}"}

    @property
    def descriptors(self) -> tuple[int, int]:
        """Return what a build must inherit."""
        return self.reading, self.writing

    @property
    def is_over(self) -> bool:
        """Return whether all that build under it are to end now."""
        return self._over.is_set()

    def end(self) -> None:
        """Have all end that build under it."""
        self._over.set()

    def give_back(self) -> None:
        """Give the token of one that has ended to the others."""
        os.write(self.writing, _TOKEN)


def is_given(env: Mapping[str, str]) -> bool:
    """Return whether we were started under a jobserver, as what a `make` starts is."""
    return any(_SIGN in env.get(name, "") for name in _NAMES)


def cores_here() -> int:
    """Return how many cores this process may use: not all of them, where it is bound to some."""
    bound_to = getattr(os, "sched_getaffinity", None)
    return len(bound_to(0)) if bound_to else os.cpu_count() or 1


@contextlib.contextmanager
def _serving(tokens: int) -> Iterator[Jobserver]:
    reading, writing = os.pipe()
    try:
        os.write(writing, _TOKEN * tokens)
        yield Jobserver(reading=reading, writing=writing)
    finally:
        os.close(reading)
        os.close(writing)


def run_together(works: Sequence[Callable[[Jobserver], _Result]], *, cores: int) -> list[_Result]:
    """Carry out works at once, each on a thread of its own, under one jobserver; return what each gave, in their order.

    An error of one of them, or a signal, ends the others before it goes on.
    """
    with _serving(max(0, cores - len(works))) as jobserver, ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(_carry_out, work, jobserver) for work in works]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()  # raises what went wrong, also where an earlier one is still at work
            return [future.result() for future in futures]
        except BaseException:
            with uninterrupted():
                jobserver.end()
                wait(futures)
            raise


def _carry_out(work: Callable[[Jobserver], _Result], jobserver: Jobserver) -> _Result:
    try:
        return work(jobserver)
    finally:
        jobserver.give_back()
