"""A command in a terminal of its own, and what that terminal shows at the end as text and as an SVG picture."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyte
from markupsafe import escape

COLUMNS = 80
# More lines than any command shows: nothing scrolls away.
_LINES = 5000
_WINDOW_LINES = 24
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_CELL_WIDTH, _CELL_HEIGHT, _MARGIN = 8.4, 18, 14
_COLORS = {"default": "#d5dae3", "red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341", "prompt": "#79c0ff"}


class Span(NamedTuple):
    """Neighbouring characters of one look, beginning in `column`."""

    column: int
    text: str
    color: str
    is_bold: bool
    is_dim: bool


def run_in_terminal(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], columns: int = COLUMNS
) -> tuple[bytes, int]:
    """Run a command in a pseudo-terminal; return all bytes that it wrote there, and its exit status."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (_WINDOW_LINES, columns))
    with subprocess.Popen(  # noqa: S603 - burnish itself, by argument list
        argv, cwd=cwd, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        os.close(its)
        written = b"".join(_chunks(ours))
    os.close(ours)
    return written, process.returncode


def _chunks(terminal: int) -> Iterator[bytes]:
    # Linux ends a terminal that nobody holds open any more with an error.
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65536):
            yield chunk


def shown_lines(written: bytes, columns: int = COLUMNS) -> list[list[Span]]:
    """Return what a terminal shows at the end, line by line; empty lines at the end are left out."""
    screen = pyte.Screen(columns, _LINES)
    # SGR 2 (dim), which pyte leaves out, is told to it as another attribute that nothing here uses.
    pyte.ByteStream(screen).feed(written.replace(b"\x1b[2m", b"\x1b[3m"))
    lines = [list(_spans(screen, line)) for line in range(screen.cursor.y + 1)]
    while lines and not as_text(lines[-1]):
        lines.pop()
    return lines


def _spans(screen: pyte.Screen, line: int) -> Iterator[Span]:
    cells = [screen.buffer[line][column] for column in range(screen.columns)]
    looks = groupby(
        range(screen.columns), key=lambda column: (cells[column].fg, cells[column].bold, cells[column].italics)
    )
    for (color, is_bold, is_dim), columns in looks:
        among = list(columns)
        text = "".join(cells[column].data for column in among)
        yield Span(column=among[0], text=text, color=color, is_bold=is_bold, is_dim=is_dim)


def as_text(line: Sequence[Span]) -> str:
    """Return a line as plain text."""
    return "".join(span.text for span in line).rstrip()


def prompt_line(command: str) -> list[Span]:
    """Return the line in which a user has typed a command."""
    return [
        Span(column=0, text="$ ", color="prompt", is_bold=False, is_dim=False),
        Span(column=2, text=command, color="default", is_bold=True, is_dim=False),
    ]


def draw_svg(lines: Sequence[Sequence[Span]], *, title: str, columns: int = COLUMNS) -> str:
    """Return an SVG document that shows the lines as a dark terminal does. It needs no font and no file but itself."""
    width = round(columns * _CELL_WIDTH + 2 * _MARGIN)
    height = len(lines) * _CELL_HEIGHT + 2 * _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="{_FONT}" font-size="14">'
    )
    parts = [
        head,
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>',
        *(_text(span, number) for number, line in enumerate(lines) for span in line if span.text.strip()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(span: Span, line: int) -> str:
    text = span.text.rstrip()
    first = len(text) - len(text.lstrip())
    x = _MARGIN + (span.column + first) * _CELL_WIDTH
    y = _MARGIN + (line + 0.75) * _CELL_HEIGHT
    length = (len(text) - first) * _CELL_WIDTH
    weight = ' font-weight="bold"' if span.is_bold else ""
    faint = ' opacity="0.65"' if span.is_dim else ""
    color = _COLORS.get(span.color, _COLORS["default"])
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" textLength="{length:.1f}" fill="{color}"{weight}{faint} '
        f'xml:space="preserve">{escape(text.lstrip())}</text>'
    )
