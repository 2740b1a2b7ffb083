"""What the programs that we start are known by, and how long they are given to end."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

MARK = "BURNISH_CHILDREN"
"""The variable that carries the content and path of our record: what we start has it, and so have its own children."""
GRACE_SECONDS = 3.0


class RunningWords:
    """The words of the programs that run now, in a file, a line each; without one that runs there is no file.

    It is written before a program is started. Where several run, a word is added and none is taken away: at no moment
    is one missing whose program runs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: set[str] = set()

    def add(self, file: Path, word: str) -> None:
        """Note a word, as far as the file can be written."""
        with self._lock:
            mode = "a" if self._words else "w"
            self._words.add(word)
            with contextlib.suppress(OSError), file.open(mode, encoding="ascii") as record:
                record.write(f"{word}\n")

    def remove(self, file: Path, word: str) -> None:
        """Forget a word, and the file with the last one."""
        with self._lock:
            self._words.discard(word)
            if not self._words:
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
