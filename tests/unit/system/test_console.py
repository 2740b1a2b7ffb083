from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import termios
import unicodedata
from collections.abc import Mapping

import pytest

from burnish.system.console import ColorChoice, Console, Verbosity, wants_color


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return so."""
        return True


@pytest.mark.parametrize(
    ("choice", "env", "stream", "wanted"),
    [
        ("auto", {}, Terminal(), True),
        ("auto", {}, io.StringIO(), False),
        ("auto", {"NO_COLOR": "1"}, Terminal(), False),
        ("auto", {"FORCE_COLOR": "1"}, io.StringIO(), True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, Terminal(), False),
        ("auto", {"TERM": "dumb"}, Terminal(), False),
        ("always", {"NO_COLOR": "1"}, io.StringIO(), True),
        ("never", {"FORCE_COLOR": "1"}, Terminal(), False),
    ],
)
def test_colour_is_decided_in_order(
    choice: ColorChoice, env: Mapping[str, str], stream: io.StringIO, *, wanted: bool
) -> None:
    """`--color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    assert wants_color(choice, env, stream) is wanted


def test_results_and_progress_go_to_their_streams() -> None:
    """Stdout holds results only."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(out=out, err=err)
    console.result("result")
    console.say("progress")
    console.warn("careful")
    console.program_line("compiling")
    assert out.getvalue() == "result\n"
    assert err.getvalue() == "progress\nwarning: careful\n  | compiling\n"


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        (0, "warning: careful\nbroken\n"),
        (1, "==> step\n    done\nprogress\n  | compiling\nwarning: careful\nbroken\n"),
        (2, "==> step\n    done\nprogress\n  | compiling\nwarning: careful\nbroken\n"),
    ],
)
def test_quiet_drops_progress_and_programs_and_nothing_else(level: Verbosity, wanted: str) -> None:
    """Results, warnings and what went wrong are said at any level."""
    out, err = io.StringIO(), Terminal()
    console = Console(out=out, err=err, color="never", clock=lambda: 0.0)
    console.set_verbosity(level)
    with console.step("step"):
        pass
    console.say("progress")
    console.program_line("compiling")
    console.warn("careful")
    console.say("broken", "bad")
    if level == 0:
        console.progress("working")
    console.result("result")
    assert (out.getvalue(), err.getvalue()) == ("result\n", wanted)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\rb", "::error::x\n::error::y", "\u202ename"])
def test_foreign_text_cannot_speak_for_us(hostile: str) -> None:
    """No line of a program or name can move the cursor, begin a line, or turn text around."""
    err = io.StringIO()
    console = Console(err=err)
    console.program_line(hostile)
    console.say(hostile)
    lines = err.getvalue().split("\n")
    assert len(lines) == 3
    assert lines[0].startswith("  | ")
    assert not {"\x1b", "\r", "\u202e"} & set(err.getvalue())


def test_step_says_title_and_summary_without_a_terminal() -> None:
    """In a log a step is two lines: its title, and how it ended."""
    err = io.StringIO()
    with Console(err=err).step("3 build") as step:
        step.update("compiling")
        step.summary = "built"
    lines = err.getvalue().splitlines()
    assert lines[0] == "==> 3 build"
    assert lines[1] == "    built"
    assert len(lines) == 2


def test_progress_line_is_cleared_before_the_next_text() -> None:
    """On a terminal the transient line leaves nothing behind."""
    err = Terminal()
    console = Console(err=err, color="never")
    console.progress("12345")
    console.say("done")
    assert err.getvalue() == "12345\r     \rdone\n"


@pytest.mark.parametrize("columns", [1, 20, 80, 200])
@pytest.mark.parametrize(
    "text", ["x" * 300, "\N{CJK UNIFIED IDEOGRAPH-6F22}" * 300, "\t" * 300, "e\u0301" * 300, "short"]
)
def test_progress_fits_into_one_line_of_the_terminal(columns: int, text: str) -> None:
    """A line that wraps cannot be cleared: each beat would leave one behind."""
    err = Terminal()
    console = Console(err=err, color="never", env={"COLUMNS": str(columns)})
    console.progress(text)
    shown = err.getvalue()
    console.say("done")
    cleared = err.getvalue()[len(shown) :]
    assert len(cleared.split("\r")[1] if "\r" in cleared else "") == width_of(shown) < max(columns, 2)
    if columns == 200:
        assert width_of(shown) >= min(198, len("short"))


def width_of(text: str) -> int:
    """Return the columns that a terminal takes for a text, each tab for as many as it can be."""
    columns = {"W": 2, "F": 2}
    return sum(
        8 if char == "\t" else 0 if unicodedata.combining(char) else columns.get(unicodedata.east_asian_width(char), 1)
        for char in text
    )


def shown_on(controller: int) -> bytes:
    """Return all that a terminal was sent: one write may come in several parts."""
    said = b""
    while select.select([controller], [], [], 0.5)[0]:
        said += os.read(controller, 1000)
    return said


def test_width_of_the_terminal_is_asked_where_no_variable_says_it() -> None:
    """Each time: a window is resized while we run."""
    controller, terminal = pty.openpty()
    try:
        with os.fdopen(terminal, "w") as err:
            console = Console(err=err, color="never", env={})
            for columns in (30, 50):
                fcntl.ioctl(err, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                console.progress("x" * 300)
                assert shown_on(controller).split(b"\r")[-1] == b"x" * (columns - 1)
    finally:
        os.close(controller)


def test_text_that_the_stream_cannot_encode_is_escaped() -> None:
    """A narrow encoding is no reason to fail."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Console(out=out).result("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    assert raw.getvalue() == b"caf\\xe9\n"
