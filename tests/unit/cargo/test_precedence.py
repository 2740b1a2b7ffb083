"""What beats a recipe that is written, with where it stands and what to do there."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.overrides import kept_in_own_tables
from burnish.cargo.precedence import Beaten, Configuration, beaten_settings, with_file

TRIPLE = "x86_64-unknown-linux-gnu"
VARIABLE = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS"
OURS = ("-C", "target-cpu=native", "-C", "target-feature=+crt-static", "-C", "link-arg=-s")


def layer(path: str, **target: list[str]) -> ConfigLayer:
    """Return a file with rustflags; `ours` are those of the triple."""
    tables = {TRIPLE if key == "ours" else key: {"rustflags": flags} for key, flags in target.items()}
    return ConfigLayer(path=path, data={"target": tables})


WRITTEN = layer("own", ours=list(OURS))


def beaten(*layers: ConfigLayer, env: dict[str, str] | None = None, **profile: Any) -> list[Beaten]:
    """Return what beats our flags, which stand in the file `own`."""
    there = Configuration(layers=layers, env=env or {}, triple=TRIPLE, cfg=["unix"])
    return list(beaten_settings(there, profile, OURS))


def test_nothing_beats_what_comes_last() -> None:
    """Ours come behind those of farther files; link arguments add up; of static linking any `+` wins."""
    later = layer("x", **{"cfg(unix)": ["-C", "target-feature=-crt-static", "-C", "link-arg=-v"]})
    assert beaten(later, WRITTEN, layer("home", ours=["-C", "target-cpu=x86-64"])) == []


@pytest.mark.parametrize(
    ("near", "env", "where"),
    [
        ([layer("x", **{"cfg(unix)": ["-C", "target-cpu=x86-64"]})], {}, 'x: target."cfg(unix)".rustflags'),
        ([layer("x", ours=["-Ctarget-cpu=x86-64"])], {}, f"x: target.{TRIPLE}.rustflags"),
        ([], {VARIABLE: "-C target-cpu=x86-64"}, f"the variable {VARIABLE}"),
    ],
)
def test_later_flag_beats_ours(near: list[ConfigLayer], env: dict[str, str], where: str) -> None:
    """In a cfg table, in a nearer file, in the target's own variable: each is named."""
    assert beaten(*near, WRITTEN, env=env) == [
        Beaten(
            key="-C target-cpu",
            sentence=f"{where} sets -C target-cpu to x86-64, which rustc takes over the recipe's native",
            remedy=f"take -C target-cpu out of {where}, or take a recipe without it",
        )
    ]


def test_variable_that_silences_all_flags_is_told_once() -> None:
    """Also an empty one, and nothing is said of single flags beside it."""
    (only,) = beaten(WRITTEN, env={"RUSTFLAGS": ""})
    assert (only.key, only.remedy) == ("rustflags", "unset RUSTFLAGS")


def test_profile_elsewhere_beats_the_manifest() -> None:
    """A file and a variable, each with its own remedy; the same value beats nothing."""
    config = ConfigLayer(path="x", data={"profile": {"release": {"lto": "thin", "strip": "symbols"}}})
    env = {"CARGO_PROFILE_RELEASE_PANIC": "unwind"}
    found = beaten(config, WRITTEN, env=env, lto=True, strip=True, panic="abort")
    assert [(each.sentence, each.remedy) for each in found] == [
        ('x sets profile.release.lto = "thin", over Cargo.toml', "take profile.release.lto out of x"),
        ('the variable CARGO_PROFILE_RELEASE_PANIC sets panic = "unwind"', "unset CARGO_PROFILE_RELEASE_PANIC"),
    ]


def test_users_flag_beats_the_profile() -> None:
    """What flags say of a profile's keys comes last, in every spelling; the same, and what ours say, beats nothing."""
    flags = [
        "-Copt-level=3",
        "-C",
        "lto=off",
        "--codegen=codegen-units=16",
        "-C",
        "overflow-checks",
        "-C",
        "debuginfo=1",
    ]
    config = ConfigLayer(path="x", data={"build": {"rustflags": flags}})
    there = Configuration(layers=[config], env={}, triple=TRIPLE, cfg=["unix"])
    profile: dict[str, Any] = {
        "opt-level": "s",
        "lto": "fat",
        "codegen-units": 16,
        "overflow-checks": True,
        "strip": True,
        "debug": 1,
    }
    found = list(beaten_settings(there, profile, []))
    assert [each.sentence for each in found] == [
        'the rustflags of x set opt-level = 3, which rustc takes over the profile\'s "s"',
        'the rustflags of x set lto = "off", which rustc takes over the profile\'s "fat"',
    ]
    assert found[0].remedy == "take opt-level out of the rustflags of x, or take a recipe without it"
    ours = Configuration(layers=[layer("x", ours=["-C", "lto=fat"])], env={}, triple=TRIPLE, cfg=["unix"])
    assert list(beaten_settings(ours, {"lto": "thin"}, ["-C", "lto=fat"])) == []


def test_file_that_will_be_written_takes_its_place() -> None:
    """One that is there is replaced; a new one stands behind those of the member's own folder."""
    old, app, home = layer("own"), layer("app"), layer("home")
    assert with_file([app, old, home], WRITTEN, below=1) == [app, WRITTEN, home]
    assert with_file([app, home], WRITTEN, below=1) == [app, WRITTEN, home]


@pytest.mark.parametrize(
    ("tables", "kept"),
    [
        ({"seal": {"opt-level": "s"}}, {"package.seal.strip": True}),
        ({"seal@0.1.0": {"debug": 0, "opt-level": 1}}, {'package."seal@0.1.0".strip': True}),
        ({"seal": {}}, {"package.seal.strip": True}),
        ({"seal": {"opt-level": "s", "strip": "debuginfo"}}, {}),
        ({"*": {"opt-level": 1}, "other": {"opt-level": 1}}, {}),
    ],
)
def test_strip_is_repeated_in_the_programs_own_table(tables: dict[str, Any], kept: dict[str, Any]) -> None:
    """Such a table resets it; what the user says of it there stays, and other packages' tables are none of ours."""
    manifest = {"profile": {"release": {"package": tables}}}
    packages = ["path+file:///home/me/seal#0.1.0"]
    assert kept_in_own_tables([manifest, {}], {"strip": True}, packages) == kept
    assert kept_in_own_tables([{"profile": 1}, manifest], {"lto": True}, packages) == {}


def test_strip_that_the_user_gives_away_is_written_over_in_the_judged_packages_table_only() -> None:
    """A recipe that strips in spite of what stands there has the user's word, for the binary that is judged."""
    tables = {name: {"strip": "none"} for name in ("seal", "tools")}
    packages = [f"path+file:///home/me/{name}#0.1.0" for name in tables]
    sources = [{"profile": {"release": {"package": tables}}}]
    assert kept_in_own_tables(sources, {"strip": True}, packages, packages[0]) == {"package.seal.strip": True}
