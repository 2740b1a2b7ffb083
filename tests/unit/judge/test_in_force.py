"""Each setting of the recipe against the command lines of rustc."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.invocations import Invocation, Unit, read_invocations
from burnish.cargo.overrides import Override, find_overrides, overriding
from burnish.judge.in_force import Wanted, compare, judge_in_force
from burnish.model import InForce, Unmet

TOOL, DEEP = "path+file:///home/me/tool#0.1.0", "registry+https://example.org/index#deep@1.2.0"
PORTABLE: dict[str, Any] = {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True}
IN_FORCE = "-C opt-level=3 -C lto -C codegen-units=1 -C strip=symbols"
DEPENDENCY = "-C opt-level=3 -C linker-plugin-lto -C codegen-units=1"
STATIC = "-C target-feature crt-static"
OWN_OVERRIDE = Override(spec="tool", key="opt-level", value="s", where="Cargo.toml")


def call(crate: str, kind: str, settings: str) -> Invocation:
    """Return a command line as it would be read."""
    line = f"     Running `rustc --crate-name {crate} src/x.rs --crate-type {kind} {settings}`\n"
    return read_invocations(line, is_windows=False)[0]


def unit(package: str, kind: str, settings: str | None) -> Unit:
    """Return one crate of a build; without settings its command line was not seen."""
    called = None if settings is None else call("x", kind, settings)
    return Unit(
        package=package, name="x", kind=(kind,), crate_types=(kind,), files=(), is_fresh=not called, invocation=called
    )


def found(binary: str | None, dependency: str | None = DEPENDENCY, **wanted: Any) -> InForce:
    """Compare a recipe with a program of one dependency."""
    asked = {"profile": PORTABLE, "flags": (), "target": None, "members": frozenset({TOOL}), **wanted}
    return compare(Wanted(**asked), [unit(TOOL, "bin", binary), unit(DEEP, "lib", dependency)])


def unmet(binary: str, dependency: str = DEPENDENCY, **wanted: Any) -> list[tuple[str, str, str, str]]:
    """Return what is not in force: package, key, wanted, found."""
    return [(each.package, each.key, each.wanted, each.found) for each in found(binary, dependency, **wanted).unmet]


def test_recipe_in_force_is_counted() -> None:
    """Four settings, in the program and its dependency."""
    assert found(IN_FORCE) == InForce(settings=4, packages=2)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (IN_FORCE.replace("=3", "=s"), ("tool", "opt-level", "3", "s")),
        (IN_FORCE.replace("-C opt-level=3", ""), ("tool", "opt-level", "3", "0")),
        (f"{IN_FORCE} -C opt-level=1", ("tool", "opt-level", "3", "1")),
        (IN_FORCE.replace("-C lto", "-C lto=thin"), ("tool", "lto", "fat", "thin")),
        (IN_FORCE.replace("-C lto", "-C embed-bitcode=no"), ("tool", "lto", "fat", "false")),
        (IN_FORCE.replace("symbols", "debuginfo"), ("tool", "strip", "symbols", "debuginfo")),
        (IN_FORCE.replace("-C strip=symbols", ""), ("tool", "strip", "symbols", "none")),
        (IN_FORCE.replace("units=1", "units=16"), ("tool", "codegen-units", "1", "16")),
    ],
)
def test_setting_that_rustc_was_not_given_is_found(settings: str, expected: tuple[str, ...]) -> None:
    """One at a time, whatever took it away."""
    assert unmet(settings) == [expected]


def test_dependency_is_asked_for_what_works_per_package() -> None:
    """Its units and level of optimisation count; strip and lto are the program's alone."""
    assert unmet(IN_FORCE, "-C opt-level=1 -C embed-bitcode=no -C strip=debuginfo -C codegen-units=16") == [
        ("deep", "opt-level", "3", "1"),
        ("deep", "codegen-units", "1", "16"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "settings", "shown"),
    [
        ("lto", False, "-C embed-bitcode=no", None),
        ("lto", "off", "-C lto=off", None),
        ("lto", True, "-C lto=fat", None),
        ("strip", "none", "", None),
        ("panic", "abort", "-C panic=abort", None),
        ("panic", "abort", "", ("tool", "panic", "abort", "unwind")),
        ("debug", 1, "-C debuginfo=1", None),
        ("debug", "line-tables-only", "-C debuginfo=line-tables-only", None),
        ("debug", False, "-C debuginfo=2", ("tool", "debug", "none", "full")),
        ("debug-assertions", True, "-C opt-level=3 -C debug-assertions=on", None),
        ("debug-assertions", False, "-C debug-assertions=off", None),
        ("overflow-checks", True, "-C opt-level=3 -C debug-assertions=on", None),
        ("overflow-checks", True, "-C opt-level=3", ("tool", "overflow-checks", "yes", "no")),
        ("incremental", True, "-C incremental=/t", None),
        ("incremental", False, "-C incremental=/t", ("tool", "incremental", "no", "yes")),
        ("rpath", True, "-C rpath", None),
        ("split-debuginfo", "packed", "-C split-debuginfo=packed", None),
    ],
)
def test_each_key_of_a_profile_as_cargo_passes_it(
    key: str, value: object, settings: str, shown: tuple[str, ...] | None
) -> None:
    """In every spelling; what cargo leaves out is rustc's default."""
    program = unit(TOOL, "bin", settings)
    wanted = Wanted(profile={key: value}, flags=(), target=None, members=frozenset({TOOL}))  # type: ignore[dict-item]
    seen = [(each.package, each.key, each.wanted, each.found) for each in compare(wanted, [program]).unmet]
    assert seen == ([shown] if shown else [])


@pytest.mark.parametrize(
    ("flags", "more", "expected"),
    [
        ("-C target-cpu=native", "-C target-cpu=native", []),
        ("-C target-cpu=native", "-Ctarget-cpu=native -C target-cpu=x86-64-v2", ["-C target-cpu"]),
        ("-C target-cpu=native", "", ["-C target-cpu"]),
        ("-C link-arg=-s", "-C link-arg=-s -C link-arg=-v", []),
        ("-C link-arg=-s", "-C link-arg=-v", ["-C link-arg"]),
        ("-C target-feature=+crt-static", "-C target-feature=+crt-static -C target-feature=-crt-static", []),
        ("-C target-feature=+crt-static", "-C target-feature=-crt-static", [STATIC]),
        (
            "-C target-feature=-crt-static",
            "-C target-feature=+crt-static,-crt-static",
            ["-C target-feature crt-static"],
        ),
        ("-C target-feature=+avx2", "-C target-feature=+avx2,-avx2", ["-C target-feature avx2"]),
        ("-C target-cpu=x86-64 -C target-cpu=native", "-C target-cpu=x86-64 -C target-cpu=native", []),
        ("--cfg fleet", "--cfg member --cfg fleet", []),
    ],
)
def test_flags_are_in_force_as_rustc_takes_them(flags: str, more: str, expected: list[str]) -> None:
    """The last value of most, every value of some, and any `+` for static linking."""
    seen = unmet(f"{IN_FORCE} {more}", flags=tuple(shlex.split(flags)))
    assert [(package, key) for package, key, _, _ in seen] == [("tool", key) for key in expected]


def test_flag_of_the_recipe_stands_over_its_profile() -> None:
    """What the recipe says by a flag comes after its profile, and is looked for as a flag."""
    flags = ("-C", "panic=immediate-abort")
    assert unmet(f"{IN_FORCE} -C panic=abort {shlex.join(flags)}", profile={"panic": "abort"}, flags=flags) == []


def test_target_that_the_recipe_needs_is_asked_for() -> None:
    """Without it flags reach build scripts and proc macros."""
    assert unmet(f"{IN_FORCE} --target mars", target="mars") == []
    assert unmet(IN_FORCE, target="mars") == [("tool", "build.target", "mars", "the host")]


def test_recipe_for_single_packages_is_asked_of_them() -> None:
    """A table for a package beats that for all others, which beats the profile; members are not among the others."""
    profile = {"opt-level": "z", 'package."*".opt-level': 2, "package.deep.opt-level": 3}
    assert unmet("-C opt-level=z", "-C opt-level=3", profile=profile) == []
    assert unmet("-C opt-level=2", "-C opt-level=2", profile=profile) == [
        ("tool", "opt-level", "z", "2"),
        ("deep", "opt-level", "3", "2"),
    ]


def test_users_own_override_explains_what_it_says() -> None:
    """It is named; another value than its own is explained by nothing."""
    settings = IN_FORCE.replace("=3", "=s")
    (explained,) = found(settings, overrides=(OWN_OVERRIDE,)).unmet
    assert explained.named == 'Cargo.toml: profile.release.package.tool.opt-level = "s"'
    (silent,) = found(settings.replace("level=s", "level=1"), overrides=(OWN_OVERRIDE,)).unmet
    assert silent.named == ""


def test_command_line_that_was_not_seen_leaves_all_unknown() -> None:
    """Of the program's own, or of what goes into it."""
    assert found(IN_FORCE, None).unknown == "cargo did not say how it compiles deep"
    assert found(None).unknown == "cargo did not say how it compiles tool"


def test_standard_library_that_is_rebuilt_has_its_own_settings() -> None:
    """Its packages set what they need; nobody asks the recipe of them."""
    std = "path+file:///opt/rust/lib/rustlib/src/rust/library/std#0.0.0"
    wanted = Wanted(profile={"panic": "abort"}, flags=(), target=None, members=frozenset())
    assert compare(wanted, [unit(std, "lib", "-C opt-level=0")]).unmet == []


def test_gate_fails_on_a_setting_that_went_in_silence() -> None:
    """Named are the package, the key, and both values."""
    in_force = InForce(settings=4, packages=2, unmet=[Unmet(package="t", key="strip", wanted="symbols", found="none")])
    (finding,) = judge_in_force(in_force)
    assert (finding.verdict, finding.reason) == ("fail", "not in force: t has strip none instead of symbols")


def test_gate_passes_with_what_was_named() -> None:
    """And says it again, with the file and the key."""
    named = Unmet(package="d", key="opt-level", wanted="3", found="1", named="Cargo.toml: a = 1")
    (finding,) = judge_in_force(InForce(settings=4, packages=2, unmet=[named]))
    assert (finding.verdict, finding.reason) == (
        "pass",
        "4 settings in force in 2 packages, but d has opt-level 1 instead of 3 (Cargo.toml: a = 1)",
    )


def test_gate_is_inconclusive_where_nothing_was_seen() -> None:
    """What is not known is not kept; a build without a recipe is asked nothing."""
    (finding,) = judge_in_force(InForce(settings=0, packages=0, unknown="cargo did not say"))
    assert finding.verdict == "inconclusive"
    assert judge_in_force(None) == []


# the user's own settings for single packages


def layer(path: str, tables: dict[str, Any]) -> ConfigLayer:
    """Return a configuration file with profiles of single packages."""
    return ConfigLayer(path=path, data={"profile": {"release": {"package": tables}}})


def test_overrides_are_found_wherever_cargo_reads_them() -> None:
    """A nearer file beats a farther one and the manifest, key by key."""
    manifest = layer("", {"*": {"opt-level": 1, "codegen-units": 16}}).data
    layers = [layer("near", {"*": {"opt-level": 2}}), layer("far", {"*": {"opt-level": 3}, "b": {"debug": True}})]
    assert [each.sentence for each in find_overrides(manifest, layers)] == [
        'near: profile.release.package."*".opt-level = 2',
        "far: profile.release.package.b.debug = true",
        'Cargo.toml: profile.release.package."*".codegen-units = 16',
    ]


def test_overrides_that_beat_a_recipe_differ_from_it() -> None:
    """The same value beats nothing, and what the recipe writes itself is its own."""
    manifest = layer("", {"*": {"opt-level": 3, "codegen-units": 16}, "b": {"strip": "symbols", "opt-level": 0}}).data
    profile = {**PORTABLE, "package.b.opt-level": 1}
    assert [(each.spec, each.key) for each in overriding(find_overrides(manifest, []), profile)] == [
        ("*", "codegen-units")
    ]


@pytest.mark.parametrize(
    ("spec", "is_meant"),
    [("deep", True), ("deep@1.2.0", True), ("deep:1.2", True), ("https://x/deep#deep@1.2.0", True), ("deeper", False)],
)
def test_package_of_an_override_is_named_as_cargo_does(spec: str, is_meant: bool) -> None:  # noqa: FBT001
    """By name, with a version, with a source."""
    override = Override(spec=spec, key="opt-level", value=1, where="")
    assert override.is_for(DEEP, is_member=False) == is_meant


def test_override_for_all_others_is_not_for_members() -> None:
    """As cargo takes `"*"`."""
    override = Override(spec="*", key="opt-level", value=1, where="")
    assert [override.is_for(TOOL, is_member=member) for member in (True, False)] == [False, True]
