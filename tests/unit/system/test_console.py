from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from burnish.system.console import ColorChoice, Console, wants_color


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


def test_text_that_the_stream_cannot_encode_is_escaped() -> None:
    """A narrow encoding is no reason to fail."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Console(out=out).result("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    assert raw.getvalue() == b"caf\\xe9\n"
