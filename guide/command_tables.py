"""What the page of commands and options holds: the tasks themselves, as Invoke parses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from burnish.commands.calls import help_of
from burnish.commands.steps import STEPS
from guide.tables import code, section, sections, stated, table


def steps() -> str:
    """Return the table of steps."""
    rows = ([f"[`{step_name(task)}`](#{step_name(task)})", _docstring(task)] for task in STEPS)
    return table(["step", "does"], rows)


def each_step() -> str:
    """Return a section for each step."""
    return sections(section(step_name(task), _docstring(task), f"Options: {_options_of(task)}.") for task in STEPS)


def options() -> str:
    """Return the table of options, each with the steps that take it."""
    return table(["option", "default", "meaning", "steps"], _option_rows())


def step_name(task: Task[Any]) -> str:
    """Return what a user types for a task."""
    return str(task.name).replace("_", "-")


def _docstring(task: Task[Any]) -> str:
    return stated(task.__doc__, f"the step {task.name}")


def _spelled(argument: Argument) -> str:
    name = "--" + str(argument.name).replace("_", "-")
    return f"`{name}`" if argument.kind is bool else f"`{name} VALUE`"


def _options_of(task: Task[Any]) -> str:
    return ", ".join(sorted(_spelled(argument) for argument in task.get_arguments()))


def _option_rows() -> Iterator[list[str]]:
    having: dict[str, list[str]] = {}
    said: dict[str, Argument] = {}
    for task in STEPS:
        for argument in task.get_arguments():
            having.setdefault(_spelled(argument), []).append(step_name(task))
            said[_spelled(argument)] = argument
    for option, argument in sorted(said.items()):
        default = code(argument.default) if isinstance(argument.default, str) else "-"
        yield [option, default, stated(help_of(str(argument.name)), option), _which_steps(having[option])]


def _which_steps(having: Sequence[str]) -> str:
    lacking = [step_name(task) for task in STEPS if step_name(task) not in having]
    if not lacking:
        return "all"
    return ", ".join(having) if len(having) <= len(lacking) else f"all but {', '.join(lacking)}"
