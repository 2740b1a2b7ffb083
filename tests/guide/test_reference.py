"""The reference pages say what the data says, of all of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable

import pytest

from burnish import errors
from burnish.commands.arguments import OPTIONS, flags_of
from burnish.commands.asking import BUILT_IN
from burnish.commands.steps import COMMANDS
from burnish.concessions import SENTENCES
from burnish.job.settings import defaults_layer, resolve
from burnish.judge.budget import KEYS
from burnish.resources import config_file
from guide import config_tables, lever_tables, reference
from guide.tables import stated
from tests.guide.tables import all_rows, table


def data(name: str) -> dict[str, dict[str, str]]:
    """Return a file of config/."""
    return tomllib.loads(config_file(name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Return the pages as they are made now."""
    return reference.pages()


@pytest.mark.parametrize("name", reference.page_names())
def test_page_is_what_the_data_makes(name: str, made: dict[str, str]) -> None:
    """A page that is older than the data fails: `python -m guide.reference` writes it anew."""
    committed = (reference.DOCS / name).read_text(encoding="utf-8")
    assert committed == made[name], "python -m guide.reference"


def test_each_reference_page_is_made() -> None:
    """None is written by hand."""
    assert {path.name for path in (reference.DOCS / "reference").iterdir()} == {
        name.partition("/")[2] for name in reference.page_names() if name.startswith("reference/")
    }


def test_settings_table_is_the_defaults_file() -> None:
    """Each setting stands in the table with its default and a description, and no other does."""
    resolved = resolve([defaults_layer(config_file("defaults.toml").read_bytes())])
    defaults = {key: json.loads(text.rpartition(" (")[0]) for key, text in resolved.as_text().items()}
    shown = table("reference/settings.md")
    assert {row[0].strip("`"): json.loads(row[1].strip("`")) for row in shown} == defaults
    assert all(row[2] for row in shown)


@pytest.mark.parametrize(
    ("file", "comment", "make"),
    [
        ("defaults.toml", "# Exit status that the command must give", config_tables.settings),
        ("budgets.toml", "# A recipe that does not make", config_tables.each_budget),
        ("budgets.toml", "#   min_tests ", config_tables.limits),
        ("search.toml", "#               abort ", lever_tables.needs),
    ],
    ids=["setting", "limit of a budget", "key of a budget", "need of a lever"],
)
def test_what_nobody_describes_makes_no_page(
    file: str, comment: str, make: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the comment that describes it there is an error in place of a hole."""
    lines = config_file(file).read_text(encoding="utf-8").splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(comment)]
    blank = "\n" if comment.startswith("# ") and not comment.startswith("#  ") else "#\n"
    text = "".join([*lines[:at], blank, *lines[at + 1 :]])
    for module in (config_tables, lever_tables):
        monkeypatch.setattr(module, "read_text", lambda name: {file: text}[name])
    if file == "defaults.toml":
        assert "exit_status" in text
    with pytest.raises(ValueError, match="has no description"):
        make()


def test_description_is_not_empty() -> None:
    """Neither None nor a text without words is one."""
    assert stated("of  it\n", "x") == "of it"
    for nothing in (None, ""):
        with pytest.raises(ValueError, match="x has no description"):
            stated(nothing, "x")


def test_recipes_table_is_the_recipes_file() -> None:
    """Each recipe stands in the table with its summary, and each of its settings below."""
    recipes = data("recipes.toml")
    assert table("reference/recipes.md") == [[f"`{name}`", each["summary"]] for name, each in recipes.items()]
    for name, recipe in recipes.items():
        stated_settings = len(recipe.get("profile", [])) + len(recipe.get("rustflags", [])) + ("static" in recipe)
        assert len(table("reference/recipes.md", name)) == stated_settings


def test_budgets_tables_are_the_budgets_file() -> None:
    """Each budget with its summary, its limits, and each key that a budget may have."""
    budgets = data("budgets.toml")
    assert table("reference/budgets.md") == [[f"`{name}`", each["summary"]] for name, each in budgets.items()]
    assert {row[0].strip("`") for row in table("reference/budgets.md", "Limits")} == set(KEYS) - {"summary"}
    for name, budget in budgets.items():
        assert {row[0].strip("`") for row in table("reference/budgets.md", name)} == set(budget) - {"summary"}


def test_concessions_table_is_the_list() -> None:
    """Each concession stands in the table with what it takes."""
    assert {row[0].strip("`"): row[1] for row in table("reference/levers.md", "Concessions")} == SENTENCES


def test_each_lever_stands_with_what_it_takes() -> None:
    """By its name in config/search.toml, with what it takes from the people who run the binary."""
    shown = {found[1]: row[3] for row in all_rows("reference/levers.md") if (found := re.search(r"\(`(.+)`\)", row[0]))}
    factors = tomllib.loads(config_file("search.toml").read_text(encoding="utf-8"))["factors"]
    assert shown == {
        f"{factor}.{name}": ", ".join(f"`{each}`" for each in lever["takes"]) or "nothing"
        for factor, levers in factors.items()
        for name, lever in levers.items()
    }


def test_steps_table_names_every_step() -> None:
    """No step is missing from the table that says when to use which."""
    named = set(re.findall(r"`([a-z-]+)`", " ".join(row[0] for row in table("how-to/steps.md"))))
    assert named == set(COMMANDS)


def test_commands_table_names_every_command() -> None:
    """Those that are no steps too."""
    named = [re.findall(r"`([a-z-]+)", row[0])[0] for row in table("reference/commands.md", "Commands")]
    assert named == [*COMMANDS, *BUILT_IN]


def test_each_option_stands_with_the_commands_that_have_it() -> None:
    """Every option of every command, in the table and in the command's own section."""
    text = (reference.DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    listed = [re.findall(r"`(--[a-z-]+)", row[0])[0] for row in table("reference/commands.md", "Options")]
    assert listed == [_long_of(name) for name in OPTIONS]
    for name, step in COMMANDS.items():
        own = text.split(f"\n## {name}\n")[1].split("\n## ")[0].partition("\nOptions:")[2]
        assert re.findall(r"`(--[a-z-]+)", own) == [_long_of(option) for option in step.options]


def _long_of(option: str) -> str:
    return next(flag for flag in flags_of(option) if flag.startswith("--"))


def test_exit_statuses_are_those_of_the_classes() -> None:
    """Each error class's exit status is in the table, and 0 and the interruptions."""
    classes = errors.BurnishError.__subclasses__()
    shown = [int(row[0].strip("`")) for row in table("reference/exit-statuses.md")]
    assert shown == sorted({0, 129, 130, 143, *(each.exit_status for each in classes)})


def test_platforms_table_is_the_platforms_file() -> None:
    """Each platform stands in the table."""
    assert [re.findall("`(.+)`", row[0])[0] for row in table("reference/platforms.md")] == list(data("platforms.toml"))


def test_report_page_has_every_field_of_the_schema() -> None:
    """Each kind of object, and each of its fields."""
    kinds = json.loads(config_file("report.schema.json").read_text(encoding="utf-8"))["$defs"]
    for name, kind in kinds.items():
        assert {row[0].strip("`") for row in table("reference/report.md", name)} == set(kind["properties"])
