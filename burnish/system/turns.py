"""Turns between all that asks for them: what times is alone on the machine, as far as others ask too.

They cost nothing to import: `status` waits for nothing that it does not need.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TURNS = "BURNISH_TURNS"
"""The variable that names the folder in which a job of a fleet asks its worker for the machine."""
WANTED, GRANTED = "wanted", "granted"
"""The files by which a program asks for its turn in that folder, and is given it."""
LOOK_SECONDS = 0.02


class Turns:
    """Whose turn it is to time. These know of nobody else: each may at any time."""

    def __init__(self) -> None:
        self._depth = 0

    @contextlib.contextmanager
    def timing(self) -> Iterator[None]:
        """Have the machine alone, as far as others ask for turns; within itself it is one turn."""
        if not self._depth:
            self._begin()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._end()

    def _begin(self) -> None:
        """Wait for the machine."""

    def _end(self) -> None:
        """Let others have it."""


class AskedTurns(Turns):
    """The turns of a program whose worker holds the machine for it: it asks by a file, and is answered by another."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._wanted, self._granted = folder / WANTED, folder / GRANTED

    def _begin(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._wanted.touch()
        self._wait_until(self._granted.exists)

    def _end(self) -> None:
        self._wanted.unlink(missing_ok=True)
        self._wait_until(lambda: not self._granted.exists())

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait no longer than there is a folder: with that the worker is gone."""
        while self._wanted.parent.is_dir() and not is_so():
            time.sleep(LOOK_SECONDS)


def turns_asked_for(env: dict[str, str]) -> Turns:
    """Return the turns of a program that was started in `env`, which are taken out of it: what we start has none."""
    folder = env.pop(TURNS, "")
    return AskedTurns(Path(folder)) if folder else Turns()
