"""The pages of help, made of what the tasks say of themselves: their signatures, their docstrings, their options."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from burnish import __version__
from burnish.commands.arguments import GROUPS, OPTIONS, flags_of
from burnish.commands.asking import BUILT_IN
from burnish.commands.calls import CHOICE_OPTIONS, StepTask
from burnish.system.console import ColorRole

Paint = Callable[[str, ColorRole], str]
Row = tuple[str, str]
_LONGEST_FLAGS = 25
_KEPT_TOGETHER = 40
_NUMBER = re.compile(r"(\d+): (.)")
_SUMMARY = "Make a Cargo project's release binary small and quick to start, and prove it."


class Pages:
    """The pages of one program, such as `cargo burnish`, for a terminal `width` columns wide."""

    def __init__(self, program: str, commands: Mapping[str, StepTask], *, width: int, paint: Paint) -> None:
        self._program = program
        self._commands = commands
        self._width = width
        self._paint = paint

    def overview(self, main: Sequence[StepTask]) -> str:
        """Return the page of the program: `main` are the commands that come first."""
        steps = [step for step in self._commands.values() if _number_of(step)]
        others = [step for step in self._commands.values() if step not in main and step not in steps]
        built_in = [(f"{name} {what}", does) for name, (what, does) in BUILT_IN.items()]
        return self._page(
            self._wrapped(_SUMMARY),
            self._usage("[OPTIONS] [COMMAND]"),
            self._table("Commands", map(_row_of, main)),
            self._table("The steps of optimize, one by one", (_row_of(step, numbered=True) for step in steps)),
            self._table("Other commands", [*map(_row_of, others), *built_in]),
            self._options((*CHOICE_OPTIONS, "json"), in_full=False),
            self._table("Help", [("-h, --help", "Show help, of a command too"), ("-V, --version", "Show the version")]),
            self._wrapped(f"`{self._program} help COMMAND` tells all about a command."),
        )

    def of_command(self, name: str) -> str:
        """Return the page of one command."""
        if name in BUILT_IN:
            what, does = BUILT_IN[name]
            return self._page(self._wrapped(f"{does}."), self._usage(f"{name} {what}"))
        step = self._commands[name]
        return self._page(
            *map(self._wrapped, _paragraphs(step)),
            self._usage(f"{name} [OPTIONS]{_alone(step)}"),
            self._options(step.options, in_full=True),
            self._table("Help", [("-h, --help", "Show this")]),
        )

    def _page(self, *parts: str) -> str:
        return "\n\n".join(parts)

    def _usage(self, words: str) -> str:
        return f"{self._paint('Usage:', 'title')} {self._program} {words}"

    def _options(self, names: Iterable[str], *, in_full: bool) -> str:
        """Return the tables of options, by what they are about, all with one first column."""
        offered = list(names)
        groups = {group: [name for name in offered if OPTIONS[name].group == group] for group in GROUPS}
        rows = {group: [_option_row(name, in_full=in_full) for name in names] for group, names in groups.items()}
        width = _column_width(row for each in rows.values() for row in each)
        return "\n\n".join(self._table(group, each, width) for group, each in rows.items() if each)

    def _table(self, heading: str, rows: Iterable[Row], column: int = 0) -> str:
        listed = list(rows)
        column = column or _column_width(listed)
        return "\n".join(
            [self._paint(f"{heading}:", "title"), *(line for row in listed for line in self._row(row, column))]
        )

    def _row(self, row: Row, column: int) -> Iterator[str]:
        """Return the lines of a row; a first cell that is too long stands alone."""
        first, text = row
        indent = " " * (column + 4)
        room = self._width - len(indent)
        lines = _wrap(text, room)
        if any(len(line) > room for line in lines):
            lines = _wrap(text.replace(_FIXED, " "), room)
        if len(first) > column:
            yield f"  {first}"
            first = ""
        yield f"  {first:<{column}}  {lines[0]}".replace(_FIXED, " ")
        yield from (f"{indent}{line}".replace(_FIXED, " ") for line in lines[1:])

    def _wrapped(self, text: str) -> str:
        return "\n".join(_wrap(text, self._width))


_FIXED = "\u00a0"


def version_line() -> str:
    """Return what `--version` prints."""
    return f"burnish {__version__}"


def summary_of(step: StepTask) -> str:
    """Return what a step does, in one sentence without its number."""
    sentence = _paragraphs(step)[0]
    return sentence.rstrip(".")


def _paragraphs(step: StepTask) -> list[str]:
    """Return the docstring's paragraphs, each in one line; the first without the number of the step."""
    text = _NUMBER.sub(lambda found: found[2].upper(), inspect.getdoc(step) or "", count=1)
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _number_of(step: StepTask) -> str:
    numbered = _NUMBER.match(inspect.getdoc(step) or "")
    return numbered[1] if numbered else ""


def _row_of(step: StepTask, *, numbered: bool = False) -> Row:
    number = f"{_number_of(step)}  " if numbered else ""
    return f"{number}{step.command}", summary_of(step)


def _alone(step: StepTask) -> str:
    return f" [{OPTIONS[step.word].value}]" if step.word else ""


def _option_row(name: str, *, in_full: bool) -> Row:
    option, flags = OPTIONS[name], flags_of(name)
    written = ", ".join(flags) if option.short else f"    {', '.join(flags)}"
    value = f" <{option.value}>" if option.value else ""
    known = option.known_values if in_full else ()
    values = f"[values: {', '.join(known)}]" if known else ""
    default = f"[default: {option.default_words}]" if option.value or in_full else ""
    return f"{written}{value}", " ".join(filter(None, (option.help, values, _together(default))))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)


def _together(text: str) -> str:
    return text.replace(" ", _FIXED) if len(text) <= _KEPT_TOGETHER else text


def _column_width(rows: Iterable[Row]) -> int:
    return min(max(len(first) for first, _ in rows), _LONGEST_FLAGS)
