"""Profiles that inherit from release, and what they get of the settings that are written there."""

from __future__ import annotations

import pytest
import tomli

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.inheritance import find_heirs
from burnish.toml.data import TomlValue

SETTINGS: dict[str, TomlValue] = {"opt-level": 3, "lto": "fat", "strip": True, "panic": "abort"}
ALL = ("lto", "strip", "panic")

# Profiles in a manifest, and for each one that inherits the settings that are new to it.
INHERITED: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "no other profile": ("[profile.release]\nlto = 'thin'\n", {}),
    "one that sets nothing": ("[profile.a]\ninherits = 'release'\n", {"a": ALL}),
    "one that sets some": ("[profile.a]\ninherits = 'release'\nstrip = false\nlto = 'fat'\n", {"a": ("panic",)}),
    "one that sets all": ("profile.a = { inherits = 'release', strip = 'none', lto = 1, panic = 'unwind' }\n", {}),
    "through another": (
        "[profile.b]\ninherits = 'a'\n[profile.a]\ninherits = 'release'\nstrip = 'none'\n",
        {"b": ("lto", "panic"), "a": ("lto", "panic")},
    ),
    "bench, which cargo lets unwind": ("[profile.bench]\ndebug = true\n", {"bench": ("lto", "strip")}),
    "from bench": ("[profile.a]\ninherits = 'bench'\n", {"a": ALL}),
    "from dev": ("[profile.a]\ninherits = 'dev'\n[profile.dev]\nlto = true\n[profile.test]\nlto = false\n", {}),
    "from itself": ("[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'a'\n", {}),
    "from nobody": ("[profile.a]\nlto = true\n[profile.b]\ninherits = 'a'\n", {}),
    "what release has already": (
        "[profile.release]\nlto = true\nstrip = 'symbols'\n[profile.a]\ninherits = 'release'\n",
        {"a": ("panic",)},
    ),
}


def found(manifest: str, *configs: str, settings: dict[str, TomlValue] = SETTINGS) -> dict[str, tuple[str, ...]]:
    """Return the settings that are new to each profile."""
    layers = [ConfigLayer(path="x", data=tomli.loads(config)) for config in configs]
    return {heir.profile: tuple(heir.settings) for heir in find_heirs(tomli.loads(manifest), layers, settings)}


@pytest.mark.parametrize("case", INHERITED)
def test_heirs_get_what_they_do_not_set(case: str) -> None:
    """A profile gets what neither it nor one between it and release sets, where that is new in release."""
    manifest, expected = INHERITED[case]
    assert found(manifest) == expected


def test_heirs_in_a_configuration_go_before_the_manifest() -> None:
    """A profile in a configuration file is one with the manifest's; of two files the nearest counts."""
    manifest = "[profile.a]\ninherits = 'release'\n"
    assert found(manifest, "profile.a.strip = false\nprofile.a.lto = 'off'") == {"a": ("panic",)}
    assert found("", "profile.b.inherits = 'release'") == {"b": ALL}
    assert found(manifest, "profile.a.inherits = 'dev'", "profile.a.inherits = 'release'") == {}


def test_heirs_get_settings_of_packages() -> None:
    """What is for single packages is inherited as well, unless the profile has it for the same ones."""
    manifest = "[profile.a]\ninherits = 'release'\nopt-level = 3\n[profile.b]\ninherits = 'release'\n"
    settings: dict[str, TomlValue] = {'package."*".opt-level': "z"}
    assert found(manifest, settings=settings) == {name: tuple(settings) for name in ("a", "b")}
    assert list(found(manifest + "package.'*'.opt-level = 2\n", settings=settings)) == ["a"]


def test_heir_is_told_in_one_sentence() -> None:
    """The sentence names the profile, the one between, each setting as TOML, and how to keep the symbols."""
    manifest = tomli.loads("profile.b.inherits = 'a'\nprofile.a = { inherits = 'release', lto = false }\n")
    told = [heir.sentence for heir in find_heirs(manifest, [], {"lto": "fat", "panic": "abort"})]
    assert told == [
        'profile b inherits from release (by a): it gets panic = "abort" too, unless [profile.b] sets it',
        'profile a inherits from release: it gets panic = "abort" too, unless [profile.a] sets it',
    ]
    (stripped,) = find_heirs(tomli.loads("profile.a.inherits = 'release'"), [], {"strip": True})
    assert stripped.sentence == (
        "profile a inherits from release: it gets strip = true too, so it is stripped; "
        'strip = "none" in [profile.a] keeps its symbols'
    )
