"""Profiles of the project's own: what they inherit, what is edited in them, and what beats it there."""

from __future__ import annotations

import pytest
import tomli

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.inheritance import find_heirs
from burnish.cargo.manifest import edit_profile
from burnish.cargo.overrides import find_overrides, kept_in_own_tables
from burnish.cargo.precedence import Configuration, beaten_settings
from burnish.cargo.profiles import can_be_named, in_force, is_defined, lineage, merged_profiles
from burnish.cargo.toolkit import Toolkit

MANIFEST = """\
[package]
name = "x"

[profile.release]
lto = "thin"
strip = true

[profile.release.package.x]
opt-level = 3

[profile.dist]
inherits = "release"
lto = "fat"

[profile.small]
inherits = "dist"
opt-level = "z"
"""
PROFILES = merged_profiles(tomli.loads(MANIFEST), ())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("release", ("release",)),
        ("dist", ("dist", "release")),
        ("small", ("small", "dist", "release")),
        ("bench", ("bench", "release")),
        ("test", ("test", "dev")),
        ("new", ("new", "release")),
    ],
)
def test_line_of_a_profile_ends_in_cargos_own(name: str, line: tuple[str, ...]) -> None:
    """One that is not there yet is made from release."""
    assert lineage(PROFILES, name) == line


def test_circle_of_profiles_ends() -> None:
    """Cargo refuses it; we do not go round for ever."""
    circle = {"a": {"inherits": "b"}, "b": {"inherits": "a"}}
    assert lineage(circle, "a") == ("a", "b")


def test_nearest_profile_counts_in_each_key() -> None:
    """What a profile does not say, its parent says, in tables for single packages too."""
    found = in_force(PROFILES, "small")
    assert {key: found[key] for key in ("lto", "strip", "opt-level")} == {"lto": "fat", "strip": True, "opt-level": "z"}
    assert found["package"] == {"x": {"opt-level": 3}}


def test_configuration_goes_before_the_manifest() -> None:
    """A profile may stand in a configuration file alone."""
    layer = ConfigLayer(path="near", data={"profile": {"dist": {"lto": False}, "own": {"inherits": "dist"}}})
    profiles = merged_profiles(tomli.loads(MANIFEST), [layer])
    assert in_force(profiles, "own")["lto"] is False
    assert is_defined(profiles, "own")
    assert not is_defined(profiles, "new")


@pytest.mark.parametrize("name", ["debug", "package", "cargo-x", "a b", "", "a.b"])
def test_names_that_cargo_keeps_are_none(name: str) -> None:
    """It refuses them in a manifest."""
    assert not can_be_named(name)
    assert can_be_named("dist")


def test_edit_is_of_the_profile_that_is_named() -> None:
    """No other profile changes, and what it holds already stays."""
    edit = edit_profile(MANIFEST.encode(), {"lto": "fat", "panic": "abort"}, profile="dist")
    assert edit.after.decode() == MANIFEST.replace('lto = "fat"\n', 'lto = "fat"\npanic = "abort"\n')
    assert not edit_profile(edit.after, {"lto": "fat", "panic": "abort"}, profile="dist").changed


def test_profile_that_is_not_there_is_made() -> None:
    """Behind the other profiles, and with what it inherits from first."""
    edit = edit_profile(MANIFEST.encode(), {"lto": "fat"}, profile="new", inherits="release")
    assert edit.after.decode() == MANIFEST + '\n[profile.new]\ninherits = "release"\nlto = "fat"\n'


def test_tables_of_the_parent_beat_the_recipe_too() -> None:
    """A package's table in release counts in the profiles that inherit it; the nearest goes first."""
    own = ConfigLayer(path="near", data={"profile": {"dist": {"package": {"x": {"opt-level": 1}}}}})
    (inherited,) = find_overrides(tomli.loads(MANIFEST), [], ("dist", "release"))
    assert inherited.sentence == "Cargo.toml: profile.release.package.x.opt-level = 3"
    (nearest,) = find_overrides(tomli.loads(MANIFEST), [own], ("dist", "release"))
    assert (nearest.sentence, nearest.value) == ("near: profile.dist.package.x.opt-level = 1", 1)
    kept = kept_in_own_tables(
        [tomli.loads(MANIFEST)], {"strip": True}, ["path+file:///x#0.1.0"], line=("dist", "release")
    )
    assert kept == {"package.x.strip": True}


def test_variables_and_files_of_the_profile_are_what_beats_it() -> None:
    """Those of release say nothing where the profile itself says it."""
    layer = ConfigLayer(path="near", data={"profile": {"dist": {"strip": False}, "release": {"lto": False}}})
    env = {"CARGO_PROFILE_DIST_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}
    here = Configuration(layers=[layer], env=env, triple="x", cfg=[], profile="dist")
    beaten = {
        each.key: each.remedy for each in beaten_settings(here, {"lto": "fat", "strip": True, "opt-level": 3}, ())
    }
    assert beaten == {"lto": "unset CARGO_PROFILE_DIST_LTO", "strip": "take profile.dist.strip out of near"}


def test_heirs_are_those_of_the_profile() -> None:
    """What is written into dist reaches what inherits from it, and release is not touched."""
    (heir,) = find_heirs(tomli.loads(MANIFEST), [], {"panic": "abort", "strip": True}, "dist")
    assert (heir.profile, dict(heir.settings)) == ("small", {"panic": "abort"})
    assert heir.sentence.startswith("profile small inherits from dist: it gets")


@pytest.mark.parametrize(
    ("command", "profile"),
    [
        (["test", "--release"], "release"),
        (["test", "--profile=dist"], "dist"),
        (["nextest", "run", "--cargo-profile=dist", "--profile=burnish"], "dist"),
        (["bench", "--profile=dist"], "dist"),
        (["bench"], "bench"),
    ],
)
def test_harness_unwinds_by_the_profile_that_builds_it(command: list[str], profile: str) -> None:
    """Where the standard library is rebuilt as the profile says, tests and benches need one that unwinds."""
    toolkit = Toolkit(triple="x", arguments=("-Z", "build-std=std"))
    assert f'profile.{profile}.panic="unwind"' in toolkit.command(command)
