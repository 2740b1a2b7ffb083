"""Profiles that inherit from release: which of the settings written there they get too. Pure.

The rules are those of cargo 1.95: a profile takes from its parent what it does not set itself, and `bench` inherits
from release without being told. Profiles stand in the manifest and in configuration files, which go before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.manifest import PROFILE, same_setting
from burnish.toml.data import ABSENT, TomlValue, value_at
from burnish.toml.spelling import literal, split_key

_RELEASE = PROFILE[-1]
_PARENTS = {"bench": _RELEASE, "test": "dev"}
_DEFAULTS: dict[str, TomlValue] = {
    "opt-level": 3,
    "lto": False,
    "codegen-units": 16,
    "strip": "none",
    "panic": "unwind",
    "debug": 0,
    "debug-assertions": False,
    "overflow-checks": False,
    "incremental": False,
    "rpath": False,
}


@dataclass(frozen=True, kw_only=True)
class Heir:
    """A profile that inherits settings which are new in release: `by` names the profiles between the two."""

    profile: str
    by: tuple[str, ...]
    settings: Mapping[str, TomlValue]

    @property
    def sentence(self) -> str:
        """Return what there is to know about it, and what to do against it."""
        by = f" (by {', '.join(self.by)})" if self.by else ""
        listed = ", ".join(f"{key} = {literal(value)}" for key, value in self.settings.items())
        told = f"profile {self.profile} inherits from release{by}: it gets {listed} too"
        if same_setting("strip", self.settings.get("strip", "none"), "none"):
            return f"{told}, unless [profile.{self.profile}] sets it"
        return f'{told}, so it is stripped; strip = "none" in [profile.{self.profile}] keeps its symbols'


def heirs_of_release(
    manifest: Mapping[str, Any], layers: Sequence[ConfigLayer], settings: Mapping[str, TomlValue]
) -> list[Heir]:
    """Find the profiles that get some of the settings which are to be written into release, and did not have them.

    `layers` come nearest first.
    """
    profiles = reduce(_laid_over, (_profiles(layer.data) for layer in reversed(layers)), _profiles(manifest))
    new = {key: value for key, value in settings.items() if not _holds(profiles.get(_RELEASE), key, value)}
    heirs = (_heir(profiles, name, new) for name in profiles if name != _RELEASE)
    return [heir for heir in heirs if heir and heir.settings]


def _profiles(data: Mapping[str, Any]) -> dict[str, Any]:
    profiles = data.get("profile")
    return profiles if isinstance(profiles, dict) else {}


def _laid_over(below: Any, above: Any) -> Any:  # noqa: ANN401 - any TOML value
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}


def _holds(release: object, key: str, value: TomlValue) -> bool:
    path = split_key(key)
    present = value_at(release, path)
    present = _DEFAULTS.get(key, ABSENT) if present is ABSENT else present
    return same_setting(path[-1], present, value)


def _heir(profiles: Mapping[str, Any], name: str, settings: Mapping[str, TomlValue]) -> Heir | None:
    chain = _chain(profiles, name)
    if chain is None:
        return None
    own = [profiles.get(each) for each in chain]
    return Heir(
        profile=name,
        by=tuple(chain[1:]),
        settings={
            key: value
            for key, value in settings.items()
            # Cargo lets benches unwind, whatever their profile says.
            if (name, key) != ("bench", "panic") and all(value_at(each, split_key(key)) is ABSENT for each in own)
        },
    )


def _chain(profiles: Mapping[str, Any], name: str) -> list[str] | None:
    """Return the profiles from one up to release, without that; None where it does not lead there."""
    chain: list[str] = []
    while name != _RELEASE:
        if name in chain:
            return None
        chain.append(name)
        parent = value_at(profiles.get(name), ("inherits",))
        parent = _PARENTS.get(name) if parent is ABSENT else parent
        if not isinstance(parent, str):
            return None
        name = parent
    return chain
