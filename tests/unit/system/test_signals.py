from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from burnish.system.signals import uninterrupted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def came() -> Iterator[list[int]]:
    """Collect the signals that come through."""
    numbers: list[int] = []

    def collect(number: int, _frame: FrameType | None) -> None:
        numbers.append(number)

    before = {number: signal.signal(number, collect) for number in SIGNALS}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


def test_storm_of_signals_is_held_back_and_delivered_once(came: list[int]) -> None:
    """However often Ctrl-C is pressed, the block ends first; then each signal comes once, in order."""
    with uninterrupted():
        for _ in range(100):
            for number in SIGNALS:
                signal.raise_signal(number)
        assert came == []
    assert came == SIGNALS


def test_handlers_are_as_before_afterwards(came: list[int]) -> None:
    """Signals come through again after the block, however it ends."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(ZeroDivisionError), uninterrupted():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in SIGNALS] == before
    signal.raise_signal(signal.SIGTERM)
    assert came == [signal.SIGTERM]


def test_error_says_more_than_a_signal(came: list[int]) -> None:
    """An error that leaves the block is not hidden behind a signal that came meanwhile."""

    def interrupted_and_wrong() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted_and_wrong()
    assert came == []


def test_blocks_nest(came: list[int]) -> None:
    """An inner block hands its signals to the outer one."""
    with uninterrupted():
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
        assert came == []
    assert came == [signal.SIGINT]


def test_ctrl_c_becomes_a_keyboard_interrupt_at_the_end() -> None:
    """With Python's own handler, the interrupt is raised when the block is done."""
    done: list[bool] = []

    def interrupted() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == [True]


def test_other_threads_are_let_through() -> None:
    """Off the main thread there is nothing to hold back."""
    done: list[bool] = []

    def work() -> None:
        with uninterrupted():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
