from __future__ import annotations

from burnish.job.recipe import load_recipes
from burnish.job.wanted import link_flags
from burnish.platforms import Platform
from burnish.resources import config_file

PHASE1 = load_recipes(config_file("recipes.toml").read_bytes(), {})["phase1"]
STATIC = Platform(runs_on=("x",), elsewhere="y", static_rustflags=("-C", "target-feature=+crt-static"))
NATIVE = ("-C", "target-cpu=native")
OTHERS = ("-C", "prefer-dynamic=no", "-C", "target-feature=+crt-static")


def test_flags_of_a_recipe_are_this_machines_where_it_runs_here() -> None:
    """This machine's processor is what the binary runs on."""
    assert link_flags(PHASE1, STATIC, "native") == (*NATIVE, *OTHERS)


def test_flags_for_another_machine_are_not_this_processors() -> None:
    """What is emulated or only linked here runs on a processor that nobody knows."""
    assert link_flags(PHASE1, STATIC, "emulated") == OTHERS
    assert link_flags(PHASE1, STATIC, "link-only") == OTHERS
