"""The README's tables say what the data says."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from burnish import errors
from burnish.commands.steps import STEPS
from burnish.concessions import SENTENCES
from burnish.job.settings import defaults_layer, resolve
from burnish.resources import config_file

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    lines = README.split(f"\n## {heading}\n")[1].split("\n## ")[0].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def test_ci_runs_the_readmes_test_command() -> None:
    """CI finds the one line of the README that runs everything, and the README has no place left to fill."""
    script = (Path(__file__).parents[2] / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"sed -n 's/\^(.*)\$/", script)
    assert pattern is not None
    wanted = pattern[1].replace("\\(", "(").replace("\\)", ")")
    (command,) = [line for line in README.splitlines() if re.fullmatch(wanted, line)]
    assert command.endswith(".venv/bin/nox")
    assert "TRANSCRIPT" not in README


def test_settings_table_is_the_defaults_file() -> None:
    """Each setting stands in the table with its default, and no other does."""
    resolved = resolve([defaults_layer(config_file("defaults.toml").read_bytes())])
    defaults = {key: json.loads(text.rpartition(" (")[0]) for key, text in resolved.as_text().items()}
    shown = {row[0].strip("`"): json.loads(row[1].strip("`")) for row in table("Settings")}
    assert shown == defaults


def test_recipes_table_is_the_recipes_file() -> None:
    """Each recipe stands in the table with its summary."""
    recipes = tomllib.loads(config_file("recipes.toml").read_text(encoding="utf-8"))
    assert {row[0].strip("`"): row[1] for row in table("Recipes and budgets")} == {
        name: recipe["summary"] for name, recipe in recipes.items()
    }


def test_budgets_are_named() -> None:
    """Each budget is in the README."""
    for name in tomllib.loads(config_file("budgets.toml").read_text(encoding="utf-8")):
        assert f"| `{name}`" in README


def test_concessions_table_is_the_list() -> None:
    """Each concession stands in the table with what it takes."""
    assert {row[0].strip("`"): row[1] for row in table("Concessions")} == SENTENCES


def test_steps_table_names_every_step() -> None:
    """No step is missing from the table of steps."""
    named = set(re.findall(r"`([a-z-]+)`", " ".join(row[0] for row in table("The steps"))))
    assert named == {task.name.replace("_", "-") for task in STEPS}


def test_exit_statuses_are_those_of_the_classes() -> None:
    """Each error class's exit status is in the table, and 0 and the interruptions."""
    classes = errors.BurnishError.__subclasses__()
    shown = {int(number) for row in table("Exit statuses") for number in row[0].split(", ")}
    assert shown == {0, 129, 130, 143, *(each.exit_status for each in classes)}
