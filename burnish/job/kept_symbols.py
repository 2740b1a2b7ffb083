"""Symbols and debug information that the user keeps on purpose: no recipe takes them without the user's word. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from burnish.cargo.flags import ConfigLayer, profile_override
from burnish.cargo.manifest import PROFILE, same_setting
from burnish.cargo.statements import join_key, literal
from burnish.cargo.toml import TomlValue, value_at
from burnish.job.recipe import Recipe

SYMBOLS = "symbols"
"""The concession by which the user gives them away."""
_STRIPS = ("none", "debuginfo", "symbols")
_DEBUG = "debug"
_SPLIT = "split-debuginfo"


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A setting of the release profile that somebody has written: its dotted key, its value, and where it stands."""

    key: str
    value: TomlValue
    where: str

    @property
    def words(self) -> str:
        """Return it as it is told."""
        return f"{self.key} = {literal(self.value)} stands in {self.where}"


def stated_symbols(
    manifest: Mapping[str, Any], layers: Sequence[ConfigLayer], env: Mapping[str, str]
) -> dict[str, Stated]:
    """Find what is stated of strip, debug and split-debuginfo, those for single packages too; the first wins in cargo.

    `layers` come nearest first.
    """
    own = ConfigLayer(path="Cargo.toml", data=dict(manifest))
    keys = ["strip", _DEBUG, _SPLIT, *_package_keys([*layers, own])]
    found = (profile_override([*layers, own], env, key) for key in keys)
    return {each.key: Stated(key=each.key, value=each.value, where=each.where) for each in found if each}


def _package_keys(layers: Sequence[ConfigLayer]) -> Iterator[str]:
    for layer in layers:
        packages = value_at(layer.data, (*PROFILE, "package"))
        yield from (join_key(("package", name, _DEBUG)) for name in (packages if isinstance(packages, dict) else ()))


def keep_symbols(recipe: Recipe, stated: Mapping[str, Stated], accepted: AbstractSet[str]) -> Recipe:
    """Return the recipe without what takes symbols or debug information that are kept on purpose, unless `accepted`.

    What is left out is told in the recipe's `left_out`.
    """
    if SYMBOLS in accepted:
        return recipe
    reasons = {
        "strip": _against_strip(recipe, stated),
        _DEBUG: _against(_DEBUG, recipe, stated) if _keeps_debug(stated.get(_DEBUG)) else None,
        _SPLIT: _against(_SPLIT, recipe, stated),
    }
    kept = {key: reason for key, reason in reasons.items() if reason}
    return replace(
        recipe,
        profile={key: setting for key, setting in recipe.profile.items() if key not in kept},
        left_out=(*recipe.left_out, *(_told(recipe, key, reason) for key, reason in kept.items())),
    )


def _against_strip(recipe: Recipe, stated: Mapping[str, Stated]) -> Stated | None:
    strip = stated.get("strip")
    wanted = _strength(recipe.profile["strip"].value) if "strip" in recipe.profile else 0
    if strip is not None:
        return strip if wanted > _strength(strip.value) else None
    debug = (each for each in stated.values() if each.key.endswith(_DEBUG) and _keeps_debug(each))
    return next(debug, None) if wanted else None


def _against(key: str, recipe: Recipe, stated: Mapping[str, Stated]) -> Stated | None:
    if key not in recipe.profile or key not in stated:
        return None
    return None if same_setting(key, recipe.profile[key].value, stated[key].value) else stated[key]


def _keeps_debug(debug: Stated | None) -> bool:
    return debug is not None and not same_setting(_DEBUG, debug.value, "none")


def _strength(strip: TomlValue) -> int:
    """Return how much a value of `strip` takes; what cargo does not know takes nothing."""
    return next((level for level, name in enumerate(_STRIPS) if same_setting("strip", strip, name)), 0)


def _told(recipe: Recipe, key: str, reason: Stated) -> str:
    ours = f"{key} = {literal(recipe.profile[key].value)}"
    return f"{reason.words}: it is kept, and the recipe's {ours} left out; --accept {SYMBOLS} takes it"
