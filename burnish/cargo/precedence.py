"""What would beat a recipe that is written: later rustflags, variables, and configurations nearer to the user. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from burnish.cargo.flags import (
    ConfigLayer,
    EffectiveFlags,
    Shadow,
    effective_rustflags,
    lacking,
    parse_flags,
    profile_by_flags,
    rustflags_sources,
    shadowed_profile_settings,
)
from burnish.cargo.manifest import same_setting
from burnish.model import RELEASE
from burnish.toml.data import TomlValue
from burnish.toml.spelling import join_key, literal


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What cargo reads in one folder beside the manifest: files, nearest first, variables, and the target's cfg.

    `profile` is the one that is built.
    """

    layers: Sequence[ConfigLayer]
    env: Mapping[str, str]
    triple: str
    cfg: Sequence[str]
    profile: str = RELEASE


@dataclass(frozen=True, kw_only=True)
class Beaten:
    """A setting of the recipe that would not be in force: its key, what beats it and where, and what to do there."""

    key: str
    sentence: str
    remedy: str


def with_file(layers: Sequence[ConfigLayer], written: ConfigLayer, *, below: int) -> list[ConfigLayer]:
    """Return the layers with a file as it will be; one that is not there yet comes behind the `below` nearest."""
    if any(layer.path == written.path for layer in layers):
        return [written if layer.path == written.path else layer for layer in layers]
    return [*layers[:below], written, *layers[below:]]


def beaten_settings(
    configuration: Configuration, profile: Mapping[str, TomlValue], flags: Sequence[str]
) -> Iterator[Beaten]:
    """Find what would beat a profile in the manifest, and flags that stand in the files of `configuration`."""
    own = configuration.profile
    for shadow in shadowed_profile_settings(configuration.layers, configuration.env, profile, own):
        yield _shadowed(shadow, own)
    effective = effective_rustflags(configuration.layers, configuration.env, configuration.triple, configuration.cfg)
    yield from _beaten_by_flags(effective, profile, flags)
    if not flags:
        return
    if effective.configured is not None:
        sentence = f"the variable {effective.source} silences all rustflags of the configuration, even if it is empty"
        yield Beaten(key="rustflags", sentence=sentence, remedy=f"unset {effective.source}")
        return
    given = [setting for flag in parse_flags(effective.flags) for setting in flag.settings]
    for option, ours, theirs in lacking(flags, given):
        yield _beaten_flag(configuration, option, ours, theirs)


def _shadowed(shadow: Shadow, profile: str) -> Beaten:
    if shadow.is_variable:
        return Beaten(
            key=shadow.key,
            sentence=f"the variable {shadow.where} sets {shadow.key} = {literal(shadow.value)}",
            remedy=f"unset {shadow.where}",
        )
    key = f"{join_key(('profile', profile))}.{shadow.key}"
    return Beaten(
        key=shadow.key,
        sentence=f"{shadow.where} sets {key} = {literal(shadow.value)}, over Cargo.toml",
        remedy=f"take {key} out of {shadow.where}",
    )


def _beaten_by_flags(
    effective: EffectiveFlags, profile: Mapping[str, TomlValue], ours: Sequence[str]
) -> Iterator[Beaten]:
    """Find the keys of a profile that the user's flags set otherwise; what our own flags say counts as the recipe's."""
    of_ours = profile_by_flags(ours)
    where = f"the rustflags of {', '.join(effective.where)}"
    for key, value in profile_by_flags(effective.flags).items():
        if key in profile and key not in of_ours and not same_setting(key, value, profile[key]):
            sentence = (
                f"{where} set {key} = {literal(value)}, which rustc takes over the profile's {literal(profile[key])}"
            )
            yield Beaten(key=key, sentence=sentence, remedy=f"take {key} out of {where}, or take a recipe without it")


def _beaten_flag(configuration: Configuration, option: str, ours: str, theirs: str) -> Beaten:
    where = "what comes after them"
    for name, flags in rustflags_sources(
        configuration.layers, configuration.env, configuration.triple, configuration.cfg
    ):
        settings = [setting for flag in parse_flags(flags) for setting in flag.settings]
        if (option, theirs) in settings:
            where = name
    return Beaten(
        key=option,
        sentence=f"{where} sets {option} to {theirs}, which rustc takes over the recipe's {ours}",
        remedy=f"take {option} out of {where}, or take a recipe without it",
    )
