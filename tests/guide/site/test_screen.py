"""A command in a terminal, and what the terminal shows at the end as text and as a picture."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from guide import screen

SVG = "{http://www.w3.org/2000/svg}"


def texts(written: bytes) -> list[str]:
    """Return the lines that a terminal shows of these bytes."""
    return [screen.as_text(line) for line in screen.shown_lines(written)]


def test_command_runs_in_a_terminal_of_eighty_columns(tmp_path: Path) -> None:
    """It sees a terminal on all three streams, and its exit status is told."""
    asked = (
        "import os, sys; print(os.get_terminal_size().columns, os.isatty(0), os.isatty(1), os.isatty(2)); sys.exit(3)"
    )
    written, status = screen.run_in_terminal([sys.executable, "-c", asked], cwd=tmp_path, env=os.environ)
    assert (texts(written), status) == (["80 True True True"], 3)


def test_line_that_was_replaced_is_not_shown() -> None:
    """Progress that is written over in place leaves its last state only."""
    assert texts(b"round 1\r       \rdone\r\n") == ["done"]


def test_long_line_is_wrapped_as_the_terminal_wraps_it() -> None:
    """At the eightieth column."""
    assert texts(b"a" * 81) == ["a" * 80, "a"]


def test_many_lines_are_all_there() -> None:
    """Nothing scrolls away."""
    assert texts(b"x\r\n" * 3000) == ["x"] * 3000


def test_colours_bold_and_faint_are_kept() -> None:
    """As burnish's console writes them."""
    (line,) = screen.shown_lines(b"\x1b[32mpass\x1b[0m \x1b[1m==>\x1b[0m \x1b[2mquiet\x1b[0m")
    looks = [(span.text, span.color, span.is_bold, span.is_dim) for span in line if span.text.strip()]
    assert looks == [
        ("pass", "green", False, False),
        ("==>", "default", True, False),
        ("quiet", "default", False, True),
    ]


def test_picture_is_svg_with_the_text_in_place() -> None:
    """Each word stands at its column, foreign text does no harm, and the picture has a title."""
    lines = [screen.prompt_line("burnish <x>"), *screen.shown_lines(b"a <b> & c\r\n    \x1b[31mred\x1b[0m")]
    root = ET.fromstring(screen.draw_svg(lines, title='say "<x>"'))  # noqa: S314 - our own
    assert root.findtext(f"{SVG}title") == 'say "<x>"'
    shown = {element.text: element for element in root.iter(f"{SVG}text")}
    assert list(shown) == ["$", "burnish <x>", "a <b> & c", "red"]
    assert float(shown["red"].attrib["x"]) - float(shown["a <b> & c"].attrib["x"]) == pytest.approx(4 * 8.4, abs=0.1)
    assert shown["red"].attrib["fill"] != shown["a <b> & c"].attrib["fill"]


def test_wider_terminal_folds_later_and_is_drawn_wider() -> None:
    """The program is told the width, and picture and text have it."""
    line = b"x" * 100
    assert [len(screen.as_text(each)) for each in screen.shown_lines(line)] == [80, 20]
    (wide,) = screen.shown_lines(line, 120)
    assert len(screen.as_text(wide)) == 100
    widths = [
        float(ET.fromstring(screen.draw_svg([wide], title="x", columns=columns)).attrib["width"])  # noqa: S314 - our own
        for columns in (80, 120)
    ]
    assert widths[1] > widths[0] * 1.4
    written, _ = screen.run_in_terminal(["stty", "size"], cwd=Path(), env={"PATH": os.environ["PATH"]}, columns=120)
    assert written.split()[-1] == b"120"
