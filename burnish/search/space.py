"""The search space of a run: config/search.toml as far as this machine, platform and user allow, around a base."""

from __future__ import annotations

from burnish.cargo.recipe import Recipe, combine, load_recipes
from burnish.resources import config_file
from burnish.run import Run
from burnish.search.choices import SearchSpace, load_space
from burnish.search.facts import read_facts
from burnish.search.hot import hot_recipe

BASE = "portable"


def space_of(run: Run) -> SearchSpace:
    """Give what can be tried in a run."""
    return load_space(config_file("search.toml").read_bytes(), read_facts(run))


def base_recipe(run: Run) -> Recipe:
    """Give the recipe that every candidate starts from: the base, and the user's word on hot packages."""
    base = load_recipes(config_file("recipes.toml").read_bytes(), {})[BASE]
    return combine(base.name, base.summary, [base, hot_recipe(run)])
