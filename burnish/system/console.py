"""The one printer: results to stdout, everything else to stderr, colour by role and never alone in its meaning."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TextIO

import colorama

from burnish.text import format_seconds, inert, neutral

ColorRole = Literal["good", "bad", "doubt", "quiet", "title", "plain"]
ColorChoice = Literal["auto", "always", "never"]
Verbosity = Literal[0, 1, 2]
"""How much is said: 0 quiet, 1 normal, 2 verbose."""

_CODES: Mapping[ColorRole, str] = {
    "good": colorama.Fore.GREEN,
    "bad": colorama.Fore.RED + colorama.Style.BRIGHT,
    "doubt": colorama.Fore.YELLOW,
    "quiet": colorama.Style.DIM,
    "title": colorama.Style.BRIGHT,
    "plain": "",
}
_TERMINAL_BEAT_SECONDS = 0.25
_LOG_BEAT_SECONDS = 15.0
_WORTH_SAYING_SECONDS = 0.1
_USUAL_COLUMNS = 80
_MAX_COLUMNS_DIGITS = 6


def wants_color(choice: ColorChoice, env: Mapping[str, str], stream: TextIO) -> bool:
    """Decide on colour: `--color`, then NO_COLOR, then FORCE_COLOR, then whether the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return True
    return stream.isatty() and env.get("TERM") != "dumb"


class Console:
    """Writes to the two standard streams. Every text from outside is made neutral on its way out."""

    def __init__(
        self,
        *,
        out: TextIO | None = None,
        err: TextIO | None = None,
        color: ColorChoice = "auto",
        env: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        colorama.just_fix_windows_console()
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.clock = clock
        self._lock = threading.RLock()
        self._env = env or {}
        self._out_color = wants_color(color, self._env, self.out)
        self._err_color = wants_color(color, self._env, self.err)
        self._interactive = self.err.isatty()
        self._transient = 0
        self.has_results = False
        self.verbosity: Verbosity = 1

    def set_verbosity(self, level: Verbosity) -> None:
        """Say less, or more, from now on: at 0 no progress and nothing of the programs that we run.

        Results, warnings, errors and lines that tell of something bad or doubtful are written at any level.
        """
        self.verbosity = level

    def paint(self, text: str, role: ColorRole, *, on_out: bool = True) -> str:
        """Return `text` in the colour of its role, or as it is where colour is not wanted."""
        code = _CODES[role] if (self._out_color if on_out else self._err_color) else ""
        return f"{code}{text}{colorama.Style.RESET_ALL}" if code else text

    def result(self, text: str) -> None:
        """Write a result to stdout. The caller has made foreign text neutral; whole documents pass as they are."""
        with self._lock:
            self._clear()
            _write(self.out, inert(text) + "\n")
            self.has_results = True

    def say(self, text: str, role: ColorRole = "plain") -> None:
        """Write a line of progress to stderr."""
        if self.verbosity == 0 and role not in {"bad", "doubt"}:
            return
        self._line(self.paint(neutral(text), role, on_out=False))

    def warn(self, text: str) -> None:
        """Write a warning to stderr."""
        self._line(self.paint("warning:", "doubt", on_out=False) + " " + neutral(text))

    def program_line(self, line: str) -> None:
        """Write a line of a program that we run to stderr, behind a bar, so that nothing in it can pass for ours."""
        if self.verbosity > 0:
            self._line(self.paint("  | " + neutral(line), "quiet", on_out=False))

    def progress(self, text: str) -> None:
        """Show a line that the next one replaces; only on a terminal."""
        if not self._interactive or self.verbosity == 0:
            return
        with self._lock:
            self._clear()
            # A terminal that is full to its last column may have gone on to the next line.
            shown, self._transient = _fitting(neutral(text), self._columns() - 1)
            _write(self.err, shown)

    def _columns(self) -> int:
        """Return how wide the terminal is now: COLUMNS, else what the terminal says."""
        stated = self._env.get("COLUMNS", "")
        if stated.isascii() and stated.isdigit() and len(stated) < _MAX_COLUMNS_DIGITS:
            return max(int(stated), 1)
        with contextlib.suppress(OSError, ValueError):  # a stream without a file is none of ours
            return os.get_terminal_size(self.err.fileno()).columns or _USUAL_COLUMNS
        return _USUAL_COLUMNS

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Announce a step, show that it lives while it runs, and end it with its duration."""
        self.say(f"==> {title}", "title")
        step = Step(self)
        with step.beating():
            yield step
        took = f" ({format_seconds(step.elapsed_seconds)})" if step.elapsed_seconds >= _WORTH_SAYING_SECONDS else ""
        self.say(f"    {step.summary or 'done'}{took}", "quiet")

    def _line(self, text: str) -> None:
        with self._lock:
            self._clear()
            _write(self.err, inert(text) + "\n")

    def _clear(self) -> None:
        if self._transient:
            _write(self.err, "\r" + " " * self._transient + "\r")
            self._transient = 0


class Step:
    """A running step: `update` says what it does now, `summary` is what is said at its end."""

    def __init__(self, console: Console) -> None:
        self.summary = ""
        self._console = console
        self._now = ""
        self._started = console.clock()
        self._over = threading.Event()

    @property
    def elapsed_seconds(self) -> float:
        """Return the time since the step began."""
        return self._console.clock() - self._started

    def update(self, text: str) -> None:
        """Say what the step does now; shown with the next beat."""
        self._now = text

    def count_rounds(self, done: int, planned: int) -> None:
        """Say how many rounds of a measurement are done."""
        self.update(f"round {done} of {planned}")

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Show the step's state at intervals: in place on a terminal, as rare lines elsewhere."""
        beat = threading.Thread(target=self._beat, daemon=True)
        beat.start()
        try:
            yield
        finally:
            self._over.set()
            beat.join()

    def _beat(self) -> None:
        interactive = self._console._interactive  # noqa: SLF001 - the step is the console's other half
        while not self._over.wait(_TERMINAL_BEAT_SECONDS if interactive else _LOG_BEAT_SECONDS):
            text = f"    {self._now or 'working'} ... {self.elapsed_seconds:.0f} s"
            if interactive:
                self._console.progress(text)
            else:
                self._console.say(text, "quiet")


def _fitting(text: str, columns: int) -> tuple[str, int]:
    """Return as much of a text as fits into so many columns of a terminal, and how many it takes."""
    taken = 0
    text = text.replace("\t", " ")
    for index, character in enumerate(text):
        width = _width(character)
        if taken + width > columns:
            return text[:index], taken
        taken += width
    return text, taken


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def flush_streams() -> None:
    """Write what the process's own streams still hold, also where nobody reads them any more."""
    for stream in (sys.stdout, sys.stderr):
        _write(stream, "")


def _write(stream: TextIO, text: str) -> None:
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # Work goes on to its end, and so does its exit status; what is still to be written goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
