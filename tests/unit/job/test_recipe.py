"""Recipes: the shipped ones, a project's own, and what is refused in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from burnish.errors import Refused, UsageError
from burnish.job.recipe import FlagSetting, ProfileSetting, Recipe, load_recipes, pick_recipe

SHIPPED = (Path(__file__).parents[3] / "config" / "recipes.toml").read_bytes()
PORTABLE = {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True}


def _own(**recipe: Any) -> Recipe:
    return load_recipes(SHIPPED, {"mine": recipe})["mine"]


def _values(recipe: Recipe) -> dict[str, Any]:
    return {key: setting.value for key, setting in recipe.profile.items()}


def test_shipped_recipes_are_these() -> None:
    """The mission's recipe, the portable one and the small one, with their exact settings."""
    recipes = load_recipes(SHIPPED, {})
    shown = {
        name: (_values(recipe), [flag.flag for flag in recipe.rustflags], recipe.static)
        for name, recipe in recipes.items()
    }
    assert shown == {
        "portable": (PORTABLE, [], False),
        "phase1": ({**PORTABLE, "panic": "abort"}, ["-C target-cpu=native", "-C prefer-dynamic=no"], True),
        "small": ({**PORTABLE, "opt-level": "s"}, [], False),
    }


def test_shipped_settings_have_reasons_of_their_own() -> None:
    """No setting of ours is there without a reason, and each says which recipe it is from."""
    for recipe in load_recipes(SHIPPED, {}).values():
        assert recipe.summary
        reasons = [setting.reason for setting in recipe.profile.values()]
        reasons += [flag.reason for flag in recipe.rustflags]
        assert all(len(reason) > 20 and "asks for it" not in reason for reason in reasons)
        assert bool(recipe.static_reason) is recipe.static
    small = load_recipes(SHIPPED, {})["small"]
    assert small.profile["lto"].origin == "recipe portable in config/recipes.toml"
    assert small.profile["opt-level"].origin == "recipe small in config/recipes.toml"


@pytest.mark.parametrize("where", ["[package.metadata.burnish]", "[workspace.metadata.burnish.platforms.musl]"])
def test_recipe_is_named_with_the_table_that_it_stands_in(where: str) -> None:
    """Also in what is refused, and in the reasons of a plan."""
    table = where.replace("]", ".recipes]")
    recipes = load_recipes(SHIPPED, {"mine": {"profile": {"strip": True}}}, {"mine": where})
    assert recipes["mine"].profile["strip"].origin == f"recipe mine in {table}"
    with pytest.raises(Refused) as caught:
        load_recipes(SHIPPED, {"mine": {"profil": {}}}, {"mine": where})
    assert f'"mine" of {table} has' in caught.value.found


def test_recipe_of_the_command_line_is_named_so() -> None:
    """It stands in no table."""
    with pytest.raises(Refused, match='"mine" of the command line has'):
        load_recipes(SHIPPED, {"mine": {"profil": {}}}, {"mine": "the command line"})


def test_recipe_keeps_flags_of_several_parts_of_its_parent_and_its_own() -> None:
    """An option of the linker is no flag by itself: the same one with another value is another."""
    first = ["-Clink-arg=-framework", "-Clink-arg=Security", "--cfg=x"]
    own = {
        "a": {"rustflags": first},
        "b": {"extends": "a", "rustflags": ["-Clink-arg=-framework", "-Clink-arg=Core", "--cfg=x"]},
    }
    assert [setting.flag.removeprefix("-C link-arg=") for setting in load_recipes(SHIPPED, own)["b"].rustflags] == [
        "-framework",
        "Security",
        "--cfg x",
        "-framework",
        "Core",
    ]


def test_own_recipe_in_the_short_form() -> None:
    """Bare values are settings, on top of the parent's; the origin is the project's metadata."""
    recipe = _own(extends="portable", profile={"opt-level": "s"}, rustflags=["-Crpath"], static=True)
    origin = "recipe mine in [workspace.metadata.burnish.recipes]"
    reason = "the project's own recipe asks for it"
    assert _values(recipe) == {**PORTABLE, "opt-level": "s"}
    assert recipe.profile["opt-level"] == ProfileSetting(value="s", reason=reason, origin=origin)
    assert recipe.rustflags == (FlagSetting(flag="-C rpath=yes", reason=reason, origin=origin),)
    assert (recipe.static, recipe.static_reason) == (True, reason)


def test_own_recipe_in_the_long_form() -> None:
    """Values with reasons work as in the shipped file."""
    recipe = _own(
        summary="Mine.",
        profile={"lto": {"value": "thin", "reason": "quick"}},
        rustflags=[{"flag": "-C target-cpu=x86-64-v3", "reason": "ours all have it"}],
        static={"value": False, "reason": "plug-ins"},
    )
    assert recipe.summary == "Mine."
    assert (recipe.profile["lto"].value, recipe.profile["lto"].reason) == ("thin", "quick")
    assert (recipe.rustflags[0].flag, recipe.rustflags[0].reason) == ("-C target-cpu=x86-64-v3", "ours all have it")
    assert (recipe.static, recipe.static_reason) == (False, "plug-ins")


def test_own_recipe_has_settings_for_some_packages_only() -> None:
    """As Cargo.toml has them, in the short and in the long form."""
    packages = {"*": {"opt-level": "s"}, "regex": {"opt-level": {"value": 3, "reason": "it is hot"}}}
    profile = _own(profile={"lto": "fat", "package": packages}).profile
    assert {key: setting.value for key, setting in profile.items()} == {
        "lto": "fat",
        'package."*".opt-level': "s",
        "package.regex.opt-level": 3,
    }
    assert profile["package.regex.opt-level"].reason == "it is hot"


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (3, "profile.package that is no table"),
        ({"regex": 3}, "something else where a table is expected"),
        ({"regex": {"lto": "fat"}}, 'unknown key of a package\'s profile "lto"'),
        ({f"p{number}": {"opt-level": 3} for number in range(51)}, "too many settings for single packages"),
        ({"*": {"opt-level": 9}}, 'profile.package."\\*".opt-level that cargo does not take'),
    ],
)
def test_own_recipe_with_malformed_settings_of_packages_is_refused(packages: object, message: str) -> None:
    """What cargo would not take for one package is refused as any other setting is."""
    with pytest.raises(Refused, match=message):
        _own(profile={"package": packages})


def test_own_recipe_takes_an_option_and_its_value_apart() -> None:
    """Flags may be written as in cargo's configuration."""
    recipe = _own(rustflags=["-C", "target-cpu=native", "--cfg", "x", "-g"])
    assert [flag.flag for flag in recipe.rustflags] == ["-C target-cpu=native", "--cfg x", "-g"]


def test_own_recipe_inherits_through_own_recipes() -> None:
    """Parents may be ours or the project's; what the child says wins, and flags are not repeated."""
    own = {
        "a": {"extends": "b", "static": False, "rustflags": ["-Ctarget_cpu=native", "-g"]},
        "b": {"extends": "phase1", "profile": {"panic": "unwind"}},
    }
    recipe = load_recipes(SHIPPED, own)["a"]
    assert _values(recipe) == {**PORTABLE, "panic": "unwind"}
    assert [flag.flag for flag in recipe.rustflags] == ["-C target-cpu=native", "-C prefer-dynamic=no", "-g"]
    assert not recipe.static
    assert load_recipes(SHIPPED, own)["b"].static


def test_own_empty_recipe_sets_nothing() -> None:
    """A recipe without settings is one: it builds the project as it is."""
    assert _own() == Recipe(name="mine", summary="", profile={}, rustflags=(), static=False)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"profil": {}}, r'unknown key "profil" \(did you mean "profile"\?\)'),
        ({"profile": {"opt_level": 3}}, r'unknown profile key "opt_level" \(did you mean "opt-level"\?\)'),
        ({"profile": {"lto": {"valeu": 1}}}, r'unknown key in profile\.lto "valeu" \(did you mean "value"\?\)'),
        ({"profile": {"lto": {"reason": "x"}}}, r'in profile\.lto without its "value"'),
        ({"profile": {"lto": {"value": "fat", "reason": 1}}}, '"reason", which is no text'),
        ({"profile": {"lto": "slim"}}, r"a profile\.lto that cargo does not take\n.*true, false, \"thin\", \"fat\""),
        ({"profile": {"opt-level": "3"}}, r"a profile\.opt-level that cargo does not take"),
        ({"profile": {"opt-level": True}}, r"a profile\.opt-level that cargo does not take"),
        ({"profile": {"strip": 1}}, r"a profile\.strip that cargo does not take"),
        ({"profile": {"codegen-units": 0}}, "an integer above zero"),
        ({"profile": {"codegen-units": True}}, "an integer above zero"),
        ({"profile": {"panic": ["abort"]}}, r"a profile\.panic that cargo does not take"),
        ({"profile": []}, "something else where a table is expected"),
        ({"extends": "portabel"}, r'extends "portabel", which is no recipe \(did you mean "portable"\?\)'),
        ({"extends": "mine"}, 'extends itself by "mine"'),
        ({"extends": 1}, '"extends", which is no text'),
        ({"summary": 1}, '"summary", which is no text'),
        ({"rustflags": "-g"}, "rustflags that are no array"),
        ({"rustflags": [1]}, "a rustflag that is none"),
        ({"rustflags": ["target-cpu=native"]}, "a rustflag that is none"),
        ({"rustflags": [{"reason": "x"}]}, 'in rustflags without its "flag"'),
        ({"static": "yes"}, "a static that is no boolean"),
    ],
)
def test_own_recipe_that_is_malformed_is_refused(recipe: dict[str, Any], message: str) -> None:
    """Each mistake is named with the recipe, and the nearest right word where there is one."""
    with pytest.raises(Refused, match=message) as refused:
        _own(**recipe)
    assert '"mine"' in refused.value.found


def test_own_recipe_that_is_no_table_is_refused() -> None:
    """A value in the place of a recipe is refused by its name."""
    with pytest.raises(Refused, match=r'recipe "mine" of .* has something else'):
        load_recipes(SHIPPED, {"mine": "portable"})


def test_own_recipes_that_extend_in_a_circle_are_refused() -> None:
    """A longer circle is found too."""
    with pytest.raises(Refused, match="extends itself"):
        load_recipes(SHIPPED, {"a": {"extends": "b"}, "b": {"extends": "a"}})


def test_own_recipe_cannot_take_a_shipped_name() -> None:
    """Other recipes extend ours, so a name of ours means ours."""
    with pytest.raises(Refused, match="name of one of burnish's own"):
        load_recipes(SHIPPED, {"small": {}})


def test_pick_gives_the_recipe_of_the_name() -> None:
    """A known name is found, an own one like a shipped one."""
    recipes = load_recipes(SHIPPED, {"mine": {}})
    assert pick_recipe(recipes, "mine").name == "mine"
    assert pick_recipe(recipes, "phase1").static


def test_pick_of_an_unknown_name_suggests_the_nearest() -> None:
    """A misspelt name is wrong usage, and the message has the right one and all others."""
    with pytest.raises(UsageError) as error:
        pick_recipe(load_recipes(SHIPPED, {}), "portabel")
    assert error.value.found == 'there is no recipe "portabel" (did you mean "portable"?)'
    assert error.value.expected == "one of auto, portable, phase1, small"
