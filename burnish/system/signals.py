"""Critical sections: what must not be left half done by an impatient Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

_DEFERRED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGINT, SIGTERM and SIGHUP back until the end of the block, however often they come.

    They are delivered once when the block ends well; an error that leaves the block says more than they would.
    Off the main thread nothing is held back, and nothing needs to be: Python delivers signals to the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: handler for number in _DEFERRED if (handler := signal.getsignal(number)) is not None}
    try:
        for number in before:
            signal.signal(number, lambda came_now, _frame: came.append(came_now))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in dict.fromkeys(came):
        signal.raise_signal(number)
