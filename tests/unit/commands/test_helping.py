"""The pages of help say what the tasks' own signatures say."""

from __future__ import annotations

import re

import pytest

from burnish.commands.arguments import GROUPS, OPTIONS, flags_of
from burnish.commands.asking import BUILT_IN
from burnish.commands.calls import CHOICE_OPTIONS
from burnish.commands.helping import Pages
from burnish.commands.steps import COMMANDS, MAIN

WIDTHS = (50, 80, 100)


def pages(width: int = 80, program: str = "burnish") -> Pages:
    """Return the pages without colour."""
    return Pages(program, COMMANDS, width=width, paint=lambda text, _: text)


def words_of(page: str) -> str:
    """Return a page's words, whatever the width at which it was wrapped."""
    return " ".join(page.split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_page_has_each_option_of_its_task_with_its_default(name: str, width: int) -> None:
    """The parser takes what the page tells, and the page tells all that the parser takes."""
    page = pages(width).of_command(name)
    task = COMMANDS[name]
    told = {argument.name for argument in task.get_arguments(ignore_unknown_help=True)}
    assert told == set(task.options)
    for option in map(str, told):
        row = words_of(re.split(rf"^ +{', '.join(flags_of(option))}(?=\s)", page, flags=re.MULTILINE)[1])
        default = row.split("[default: ")[1].split("]")[0]
        assert default == OPTIONS[option].default_words
        assert row.startswith(f"<{OPTIONS[option].value}> " if OPTIONS[option].value else OPTIONS[option].help[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*COMMANDS, *BUILT_IN, ""])
def test_page_fits_the_terminal(name: str, width: int) -> None:
    """Only a word that is longer than a line may stick out, such as a target triple's."""
    page = pages(width).of_command(name) if name else pages(width).overview(MAIN)
    assert [line for line in page.splitlines() if len(line) > width and len(line.split()) > 1] == []
    assert not any(line.endswith(" ") for line in page.splitlines())


def test_overview_names_every_command_and_the_common_options() -> None:
    """First what most people need, then the steps in their order, then the rest."""
    page = pages().overview(MAIN)
    assert page.splitlines()[2] == "Usage: burnish [OPTIONS] [COMMAND]"
    listed = [line.split()[0] for line in page.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
    assert listed == ["doctor", "plan", "optimize", "rollback"]
    steps = page.split("one by one:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in steps if line[2].isdigit()] == [str(number) for number in range(10)]
    assert all(f"  {name} " in page for name in (*COMMANDS, *BUILT_IN))
    for option in CHOICE_OPTIONS:
        assert f" {flags_of(option)[-1]} " in page
    assert "[default: improve]" in page


def test_options_are_in_groups() -> None:
    """What belongs together stands together, in one order on every page."""
    page = pages().of_command("optimize")
    headings = [line.rstrip(":") for line in page.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [*GROUPS, "Help"]


def test_page_of_cargos_subcommand_is_called_as_cargo_calls_it() -> None:
    """`cargo burnish --help` tells what can be typed there."""
    assert "Usage: cargo burnish [OPTIONS] [COMMAND]" in pages(program="cargo burnish").overview(MAIN)
    assert "Usage: cargo burnish plan [OPTIONS]" in pages(program="cargo burnish").of_command("plan")


def test_known_values_are_those_of_the_data() -> None:
    """Recipes, budgets and platforms come from config/, not from a list that may fall behind."""
    page = words_of(pages().of_command("plan"))
    assert "[values: auto, portable, phase1, small]" in page
    assert "[values: improve, phase1, sound]" in page
    assert "x86_64-pc-windows-msvc" in page
