"""What the reference pages hold of config/: settings, recipes, budgets, platforms, promises, exit statuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from burnish.job.settings import defaults_layer, resolve
from burnish.judge.budget import KEYS
from burnish.resources import config_file
from guide.comments import comments_of_keys, definitions
from guide.tables import code, names, section, sections, stated, table

_GROUPS = {
    "A": "Kills, power loss, full disks",
    "B": "Your own work",
    "C": "Bytes, formats and names",
    "D": "Other programs",
    "E": "Hostile projects, secrets",
    "F": "Nothing where nothing is asked",
    "H": "What is kept",
    "I": "The history",
    "J": "A fleet",
}


def read_text(name: str) -> str:
    """Return the text of a file of config/."""
    return config_file(name).read_text(encoding="utf-8")


def read_config(name: str) -> dict[str, Any]:
    """Return a TOML file of config/."""
    return tomllib.loads(read_text(name))


def settings() -> str:
    """Return the table of settings. Raise ValueError for one that no comment describes."""
    resolved = resolve([defaults_layer(config_file("defaults.toml").read_bytes())])
    said = comments_of_keys(read_text("defaults.toml"))
    values = ((key, text.rpartition(" (")[0]) for key, text in resolved.as_text().items())
    rows = ([f"`{key}`", f"`{value}`", stated(said.get(key), f"the setting {key}")] for key, value in values)
    return table(["setting", "default", "what it is, and why"], rows)


def recipes() -> str:
    """Return the table of recipes."""
    return table(["recipe", "summary"], ([f"`{name}`", each["summary"]] for name, each in _recipes()))


def each_recipe() -> str:
    """Return a section for each recipe: its settings and their reasons."""
    return sections(_recipe_section(name, recipe) for name, recipe in _recipes())


def _recipes() -> Iterator[tuple[str, Any]]:
    yield from read_config("recipes.toml").items()


def _recipe_section(name: str, recipe: Mapping[str, Any]) -> str:
    extended = f"It has all of [`{recipe['extends']}`](#{recipe['extends']}), and:" if "extends" in recipe else ""
    return section(name, recipe["summary"], extended, table(["setting", "why"], _recipe_rows(recipe)))


def _recipe_rows(recipe: Mapping[str, Any]) -> Iterator[list[str]]:
    for key, each in recipe.get("profile", {}).items():
        yield [f"`profile.{key} = {json.dumps(each['value'])}`", stated(each.get("reason"), key)]
    for each in recipe.get("rustflags", []):
        yield [f"`{each['flag']}`", stated(each.get("reason"), each["flag"])]
    if "static" in recipe:
        yield ["`static = true`", stated(recipe["static"].get("reason"), "static")]


def budgets() -> str:
    """Return the table of budgets."""
    return table(["budget", "asks for"], ([f"`{name}`", each["summary"]] for name, each in _budgets()))


def each_budget() -> str:
    """Return a section for each budget: its limits and their reasons. Raise ValueError for a limit without one."""
    said = comments_of_keys(read_text("budgets.toml"))
    return sections(_budget_section(name, budget, said) for name, budget in _budgets())


def _budgets() -> Iterator[tuple[str, Any]]:
    yield from read_config("budgets.toml").items()


def _budget_section(name: str, budget: Mapping[str, Any], said: Mapping[str, str]) -> str:
    keys = [key for key in budget if key != "summary"]
    rows = ([f"`{key}`", code(budget[key]), stated(said.get(f"{name}.{key}"), f"{name}.{key}")] for key in keys)
    return section(name, budget["summary"], table(["limit", "value", "why"], rows))


def limits() -> str:
    """Return the table of a budget's keys. Raise ValueError for one that the head of the file does not describe."""
    said = {name.partition(".")[0]: text for name, text in definitions(read_text("budgets.toml")).items()}
    rows = (
        [f"`{key}`", stated(said.get(key), f"the limit {key}"), read.expected]
        for key, read in KEYS.items()
        if key != "summary"
    )
    return table(["key", "means", "value"], rows)


def platforms() -> str:
    """Return the table of platforms."""
    rows = (_platform_row(triple, each) for triple, each in read_config("platforms.toml").items())
    return table(["platform", "on hosts of another triple", "what it takes elsewhere"], rows)


def _platform_row(triple: str, each: Mapping[str, Any]) -> list[str]:
    cross = each.get("cross")
    elsewhere = f"{cross['mode']}, on {', '.join(cross['hosts'])}" if cross else "no"
    return [f"[`{triple}`](#{triple})", elsewhere, each["elsewhere"]]


def each_platform() -> str:
    """Return a section for each platform: how it links, is started and is installed."""
    data = read_config("platforms.toml").items()
    return sections(section(triple, "\n".join(f"- {line}" for line in _platform_lines(each))) for triple, each in data)


def _platform_lines(each: Mapping[str, Any]) -> Iterator[str]:
    github = each["github"]
    cross, static = each.get("cross", {}), " ".join(each.get("static_rustflags", []))
    yield f"Static linking: `{static}`." if static else f"Static linking: none, {each['static_why_not']}."
    yield f"Real machine in the workflow: `{github['runner']}`, with the toolchain `{github['toolchain']}`."
    for system, command in each.get("install", {}).items():
        yield f"What installs it on {system}: `{command}`."
    if "emulator" in cross:
        yield f"Started elsewhere by: `{cross['emulator']}`."
    if "debian" in cross:
        yield f"Debian packages for it elsewhere: {names(cross['debian'])}."
    if "pip" in cross:
        yield f"Python packages for it elsewhere: {names(cross['pip'])}."


def promises() -> str:
    """Return a section with a table for each group of promises."""
    data = read_config("promises.toml")
    return sections(_promise_section(group, data) for group in dict.fromkeys(name[0] for name in data))


def _promise_section(group: str, data: Mapping[str, Any]) -> str:
    rows = ([name, each["promise"]] for name, each in data.items() if name[0] == group)
    return section(_GROUPS[group], table(["", "promise"], rows))


def exit_statuses() -> str:
    """Return the table of exit statuses."""
    data = read_config("exit-statuses.toml")
    rows = ([f"`{status}`", each["meaning"], each["files"]] for status, each in data.items())
    return table(["exit status", "meaning", "your files"], rows)
