"""The reference pages of the guide, made from config/ and the tasks: `python -m guide.reference` writes them anew.

They are committed, so that they can be read and linked in the repository as they are, and a change of a setting is seen in
its review; a test compares them with what this makes.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.commands.steps import STEPS
from burnish.concessions import SENTENCES
from burnish.job.settings import defaults_layer, resolve
from burnish.judge.budget import KEYS
from burnish.resources import config_file
from guide.capture_list import CAPTURES, FOLDER
from guide.comments import comments_of_keys, definitions
from guide.schema_page import report_page

DOCS = Path(__file__).parents[1] / "docs"
_ANY_STEP = "every step"


def main() -> None:
    """Write each page whose text has changed."""
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")


def pages() -> dict[str, str]:
    """Return the text of each page that is made, by its path in docs/."""
    made: Mapping[str, tuple[str, Callable[[], Iterator[str]]]] = {
        "reference/commands.md": ("the tasks in burnish/commands/", _commands),
        "reference/settings.md": ("config/defaults.toml", _settings),
        "reference/recipes.md": ("config/recipes.toml", _recipes),
        "reference/levers.md": ("config/search.toml and burnish/concessions.py", _levers),
        "reference/budgets.md": ("config/budgets.toml", _budgets),
        "reference/platforms.md": ("config/platforms.toml", _platforms),
        "reference/promises.md": ("config/promises.toml", _promises),
        "reference/exit-statuses.md": ("config/exit-statuses.toml", _exit_statuses),
        "reference/report.md": ("config/report.schema.json", lambda: report_page(_read_text("report.schema.json"))),
        "captures.md": ("docs/captures/, which `nox -s docs -- --captures` makes", _captures),
    }
    return {name: _page(source, lines()) for name, (source, lines) in made.items()}


def _page(source: str, lines: Iterable[str]) -> str:
    return "\n".join([f"<!-- Made by `python -m guide.reference` from {source}: edit that. -->", "", *lines]) + "\n"


def _read_text(name: str) -> str:
    return config_file(name).read_text(encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(_read_text(name))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and an empty one behind it."""
    yield _row(columns)
    yield _row(["---"] * len(columns))
    yield from (_row(row) for row in rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def code(value: object) -> str:
    """Return a value as TOML and JSON alike write it, as code."""
    return f"`{json.dumps(value)}`"


def _stated(text: str, what: str) -> str:
    """Return a description. Raise ValueError where there is none: no page has a hole."""
    if not text:
        raise ValueError(f"{what} has no description")
    return text


def _commands() -> Iterator[str]:
    yield "# Commands and options"
    yield ""
    yield "`burnish STEP [OPTIONS]`, `cargo burnish STEP [OPTIONS]`, or in a checkout of burnish `invoke STEP [OPTIONS]`: they are"
    yield "the same. `burnish --list` names the steps, `burnish --help STEP` tells the options of one. `burnish --dry STEP` shows"
    yield "the plan in place of doing anything. [The steps one by one](../how-to/steps.md) says when to use which."
    yield ""
    yield "## Steps"
    yield ""
    yield from table(["step", "does"], ([f"[`{_step(task)}`](#{_step(task)})", _docstring(task)] for task in STEPS))
    yield "## Options"
    yield ""
    yield "An option means the same in every step that takes it."
    yield ""
    yield from table(["option", "default", "meaning", "steps"], _option_rows())
    for task in STEPS:
        yield from (f"## {_step(task)}", "", _docstring(task), "", f"Options: {_options_of(task)}.", "")


def _step(task: Any) -> str:  # noqa: ANN401 - Invoke's tasks are generic in what they return
    return str(task.name).replace("_", "-")


def _docstring(task: Any) -> str:  # noqa: ANN401 - the same
    return _stated(" ".join((task.__doc__ or "").split()), f"the step {task.name}")


def _spelled(argument: Any) -> str:  # noqa: ANN401 - Invoke's argument
    name = "--" + str(argument.name).replace("_", "-")
    return f"`{name}`" if argument.kind is bool else f"`{name} VALUE`"


def _options_of(task: Any) -> str:  # noqa: ANN401 - the same as above
    return ", ".join(sorted(_spelled(argument) for argument in task.get_arguments())) or "none"


def _option_rows() -> Iterator[list[str]]:
    having: dict[str, list[str]] = {}
    said: dict[str, tuple[str, str]] = {}
    for task in STEPS:
        for argument in task.get_arguments():
            option = _spelled(argument)
            having.setdefault(option, []).append(_step(task))
            default = code(argument.default) if isinstance(argument.default, str) else "-"
            said[option] = (default, _stated(str(argument.help or ""), f"the option {option}"))
    for option, (default, meaning) in sorted(said.items()):
        yield [option, default, meaning, _which_steps(having[option])]


def _which_steps(having: Sequence[str]) -> str:
    names = [_step(task) for task in STEPS]
    lacking = [name for name in names if name not in having]
    if not lacking:
        return _ANY_STEP
    return ", ".join(having) if len(having) <= len(lacking) else f"all but {', '.join(lacking)}"


def _settings() -> Iterator[str]:
    resolved = resolve([defaults_layer(config_file("defaults.toml").read_bytes())])
    said = comments_of_keys(_read_text("defaults.toml"))
    yield "# Settings"
    yield ""
    yield "Set them under `[package.metadata.burnish]` or `[workspace.metadata.burnish]` in your manifest, for one platform under"
    yield "`platforms.TRIPLE` in either, and for one call by `--set KEY=VALUE`. The command line overrides the package's table, which"
    yield "overrides the workspace's. An unknown key is refused, with the nearest one. Times are in seconds where no unit is said."
    yield "[Recipes and limits of your own](../how-to/recipes.md) has an example of each table."
    yield ""
    rows = ((key, text.rpartition(" (")[0]) for key, text in resolved.as_text().items())
    yield from table(
        ["setting", "default", "what it is, and why"],
        ([f"`{key}`", f"`{value}`", _stated(said.get(key, ""), f"the setting {key}")] for key, value in rows),
    )
    yield "The keys of `budget` are those of the [budgets](budgets.md#limits)."


def _recipes() -> Iterator[str]:
    yield "# Recipes"
    yield ""
    yield "A recipe is a named set of release settings. `auto`, the default of `--recipe`, is none of them: it"
    yield "[searches](../explanation/verdicts.md#the-search) for the best settings here. `extends` begins with another recipe's."
    yield "[Recipes of your own](../how-to/recipes.md) have the same keys."
    yield ""
    recipes = _read("recipes.toml")
    yield from table(["recipe", "summary"], ([f"`{name}`", recipe["summary"]] for name, recipe in recipes.items()))
    for name, recipe in recipes.items():
        extended = f" It extends `{recipe['extends']}`." if "extends" in recipe else ""
        yield from (f"## {name}", "", f"{recipe['summary']}{extended}", "")
        yield from table(["setting", "why"], _recipe_rows(recipe))


def _recipe_rows(recipe: Mapping[str, Any]) -> Iterator[list[str]]:
    for key, stated in recipe.get("profile", {}).items():
        yield [f"`profile.{key} = {json.dumps(stated['value'])}`", _stated(stated.get("reason", ""), key)]
    for stated in recipe.get("rustflags", []):
        yield [f"`{stated['flag']}`", _stated(stated.get("reason", ""), stated["flag"])]
    if "static" in recipe:
        yield ["`static = true`", _stated(recipe["static"].get("reason", ""), "static")]


def _levers() -> Iterator[str]:
    search, needs = _read("search.toml"), definitions(_read_text("search.toml").partition("\nshort = ")[0])
    yield "# Levers and concessions"
    yield ""
    yield "A lever is a setting that the search may turn. A concession is what a lever takes from the people who run the binary."
    yield "Only levers that take nothing, or only what you [accept](../explanation/verdicts.md#concessions), are tried."
    yield ""
    yield "## Concessions"
    yield ""
    yield from table(["concession", "what it takes"], ([f"`{name}`", text] for name, text in SENTENCES.items()))
    used: set[str] = set()
    for factor, choices in search["factors"].items():
        yield from (f"## {factor}", "")
        rows = [_lever_row(factor, name, choice) for name, choice in choices.items()]
        yield from table(["lever", "why", "sets", "takes", "needs"], rows)
        used |= {need for choice in choices.values() for need in choice.get("needs", [])}
    yield from ("## What a lever needs", "", "A lever that lacks one of its needs is not tried.", "")
    yield from table(["need", "means"], ([f"`{n}`", _stated(needs.get(n, ""), f"the need {n}")] for n in sorted(used)))
    yield from ("## The short search", "", "What `--recipe auto` tries, in this order, as far as you accept it:", "")
    yield from (f"{number}. {_candidate(search, names)}" for number, names in enumerate(search["short"], 1))
    yield ""
    yield 'A lever with a question mark is taken where it is to be had, and of several with "or" between them the first that is.'
    yield from (
        "",
        "## What is offered",
        "",
        "What each concession that is not accepted would buy is tried with these:",
        "",
    )
    yield from table(["concession", "levers"], _offer_rows(search))


def _lever_row(factor: str, name: str, choice: Mapping[str, Any]) -> list[str]:
    words = choice.get("words", f"{factor} {name}")
    takes = ", ".join(f"`{each}`" for each in choice["takes"]) if "takes" in choice else ""
    needs = ", ".join(f"`{each}`" for each in choice.get("needs", [])) or "-"
    sets = "; ".join(f"`{each}`" for each in _sets(choice))
    reason = _stated(choice.get("reason", ""), f"the lever {factor}.{name}")
    return [f"{words} (`{factor}.{name}`)", reason, sets, takes or "nothing", needs]


def _sets(choice: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {json.dumps(value)}" for key, value in _flat(choice.get("profile", {})))
    yield from choice.get("rustflags", [])
    if "platform" in choice:
        yield f"--target {choice['platform']}"
    if choice.get("static"):
        yield "static = true"
    if "arguments" in choice:
        yield f"cargo {' '.join(choice['arguments'])}"


def _flat(profile: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in profile.items():
        name = prefix + (f'"{key}"' if key == "*" else key)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _candidate(search: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(_in_words(search, name) for name in names) or "nothing beside the recipe `portable`"


def _in_words(search: Mapping[str, Any], lever: str) -> str:
    return " or ".join(_words_of(search, each) for each in lever.split("|"))


def _words_of(search: Mapping[str, Any], lever: str) -> str:
    factor, _, name = lever.removesuffix("?").partition(".")
    words = search["factors"][factor][name].get("words", f"{factor} {name}")
    return f"{words}{'?' if lever.endswith('?') else ''}"


def _offer_rows(search: Mapping[str, Any]) -> Iterator[list[str]]:
    for concession, candidates in search["offers"].items():
        yield [f"`{concession}`", "; or: ".join(_candidate(search, names) for names in candidates)]


def _budgets() -> Iterator[str]:
    text = _read_text("budgets.toml")
    meanings, reasons, budgets = definitions(text), comments_of_keys(text), tomllib.loads(text)
    yield "# Budgets"
    yield ""
    yield "A budget is the limits that a change must meet to be kept. `--budget NAME` chooses one; `base` in"
    yield "`[package.metadata.burnish.budget]` begins with one, and the keys beside it set limits of your own. `--max-size` and"
    yield "`--max-startup` override both. [Recipes and limits of your own](../how-to/recipes.md) shows how."
    yield ""
    yield from table(["budget", "asks for"], ([f"`{name}`", each["summary"]] for name, each in budgets.items()))
    for name, budget in budgets.items():
        yield from (f"## {name}", "", budget["summary"], "")
        limits = ((key, value) for key, value in budget.items() if key != "summary")
        rows = ([f"`{key}`", code(value), _stated(reasons[f"{name}.{key}"], f"{name}.{key}")] for key, value in limits)
        yield from table(["limit", "value", "why"], rows)
    yield from ("## Limits", "", "The keys of a budget:", "")
    for key, read in KEYS.items():
        if key != "summary":
            meanings.setdefault(key, meanings.get(f'{key}."NAME"', ""))
    rows = ([f"`{k}`", _stated(meanings[k], f"the limit {k}"), r.expected] for k, r in KEYS.items() if k != "summary")
    yield from table(["key", "means", "value"], rows)


def _platforms() -> Iterator[str]:
    platforms = _read("platforms.toml")
    yield "# Platforms"
    yield ""
    yield "A platform is a target triple. Where a binary runs as any program does, it is judged by all gates. Under an emulator there"
    yield "is no start-up and no benches. Where it can only be linked: build, artifacts, linkage and size."
    yield "`burnish doctor --platform TRIPLE` says what is lacking here, and what installs it on each system."
    yield "[Other platforms](../how-to/platforms.md) shows how to use one."
    yield ""
    yield from table(
        ["platform", "from another host", "what it takes"], map(_platform_row, *zip(*platforms.items(), strict=True))
    )
    for triple, each in platforms.items():
        yield from (f"## {triple}", "")
        yield from (f"- {line}" for line in _platform_lines(each))
        yield ""


def _platform_row(triple: str, each: Mapping[str, Any]) -> list[str]:
    cross = each.get("cross")
    elsewhere = f"{cross['mode']}, on {', '.join(cross['hosts'])}" if cross else "no"
    return [f"[`{triple}`](#{triple})", elsewhere, each["elsewhere"]]


def _platform_lines(each: Mapping[str, Any]) -> Iterator[str]:
    yield f"Anywhere else: {each['elsewhere']}."
    static = " ".join(each.get("static_rustflags", []))
    yield f"Static linking: `{static}`." if static else f"Static linking: no, {each['static_why_not']}."
    yield f"In the workflow: `{each['github']['runner']}` with the toolchain `{each['github']['toolchain']}`."
    for system, command in each.get("install", {}).items():
        yield f"To install on {system}: `{command}`."
    cross = each.get("cross", {})
    if "emulator" in cross:
        yield f"Started by `{cross['emulator']}`."
    if "debian" in cross:
        yield f"Packages of Debian: {', '.join(f'`{name}`' for name in cross['debian'])}."
    if "pip" in cross:
        yield f"Python packages: {', '.join(f'`{name}`' for name in cross['pip'])}."


_GROUPS = {
    "A": "Kills, power loss, full disks",
    "B": "Your own work",
    "C": "Bytes, formats and names",
    "D": "Other programs",
    "E": "Hostile projects, secrets",
    "F": "Nothing where nothing is asked",
    "H": "What is kept",
}


def _promises() -> Iterator[str]:
    yield "# Promises"
    yield ""
    yield "What is promised about your files, and about what is kept. Each promise has tests that bear its name; `nox -s faults` tries"
    yield "each in depth and prints how often. [How your files stay safe](../explanation/safety.md) says how it is done."
    promises = _read("promises.toml")
    for group in dict.fromkeys(name[0] for name in promises):
        yield from ("", f"## {_GROUPS[group]}", "")
        rows = [[name, each["promise"]] for name, each in promises.items() if name[0] == group]
        yield from list(table(["", "promise"], rows))[:-1]


def _exit_statuses() -> Iterator[str]:
    yield "# Exit statuses"
    yield ""
    yield "The exit status of every step, the same with `burnish`, `cargo burnish` and `invoke`. A message with any of them but 0 says"
    yield "what was found, what was expected, the state of your files, and the next command."
    yield ""
    rows = ([f"`{code}`", each["meaning"], each["files"]] for code, each in _read("exit-statuses.toml").items())
    yield from list(table(["exit status", "meaning", "your files"], rows))[:-1]


def _captures() -> Iterator[str]:
    made = json.loads((FOLDER / "captures.json").read_text(encoding="utf-8"))
    yield "# What the terminal shows"
    yield ""
    yield "Real runs in a terminal of 80 columns, in a small crate (`guide/greet` in this repository) or in a checkout of burnish. Only"
    yield "the folders in which the two lie are shortened. Times are those of the machine, on that day."
    for name, facts in made.items():
        yield from ("", f"## {CAPTURES[name].shows[0].upper()}{CAPTURES[name].shows[1:]}", "")
        yield f"![{facts['command']}](captures/{name}.svg)"
        yield ""
        yield f"`{facts['command']}`, exit status {facts['exit_status']}; [all of it as text](captures/{name}.txt)."
        yield f"{facts['day']}, {facts['machine']}, {facts['toolchain']}."


if __name__ == "__main__":
    main()
