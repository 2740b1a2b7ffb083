"""Profiles that inherit from the one that is edited: which of the settings written there they get too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.manifest import same_setting
from burnish.cargo.profiles import in_force, is_defined, lineage, merged_profiles
from burnish.model import RELEASE
from burnish.toml.data import ABSENT, TomlValue, value_at
from burnish.toml.spelling import literal, split_key

# Of release.
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
    """A profile that inherits settings which are new in its `parent`: `by` names the profiles between the two."""

    profile: str
    parent: str = RELEASE
    by: tuple[str, ...]
    settings: Mapping[str, TomlValue]

    @property
    def sentence(self) -> str:
        """Return what there is to know about it, and what to do against it."""
        by = f" (by {', '.join(self.by)})" if self.by else ""
        listed = ", ".join(f"{key} = {literal(value)}" for key, value in self.settings.items())
        told = f"profile {self.profile} inherits from {self.parent}{by}: it gets {listed} too"
        if same_setting("strip", self.settings.get("strip", "none"), "none"):
            return f"{told}, unless [profile.{self.profile}] sets it"
        return f'{told}, so it is stripped; strip = "none" in [profile.{self.profile}] keeps its symbols'


def find_heirs(
    manifest: Mapping[str, Any],
    layers: Sequence[ConfigLayer],
    settings: Mapping[str, TomlValue],
    profile: str = RELEASE,
) -> list[Heir]:
    """Find the profiles that get some of the settings which are to be written into one, and did not have them.

    `layers` come nearest first.
    """
    profiles = merged_profiles(manifest, layers)
    defaults = _DEFAULTS if lineage(profiles, profile)[-1] == RELEASE else {}
    present = {**defaults, **in_force(profiles, profile)}
    new = {key: value for key, value in settings.items() if not _holds(present, key, value)}
    heirs = (_heir(profiles, name, profile, new) for name in profiles if name != profile)
    return [heir for heir in heirs if heir and heir.settings]


def _holds(present: object, key: str, value: TomlValue) -> bool:
    path = split_key(key)
    return same_setting(path[-1], value_at(present, path), value)


def _heir(profiles: Mapping[str, Any], name: str, parent: str, settings: Mapping[str, TomlValue]) -> Heir | None:
    line = lineage(profiles, name)
    if parent not in line:
        return None
    chain = line[: line.index(parent)]
    if not all(is_defined(profiles, each) for each in chain):
        return None  # cargo refuses it
    own = [profiles.get(each) for each in chain]
    return Heir(
        profile=name,
        parent=parent,
        by=tuple(chain[1:]),
        settings={
            key: value
            for key, value in settings.items()
            # Cargo lets benches unwind, whatever their profile says.
            if (name, key) != ("bench", "panic") and all(value_at(each, split_key(key)) is ABSENT for each in own)
        },
    )
