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

from burnish.system.progress import Count, progress_line
from burnish.text import folded, format_seconds, inert, neutral

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
_BEAT_SECONDS = 0.25
_WORTH_SAYING_SECONDS = 0.1
_USUAL_COLUMNS = 80
_MAX_COLUMNS_DIGITS = 6
_LINK, _LINK_END = "\x1b]8;;", "\x1b\\"
_UNITS = "units"
_WARNING = "warning:"
_HANG = 4
# What terminals that know links say of themselves.
_LINKING_VARIABLES = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM", "GHOSTTY_RESOURCES_DIR")
_LINKING_PROGRAMS = {"iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "Tabby", "rio"}
_LINKING_TERMS = {"xterm-kitty", "alacritty", "foot", "foot-extra", "contour", "xterm-ghostty", "wezterm"}
_FIRST_LINKING_VTE = 5000


def wants_color(choice: ColorChoice, env: Mapping[str, str], stream: TextIO) -> bool:
    """Decide on colour: `--color`, then NO_COLOR, then FORCE_COLOR, then whether the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return True
    return stream.isatty() and env.get("TERM") != "dumb"


def shows_links(env: Mapping[str, str], stream: TextIO) -> bool:
    """Return whether the stream is a terminal that is known to show OSC 8 links; others might print their address."""
    if not stream.isatty() or env.get("TERM") == "dumb":
        return False
    vte = env.get("VTE_VERSION", "")
    return (
        (vte.isascii() and vte.isdigit() and len(vte) < _MAX_COLUMNS_DIGITS and int(vte) >= _FIRST_LINKING_VTE)
        or env.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or env.get("TERM") in _LINKING_TERMS
        or any(env.get(name) for name in _LINKING_VARIABLES)
    )


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
        self.set_color(color)
        self._out_links = shows_links(self._env, self.out)
        self._interactive = self.err.isatty() and self._env.get("TERM") != "dumb"
        self._transient = 0
        self._steps: list[Step] = []
        self._units = _Units()
        self.has_results = False
        self.verbosity: Verbosity = 1

    def set_color(self, choice: ColorChoice) -> None:
        """Decide on colour anew."""
        self._out_color = wants_color(choice, self._env, self.out)
        self._err_color = wants_color(choice, self._env, self.err)

    def set_verbosity(self, level: Verbosity) -> None:
        """Say less, or more, from now on: at 0 no progress, and the lines of the programs that we run only at 2.

        Results, warnings, errors, what a program said that failed, and lines that tell of something bad or doubtful are
        written at any level.
        """
        self.verbosity = level

    def paint(self, text: str, role: ColorRole, *, on_out: bool = True) -> str:
        """Return `text` in the colour of its role, or as it is where colour is not wanted."""
        code = _CODES[role] if (self._out_color if on_out else self._err_color) else ""
        return f"{code}{text}{colorama.Style.RESET_ALL}" if code else text

    def link(self, text: str, uri: str) -> str:
        """Return a text for stdout that leads to a URI, which is all ASCII, where the terminal shows links."""
        return f"{_LINK}{uri}{_LINK_END}{text}{_LINK}{_LINK_END}" if self._out_links else text

    def result(self, text: str) -> None:
        """Write a result to stdout. The caller has made foreign text neutral; whole documents pass as they are."""
        with self._lock:
            self._clear()
            _write(self.out, inert(text) + "\n")
            self.has_results = True

    def workflow_commands(self, text: str) -> None:
        """Write commands to the CI system whose job this is. The caller has encoded all that is foreign in them."""
        with self._lock:
            self._clear()
            _write(self.out, text)

    def say(self, text: str, role: ColorRole = "plain", *, is_command: bool = False) -> None:
        """Write a line of progress to stderr, folded on a terminal; `is_command` says that it holds a command."""
        if self.verbosity == 0 and role not in {"bad", "doubt"}:
            return
        text = neutral(text)
        hang = max(len(text) - len(text.lstrip(" ")), _HANG)
        for line in self.folded(text, hang=hang, is_command=is_command, on_out=False):
            self._line(self.paint(line, role, on_out=False))

    def warn(self, text: str) -> None:
        """Write a warning to stderr."""
        first, *more = self.folded(f"{_WARNING} {neutral(text)}", hang=len(_WARNING) + 1, on_out=False)
        self._line(self.paint(_WARNING, "doubt", on_out=False) + first.removeprefix(_WARNING))
        for line in more:
            self._line(line)

    def folded(self, text: str, *, hang: int, is_command: bool = False, on_out: bool = True) -> list[str]:
        """Return a line as it is, but for a terminal in lines that fit into it, the further ones behind blanks.

        What holds a command is broken only between it and what is said of it.
        """
        if not (self.out if on_out else self.err).isatty():
            return [text]
        return folded(text, self._columns(), hang=hang, is_command=is_command)

    @property
    def is_watched(self) -> bool:
        """Return whether somebody sits at a terminal where progress is shown."""
        return self._interactive

    def program_line(self, line: str) -> None:
        """Take a line of a program that we run: written where all is said, else what the step is doing now."""
        if self.verbosity > 1:
            self._program_line(line)
        elif self._steps:
            self._steps[-1].update(line.strip())

    def program_told(self, line: str) -> None:
        """Write a line of a program that changes this machine for the user, who is to see it."""
        if self.verbosity > 0:
            self._program_line(line)

    def program_failed(self, said: str) -> None:
        """Write all that a program said which failed, where its lines were not written as they came."""
        if self.verbosity <= 1 and said:
            for line in said.removesuffix("\n").split("\n"):
                self._program_line(line.rstrip("\r"))

    def unit_done(self, command: str, done: int) -> None:
        """Show how many units a command of cargo's has made so far: as many as it did before are known."""
        known = self._units.known_after(command, done)
        if self._steps:
            self._steps[-1].count(done, known, _UNITS)

    def _program_line(self, line: str) -> None:
        # Behind a bar, so that nothing in it can pass for ours.
        self._line(self.paint("  | " + neutral(line), "quiet", on_out=False))

    def confirm(self, question: str) -> bool | None:
        """Ask on the terminal and return whether the answer is yes; None where there is no terminal to ask on."""
        if not (self.err.isatty() and sys.stdin.isatty()):
            return None
        with self._lock:
            self._clear()
            _write(self.err, f"{inert(neutral(question))} [y/N] ")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

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
        """Announce a step, show on a terminal how far it is while it runs, and end it with its duration."""
        self.say(f"==> {title}", "title")
        step = Step(self.clock)
        self._steps.append(step)
        try:
            with self._beating(step):
                yield step
        finally:
            self._steps.pop()
            with self._lock:
                self._clear()
        took = f" ({format_seconds(step.elapsed_seconds)})" if step.elapsed_seconds >= _WORTH_SAYING_SECONDS else ""
        self.say(f"    {step.summary or 'done'}{took}", "quiet")

    @contextlib.contextmanager
    def _beating(self, step: Step) -> Iterator[None]:
        """Draw the line of a step anew at intervals, on a terminal; elsewhere nothing is said in between."""
        if not self._interactive or self.verbosity == 0:
            yield
            return
        over = threading.Event()

        def beat() -> None:
            while not over.wait(_BEAT_SECONDS):
                if self._steps[-1:] == [step]:  # within a step there may be another, which has the line
                    self.progress(step.line(self._columns()))

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _line(self, text: str) -> None:
        with self._lock:
            self._clear()
            _write(self.err, inert(text) + "\n")

    def _clear(self) -> None:
        if self._transient:
            # A terminal may be narrower by now: more blanks than it has columns would go on to the next line.
            blanks = min(self._transient, max(self._columns() - 1, 1))
            _write(self.err, "\r" + " " * blanks + "\r")
            self._transient = 0


class Step:
    """A running step: what is counted and done now is shown while it runs, `summary` is said at its end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.summary = ""
        self._clock = clock
        self._now = ""
        self._counts: dict[str, Count] = {}
        self._remaining: tuple[float, float] | None = None
        self._started = clock()

    @property
    def elapsed_seconds(self) -> float:
        """Return the time since the step began."""
        return self._clock() - self._started

    def update(self, text: str) -> None:
        """Say what the step does now; shown with the next beat."""
        self._now = text

    def count(self, done: int, known: int | None, noun: str, *, is_even: bool = False) -> None:
        """Say how many of something are done, of how many where that is known; `noun` names them in the plural.

        `is_even` says that each takes about as long as the others, so that those that are done tell how long the rest
        will take.
        """
        earlier = self._counts.get(noun)
        started = earlier.started_seconds if earlier else self.elapsed_seconds if done == 0 else 0.0
        self._counts[noun] = Count(
            done=done,
            known=known if known is not None and done <= known else None,
            noun=noun,
            started_seconds=started if is_even else None,
        )

    def count_rounds(self, done: int, planned: int) -> None:
        """Say how many rounds of a measurement are done."""
        self.count(done, planned, "rounds", is_even=True)

    def expect(self, seconds: float | None) -> None:
        """Say how long the rest is going to take, from now on; None where that is not known."""
        self._remaining = None if seconds is None else (seconds, self.elapsed_seconds)

    def line(self, columns: int) -> str:
        """Return how far the step is, for a terminal of so many columns."""
        elapsed, counts = self.elapsed_seconds, list(self._counts.copy().values())  # another thread counts on
        return progress_line(
            counts,
            elapsed_seconds=elapsed,
            remaining_seconds=self._left(counts, elapsed),
            now=self._now,
            columns=columns,
        )

    def _left(self, counts: list[Count], elapsed: float) -> float | None:
        if self._remaining is None:
            return counts[-1].remaining_seconds(elapsed) if counts else None
        seconds, since = self._remaining
        left = seconds - (elapsed - since)
        return left if left > 0 else None  # an estimate that was too short is no estimate any more


class _Units:
    """How many units each command of cargo's made: what the same command is going to make another time."""

    def __init__(self) -> None:
        self._made: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def known_after(self, command: str, done: int) -> int | None:
        """Return how many a command makes, by an earlier run of it; None where that is not known, or was less."""
        if done == 1 and command in self._made:
            self._known[command] = self._made[command]
        self._made[command] = max(done, self._made.get(command, 0))
        known = self._known.get(command)
        return known if known is not None and done <= known else None


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
