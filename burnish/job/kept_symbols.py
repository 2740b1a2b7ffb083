"""Symbols and debug information that the user keeps on purpose: no recipe takes them without the user's word. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from burnish.cargo.flags import ConfigLayer, EffectiveFlags, profile_by_flags, profile_override
from burnish.cargo.manifest import same_setting
from burnish.cargo.overrides import names
from burnish.job.recipe import Recipe
from burnish.model import RELEASE
from burnish.toml.data import TomlValue, value_at
from burnish.toml.spelling import join_key, literal

SYMBOLS = "symbols"
"""The concession by which the user gives them away."""
_STRIPS = ("none", "debuginfo", "symbols")
_STRIP = "strip"
_DEBUG = "debug"
_SPLIT = "split-debuginfo"


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A setting of the profile that somebody has written: its dotted key, its value, and where it stands."""

    key: str
    value: TomlValue
    where: str

    @property
    def words(self) -> str:
        """Return it as it is told."""
        return f"{self.key} = {literal(self.value)} stands in {self.where}"


def stated_symbols(
    manifest: Mapping[str, Any],
    layers: Sequence[ConfigLayer],
    env: Mapping[str, str],
    package: str | None,
    rustflags: EffectiveFlags,
    line: Sequence[str] = (RELEASE,),
) -> dict[str, Stated]:
    """Find what is stated of strip, debug and split-debuginfo, those for single packages too; the first wins in cargo.

    `layers` come nearest first, and in `line` the profile comes before those that it inherits from. `package` is the
    name of the binary's own, the only one whose table strips the binary. What the `rustflags` say of strip beats all
    others.
    """
    own = ConfigLayer(path="Cargo.toml", data=dict(manifest))
    keys = dict.fromkeys([_STRIP, _DEBUG, _SPLIT, *_package_keys([*layers, own], package, line)])
    found = (profile_override([*layers, own], env, key, profile) for key in keys for profile in reversed(line))
    stated = {each.key: Stated(key=each.key, value=each.value, where=each.where) for each in found if each}
    flags = profile_by_flags(rustflags.flags)
    if _STRIP not in flags:
        return stated
    where = f"the rustflags of {', '.join(rustflags.where)}"
    weaker = {key: each for key, each in stated.items() if not key.endswith(_STRIP)}
    return {**weaker, _STRIP: Stated(key=_STRIP, value=flags[_STRIP], where=where)}


def _package_keys(layers: Sequence[ConfigLayer], package: str | None, line: Sequence[str]) -> Iterator[str]:
    for layer, profile in itertools.product(layers, line):
        packages = value_at(layer.data, ("profile", profile, "package"))
        for spec in packages if isinstance(packages, dict) else ():
            yield join_key(("package", spec, _DEBUG))
            if package is not None and names(spec, package):
                yield join_key(("package", spec, _STRIP))


def keep_symbols(recipe: Recipe, stated: Mapping[str, Stated], accepted: AbstractSet[str]) -> Recipe:
    """Return the recipe without what takes symbols or debug information that are kept on purpose, unless `accepted`.

    What is left out is told in the recipe's `left_out`.
    """
    if SYMBOLS in accepted:
        return recipe
    reasons = {
        _STRIP: _against_strip(recipe, stated),
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
    wanted = _strength(recipe.profile[_STRIP].value) if _STRIP in recipe.profile else 0
    strips = (each for each in stated.values() if each.key.endswith(_STRIP) and wanted > _strength(each.value))
    debug = (each for each in stated.values() if each.key.endswith(_DEBUG) and _keeps_debug(each))
    kept = next(strips, None)
    return kept or (next(debug, None) if wanted and _STRIP not in stated else None)


def _against(key: str, recipe: Recipe, stated: Mapping[str, Stated]) -> Stated | None:
    if key not in recipe.profile or key not in stated:
        return None
    return None if same_setting(key, recipe.profile[key].value, stated[key].value) else stated[key]


def _keeps_debug(debug: Stated | None) -> bool:
    return debug is not None and not same_setting(_DEBUG, debug.value, "none")


def _strength(strip: TomlValue) -> int:
    """Return how much a value of `strip` takes; what cargo does not know takes nothing."""
    return next((level for level, name in enumerate(_STRIPS) if same_setting(_STRIP, strip, name)), 0)


def _told(recipe: Recipe, key: str, reason: Stated) -> str:
    ours = f"{key} = {literal(recipe.profile[key].value)}"
    return f"{reason.words}: it is kept, and the recipe's {ours} left out; --accept {SYMBOLS} takes it"
