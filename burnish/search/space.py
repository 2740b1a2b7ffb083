"""The search space of a run: config/search.toml as far as this machine, platform and user allow, around a base."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.concessions import Concession
from burnish.job.recipe import Recipe, combine, load_recipes
from burnish.job.run import Run
from burnish.job.shared_libraries import NO_SHARED_LIBRARY, shared_libraries
from burnish.judge.findings import listed
from burnish.resources import config_file
from burnish.search.choices import SearchSpace, load_space
from burnish.search.facts import read_facts
from burnish.search.hot import hot_recipe

BASE = "portable"


def space_of(run: Run, offered: frozenset[Concession] = frozenset()) -> SearchSpace:
    """Give what can be tried in a run, as if some concessions that are `offered` were accepted too."""
    content = config_file("search.toml").read_bytes()
    return load_space(content, read_facts(run, offered), run.accepted | offered, run.measured)


def untried_for_libraries(run: Run) -> Iterator[str]:
    """Say which settings are not tried since the workspace has shared libraries."""
    content, facts = config_file("search.toml").read_bytes(), read_facts(run)
    if NO_SHARED_LIBRARY not in facts:
        tried = {choice.id for choice in space_of(run).choices}
        otherwise = load_space(content, facts | {NO_SHARED_LIBRARY}, run.accepted, run.measured)
        names = [choice.id for choice in otherwise.choices if choice.id not in tried]
        libraries = listed(shared_libraries(run.project))
        yield from (f"not tried: {name}: the workspace has a shared library: {libraries}" for name in names)


def base_recipe(run: Run) -> Recipe:
    """Give the recipe that every candidate starts from: the base, and the user's word on hot packages."""
    base = load_recipes(config_file("recipes.toml").read_bytes(), {})[BASE]
    return combine(base.name, base.summary, [base, hot_recipe(run)])


def why_no_trials(run: Run) -> str:
    """Say why nothing can be tried out in a run; empty where it can."""
    if run.project.binary is None:
        return "the project has no binary to try settings on"
    if run.toolkit.mode != "native":
        return f"programs for {run.triple} cannot be timed here: {run.toolkit.mode}"
    return ""


def stands_in(run: Run) -> str:
    """Say why the base stands in for the recipe auto, and what would find the best."""
    reason = why_no_trials(run)
    remedy = "" if reason else "; `burnish tune` finds the best"
    return f"{reason or 'nothing was tuned here yet'}: {BASE} stands in for the recipe auto{remedy}"
