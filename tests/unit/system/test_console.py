from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import termios
import time
import unicodedata
from collections.abc import Callable, Mapping

import pytest

from burnish.system import console as console_module
from burnish.system.console import ColorChoice, Console, Step, Verbosity, wants_color
from burnish.system.progress import duration


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
    console.program_failed("compiling\n\nerror: no")
    assert out.getvalue() == "result\n"
    assert err.getvalue() == "progress\nwarning: careful\n  | compiling\n  | \n  | error: no\n"


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        (0, "warning: careful\nbroken\n"),
        (1, "==> step\n    done\nprogress\nwarning: careful\nbroken\n"),
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
    console.set_verbosity(2)
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


# A step


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Return its time."""
        return self.now


def test_step_shows_what_is_done_of_what_is_known_and_what_is_left() -> None:
    """The bar is of what is counted; where each takes as long as the others, those that are done tell the rest."""
    clock = Clock()
    step = Step(clock)
    clock.now = 60
    for done in range(1, 7):
        step.count_rounds(done, 10)
    step.update("hello")
    assert step.line(80) == "    [############--------] 6 of 10 rounds, 1 min 00 s, about 40 s left: hello"
    assert step.line(40) == "    6 of 10 rounds, 1 min 00 s, about 40 s left: hello"


def test_step_claims_no_rest_that_it_cannot_know() -> None:
    """Units of cargo's take as long as they like, two rounds are no measure, and an estimate that ended is dropped."""
    clock = Clock()
    step = Step(clock)
    step.count(8, 10, "units")
    clock.now = 30
    assert step.line(80) == "    [################----] 8 of 10 units, 30 s"
    step.count(11, 10, "units")
    assert step.line(80) == "    11 units, 30 s"
    step = Step(clock)
    step.count_rounds(2, 10)
    assert "left" not in step.line(80)
    step.count_rounds(10, 10)
    assert "left" not in step.line(80)
    step.expect(12.0)
    clock.now = 35
    assert "about 7 s left" in step.line(80)
    clock.now = 43
    assert "left" not in step.line(80)


def test_step_has_the_bar_of_the_first_count_that_is_not_complete() -> None:
    """A search counts trials, and each of them its units; what is complete gives way to what is counted next."""
    step = Step(lambda: 0.0)
    step.count(1, 4, "trials")
    step.count(7, 80, "units")
    assert step.line(80) == "    [#####---------------] 1 of 4 trials, 7 of 80 units, 0 s"
    step = Step(lambda: 0.0)
    step.count(80, 80, "units")
    assert step.line(80) == "    [####################] 80 of 80 units, 0 s"
    step.count(1, None, "tests")
    assert step.line(80) == "    1 test, 0 s"
    step.count(0, 1, "tests")
    assert step.line(80) == "    [--------------------] 0 of 1 test, 0 s"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.6, "1 h 00 min"),
        (4800, "1 h 20 min"),
    ],
)
def test_duration_is_said_as_people_do(seconds: float, told: str) -> None:
    """Seconds, minutes, hours, and never sixty of one."""
    assert duration(seconds) == told


def test_units_of_a_command_are_known_when_it_ran_before() -> None:
    """The first run of a command shows how many it has made, the second of how many; one that makes more, neither."""
    console = Console(err=io.StringIO())
    lines = []
    for last in (3, 3, 4):
        with console.step("build") as step:
            for done in range(1, last + 1):
                console.unit_done("build --release", done)
                lines.append(step.line(30).strip())
    assert lines[2].startswith("3 units")
    assert lines[4].startswith("2 of 3 units")
    assert lines[-1].startswith("4 units")


def test_terminal_has_one_line_that_lives_and_leaves_nothing_behind() -> None:
    """Between the title and the end of a step there is one line, drawn anew in its place, which is gone at the end."""
    err = Terminal()
    console = Console(err=err, color="never", env={"COLUMNS": "40"})
    with console.step("3 build") as step:
        step.count(1, 2, "units")
        console.program_line("Compiling " + "x" * 100)
        wait_for(lambda: "1 of 2 units" in err.getvalue())
        assert err.getvalue().count("\n") == 1
        step.summary = "built"
    *drawn, end = err.getvalue().removeprefix("==> 3 build\n").split("\r")
    assert end.startswith("    built")
    assert max(map(len, drawn)) == 39
    assert set(drawn[-1]) == {" "}


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for ten seconds at most."""
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("err", "env"), [(io.StringIO(), {}), (Terminal(), {"TERM": "dumb"})])
def test_log_and_dumb_terminal_have_two_lines_a_step(
    err: io.StringIO, env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written between the title and the end, however long that takes."""
    monkeypatch.setattr(console_module, "_BEAT_SECONDS", 0.001)
    console = Console(err=err, env=env)
    with console.step("3 build") as step:
        step.count(1, 2, "units")
        time.sleep(0.02)
        step.summary = "built"
    assert [line.split(" (")[0] for line in err.getvalue().splitlines()] == ["==> 3 build", "    built"]


def test_step_within_a_step_has_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps that live at once would write over each other."""
    monkeypatch.setattr(console_module, "_BEAT_SECONDS", 0.001)
    err = Terminal()
    console = Console(err=err, color="never", env={"COLUMNS": "80"})
    with console.step("outer") as outer:
        outer.update("outside")
        with console.step("inner") as inner:
            inner.update("inside")
            wait_for(lambda: "inside" in err.getvalue())
            begun = len(err.getvalue())
            time.sleep(0.05)
            assert "outside" not in err.getvalue()[begun:]
        wait_for(lambda: "outside" in err.getvalue()[begun:])


def test_narrower_terminal_is_not_blanked_beyond_its_edge() -> None:
    """The blanks that clear a line drawn for a wider window must not go on to the next one."""
    err = Terminal()
    env = {"COLUMNS": "80"}
    console = Console(err=err, color="never", env=env)
    console.progress("x" * 200)
    env["COLUMNS"] = "20"
    begun = len(err.getvalue())
    console.say("done")
    assert err.getvalue()[begun:] == "\r" + " " * 19 + "\rdone\n"


@pytest.mark.parametrize("level", [0, 1])
def test_failed_program_is_shown_whole(level: Verbosity) -> None:
    """Its lines were not shown as they came, and none is lost; what it says can pass for nothing of ours."""
    err = io.StringIO()
    console = Console(err=err)
    console.set_verbosity(level)
    lines = [f"line {number}" for number in range(5000)]
    for line in lines:
        console.program_line(line)
    assert err.getvalue() == ""
    console.program_failed("\r\n".join([*lines, "\x1b[2Jerror: no\n"]))
    assert err.getvalue().splitlines() == [*(f"  | {line}" for line in lines), "  | \\x1b[2Jerror: no"]


def test_verbose_shows_lines_as_they_come_and_not_twice() -> None:
    """With -v nothing is said again at the end."""
    err = io.StringIO()
    console = Console(err=err)
    console.set_verbosity(2)
    console.program_line("Compiling")
    console.program_failed("Compiling\n")
    assert err.getvalue() == "  | Compiling\n"


@pytest.mark.parametrize(
    ("env", "links"),
    [
        ({"VTE_VERSION": "7006"}, True),
        ({"VTE_VERSION": "4205"}, False),
        ({"VTE_VERSION": "x"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"TERM": "dumb", "WT_SESSION": "1"}, False),
        ({}, False),
    ],
)
def test_link_is_written_where_the_terminal_is_known_to_show_it(env: Mapping[str, str], *, links: bool) -> None:
    """Elsewhere, and in a file, the text stands alone."""
    assert ("file:///r" in Console(out=Terminal(), env=env).link("r", "file:///r")) is links
    assert Console(out=io.StringIO(), env=env).link("r", "file:///r") == "r"
