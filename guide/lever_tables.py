"""What the page of levers and concessions holds of config/search.toml."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from burnish.concessions import SENTENCES
from guide.comments import definitions
from guide.config_tables import read_config, read_text
from guide.tables import names, section, sections, stated, table


def concessions() -> str:
    """Return the table of concessions."""
    return table(["concession", "what it takes"], ([f"`{name}`", text] for name, text in SENTENCES.items()))


def each_factor() -> str:
    """Return a section for each factor, with the levers that decide it."""
    return sections(_factor_section(name, levers) for name, levers in _search()["factors"].items())


def _search() -> dict[str, Any]:
    return read_config("search.toml")


def _factor_section(factor: str, levers: Mapping[str, Any]) -> str:
    rows = (_lever_row(factor, name, lever) for name, lever in levers.items())
    return section(factor, table(["lever", "why", "sets", "takes", "needs"], rows))


def _lever_row(factor: str, name: str, lever: Mapping[str, Any]) -> list[str]:
    words = lever.get("words", f"{factor} {name}")
    reason = stated(lever.get("reason"), f"the lever {factor}.{name}")
    sets = "; ".join(f"`{each}`" for each in _sets(lever))
    return [f"{words} (`{factor}.{name}`)", reason, sets, names(lever["takes"]) or "nothing", _needs_of(lever)]


def _needs_of(lever: Mapping[str, Any]) -> str:
    return names(lever.get("needs", [])) or "nothing"


def _sets(lever: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {json.dumps(value)}" for key, value in _leaves(lever.get("profile", {})))
    yield from lever.get("rustflags", [])
    if "platform" in lever:
        yield f"--target {lever['platform']}"
    if lever.get("static"):
        yield "static = true"
    if lever.get("guided"):
        yield "-C profile-use"
    if lever.get("mimalloc"):
        yield "target.TRIPLE.linker"
    if "arguments" in lever:
        yield f"cargo {' '.join(lever['arguments'])}"


def _leaves(profile: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in profile.items():
        name = prefix + (f'"{key}"' if key == "*" else key)
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def needs() -> str:
    """Return the table of what levers need. Raise ValueError for a need that the head of the file does not describe."""
    said = definitions(read_text("search.toml").partition("\nshort = ")[0])
    levers = (lever for choices in _search()["factors"].values() for lever in choices.values())
    used = sorted({need for lever in levers for need in lever.get("needs", [])})
    return table(["need", "means"], ([f"`{need}`", stated(said.get(need), f"the need {need}")] for need in used))


def short_search() -> str:
    """Return the candidates of the short search, numbered."""
    search = _search()
    return "\n".join(f"{number}. {_candidate(search, levers)}" for number, levers in enumerate(search["short"], 1))


def offers() -> str:
    """Return the table of what is tried for each concession that is not accepted."""
    search = _search()
    rows = (
        [f"`{name}`", "; then: ".join(_candidate(search, levers) for levers in candidates)]
        for name, candidates in search["offers"].items()
    )
    return table(["concession", "levers"], rows)


def _candidate(search: Mapping[str, Any], levers: Sequence[str]) -> str:
    in_words = (" or ".join(_words_of(search, each) for each in lever.split("|")) for lever in levers)
    return ", ".join(in_words) or "nothing beside the recipe `portable`"


def _words_of(search: Mapping[str, Any], lever: str) -> str:
    factor, _, name = lever.removesuffix("?").partition(".")
    words = search["factors"][factor][name].get("words", f"{factor} {name}")
    return f"{words}{'?' if lever.endswith('?') else ''}"
