"""What the page of commands and options holds: what the commands themselves say, as `burnish help` does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from burnish.commands.arguments import OPTIONS, flags_of
from burnish.commands.asking import BUILT_IN
from burnish.commands.calls import StepTask
from burnish.commands.helping import summary_of
from burnish.commands.steps import COMMANDS
from guide.tables import names, section, sections, stated, table


def steps() -> str:
    """Return the table of commands."""
    rows = [[f"[`{name}`](#{name})", stated(summary_of(step), name)] for name, step in COMMANDS.items()]
    built_in = [[f"`{name} {what}`", does] for name, (what, does) in BUILT_IN.items()]
    return table(["command", "does"], [*rows, *built_in])


def each_step() -> str:
    """Return a section for each command: all that it says of itself, and its options."""
    return sections(
        section(name, *_paragraphs(step), f"Options: {_options_of(step)}.") for name, step in COMMANDS.items()
    )


def options() -> str:
    """Return the table of options, each with the commands that take it."""
    return table(["option", "default", "meaning", "commands"], _option_rows())


def _paragraphs(step: StepTask) -> Iterator[str]:
    """Yield what a command says of itself; its first sentence without the number that sorts it."""
    yield f"{stated(summary_of(step), step.command)}."
    yield from (" ".join(text.split()) for text in (inspect.getdoc(step) or "").split("\n\n")[1:])


def _spelled(name: str) -> str:
    value = f" {OPTIONS[name].value}" if OPTIONS[name].value else ""
    return ", ".join(f"`{flag}{value}`" for flag in flags_of(name))


def _options_of(step: StepTask) -> str:
    return names(next(flag for flag in flags_of(name) if flag.startswith("--")) for name in step.options)


def _option_rows() -> Iterator[list[str]]:
    for name, option in OPTIONS.items():
        known = f" Values: {names(option.known_values)}." if option.known_values else ""
        meaning = f"{stated(option.help, name)}.{known}"
        yield [_spelled(name), option.default_words, meaning, _which_commands(name)]


def _which_commands(option: str) -> str:
    having = [name for name, step in COMMANDS.items() if option in step.options]
    lacking = [name for name in COMMANDS if name not in having]
    if not lacking:
        return "all"
    return ", ".join(having) if len(having) <= len(lacking) else f"all but {', '.join(lacking)}"
