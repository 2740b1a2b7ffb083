"""Symbols and debug information that are kept on purpose, and what a recipe leaves out for them."""

from __future__ import annotations

from typing import Any

import pytest
import tomli

from burnish.cargo.flags import ConfigLayer, effective_rustflags
from burnish.job.kept_symbols import SYMBOLS, keep_symbols, stated_symbols
from burnish.job.recipe import Recipe, combine, load_recipes, read_recipe
from burnish.resources import config_file

PORTABLE = load_recipes(config_file("recipes.toml").read_bytes(), {})["portable"]
NOBODY: frozenset[str] = frozenset()

# What stands in [profile.release], and what is told where the recipe's strip is left out for it.
STATED = {
    "nothing": ("", ""),
    "strip": ("strip = false", "strip = false"),
    "strip none": ("strip = 'none'", 'strip = "none"'),
    "strip debuginfo": ("strip = 'debuginfo'", 'strip = "debuginfo"'),
    "strip already": ("strip = 'symbols'\ndebug = true", ""),
    "debug": ("debug = true", "debug = true"),
    "debug 1": ("debug = 1", "debug = 1"),
    "line tables": ("debug = 'line-tables-only'", 'debug = "line-tables-only"'),
    "split": ("debug = 2\nsplit-debuginfo = 'packed'", "debug = 2"),
    "no debug": ("debug = false", ""),
    "debug 0": ("debug = 0\nsplit-debuginfo = 'off'", ""),
    "debug of a package": ("package.serde.debug = 1", "package.serde.debug = 1"),
    "strip of the binary's package": ("package.app.strip = 'none'", 'package.app.strip = "none"'),
    "strip of its version": ("package.'app@0.1.0'.strip = false", 'package."app@0.1.0".strip = false'),
    "strip of its package only": ("strip = true\npackage.app.strip = 'debuginfo'", 'package.app.strip = "debuginfo"'),
    "strip of all but its package": ("strip = 'none'\npackage.app.strip = true", 'strip = "none"'),
    "strip of its package, debug": ("debug = 1\npackage.app.strip = true", "debug = 1"),
    "strip of another package": ("package.serde.strip = 'none'\npackage.app.opt-level = 1", ""),
    "no debug of a package": ("package.'*'.debug = false", ""),
    "what is no setting": ("strip = []\ndebug = {}\npackage = 3", ""),
}


def kept(recipe: Recipe, manifest: str, *configs: str, accepted: frozenset[str] = NOBODY, **env: str) -> Recipe:
    """Return a recipe as it is for a project with these lines in [profile.release]."""
    data = tomli.loads(f"[profile.release]\n{manifest}\n")
    layers = [ConfigLayer(path=f"{at}.toml", data=tomli.loads(config)) for at, config in enumerate(configs)]
    flags = effective_rustflags(layers, env, "x86_64-unknown-linux-gnu", ["unix"])
    return keep_symbols(recipe, stated_symbols(data, layers, env, "app", flags), accepted)


def own(**profile: Any) -> Recipe:
    """Return a recipe of these keys."""
    return read_recipe("own", {"profile": profile}, "x")


@pytest.mark.parametrize("case", STATED)
def test_recipe_keeps_symbols_that_were_kept_on_purpose(case: str) -> None:
    """An explicit strip or debug that keeps something is not overwritten; the message names it and what is left out."""
    manifest, told = STATED[case]
    recipe = kept(PORTABLE, manifest)
    assert ("strip" in recipe.profile) is not bool(told)
    words = f"{told} stands in Cargo.toml: it is kept, and the recipe's strip = true left out; "
    assert [each.startswith(words) for each in recipe.left_out] == [True] * bool(told)
    assert {**PORTABLE.profile, **recipe.profile} == PORTABLE.profile


@pytest.mark.parametrize("case", STATED)
def test_recipe_takes_symbols_that_are_given_away(case: str) -> None:
    """With the user's word for symbols the recipe is as it was."""
    assert kept(PORTABLE, STATED[case][0], accepted=frozenset({SYMBOLS})) == PORTABLE


def test_recipe_that_strips_less_is_no_more_than_what_is_stated() -> None:
    """Stripping debug information only takes nothing from who does that already, and debug information from others."""
    debuginfo = own(strip="debuginfo")
    assert kept(debuginfo, "strip = 'debuginfo'") == debuginfo
    assert kept(debuginfo, "strip = true") == debuginfo
    assert kept(debuginfo, "strip = 'none'").profile == {}
    assert kept(debuginfo, "debug = 1").profile == {}
    assert kept(own(strip=False), "debug = 1") == own(strip=False)


def test_recipe_does_not_lessen_debug_information() -> None:
    """A recipe's own debug and split-debuginfo give way too, unless there is none to lose."""
    recipe = own(debug=0, **{"split-debuginfo": "off"})
    assert kept(recipe, "debug = 'full'\nsplit-debuginfo = 'packed'").profile == {}
    assert kept(recipe, "debug = false\nsplit-debuginfo = 'off'") == recipe
    assert kept(own(debug=True), "debug = 'full'") == own(debug=True)
    assert len(kept(recipe, "debug = 1\nsplit-debuginfo = 'packed'").left_out) == 2


def test_recipe_keeps_what_a_configuration_or_a_variable_states() -> None:
    """The variable goes before files, the nearest file before others, and all of them before the manifest."""
    strip, debug = "profile.release.strip = 'none'", "[profile.release]\ndebug = 1\n"
    assert kept(PORTABLE, "", debug).left_out[0].startswith("debug = 1 stands in 0.toml: ")
    assert kept(PORTABLE, "strip = true", strip, debug).left_out[0].startswith('strip = "none" stands in 0.toml: ')
    assert kept(PORTABLE, "strip = false", "profile.release.strip = true") == PORTABLE
    assert kept(PORTABLE, "strip = false", CARGO_PROFILE_RELEASE_STRIP="symbols") == PORTABLE
    by_variable = kept(PORTABLE, "", CARGO_PROFILE_RELEASE_DEBUG="1")
    assert by_variable.left_out[0].startswith("debug = 1 stands in CARGO_PROFILE_RELEASE_DEBUG: ")
    package = "[profile.release.package.a]\ndebug = 1\n"
    assert kept(PORTABLE, "", package).left_out[0].startswith("package.a.debug = 1 stands in 0.toml: ")


def test_recipe_keeps_what_rustflags_keep() -> None:
    """They stand behind the profile on rustc's command line: what they say of strip counts, wherever else it stands."""
    config = "build.rustflags = ['-Cstrip=none']"
    told = 'strip = "none" stands in the rustflags of 0.toml: '
    assert kept(PORTABLE, "strip = true\npackage.app.strip = true", config).left_out[0].startswith(told)
    assert kept(PORTABLE, "", RUSTFLAGS="-C strip=debuginfo").left_out[0].startswith('strip = "debuginfo" stands in ')
    assert kept(PORTABLE, "strip = 'none'\npackage.app.strip = 'none'", RUSTFLAGS="-C strip=symbols") == PORTABLE
    assert kept(PORTABLE, "", config, accepted=frozenset({SYMBOLS})) == PORTABLE


def test_what_was_left_out_stays_told_in_what_is_made_of_it() -> None:
    """A recipe that is made of several tells what was left out of each, once."""
    part = kept(PORTABLE, "strip = false")
    assert combine("all", "", [part, PORTABLE, part]).left_out == part.left_out
