from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cargo import command_lines
from burnish.cargo.project import Dependency, Package, Project
from burnish.cargo.selection import USUAL, Selection


def package(name: str, *features: str, dependencies: tuple[str, ...] = ()) -> Package:
    """Return a package with features."""
    return Package(
        id=f"path+file:///ws/{name}#0.1.0",
        name=name,
        version="0.1.0",
        manifest_path=f"/ws/{name}/Cargo.toml",
        targets=[],
        dependencies=[Dependency(name=each) for each in dependencies],
        features={each: [] for each in features},
    )


ONE, OTHER = package("one", "a", "both", dependencies=("dep",)), package("other", "b", "both")


def project(selection: Selection, *selected: Package, by_package: bool = True) -> Project:
    """Return a workspace of two packages, one of which is worked on."""
    return Project(
        root=Path("/ws"),
        target_directory=Path("/ws/target"),
        selected=selected or (ONE,),
        members=(ONE, OTHER),
        package=ONE,
        binary="one",
        by_package=by_package,
        workspace_metadata={},
        selection=selection,
    )


FEATURES = Selection(features=("a", "dep/x"), no_default_features=True, locked=True, jobs=2)


def test_plain_commands_are_as_people_type_them() -> None:
    """Without a selection nothing is added."""
    plain = project(USUAL, by_package=False)
    assert command_lines.build_command(plain) == ["build", "--release"]
    assert command_lines.workspace_command(plain) == ["build", "--release", "--workspace"]
    assert command_lines.workspace_command(plain, debug=True) == ["build", "--workspace"]
    assert command_lines.test_command(plain, []) == ["test", "--release", "--no-fail-fast"]
    assert command_lines.bench_command(USUAL) == ["bench"]
    assert command_lines.metadata_command(plain, "x") == ["metadata", "--format-version=1"]


def test_build_is_of_the_package_with_its_features() -> None:
    """The package's own features are given beside it."""
    assert command_lines.build_command(project(FEATURES), "--examples") == [
        "build",
        "--release",
        "--package=one",
        "--no-default-features",
        "--features=a,dep/x",
        "--jobs=2",
        "--locked",
        "--examples",
    ]


def test_workspace_build_names_the_package_of_each_feature() -> None:
    """Beside other packages a feature is spelled with its own, and the others keep their default ones."""
    assert command_lines.workspace_command(project(FEATURES)) == [
        "build",
        "--release",
        "--workspace",
        "--features=one/a,dep/x",
        "--jobs=2",
        "--locked",
    ]
    every = project(Selection(all_features=True))
    assert command_lines.workspace_command(every, debug=True) == ["build", "--workspace", "--features=one/a,one/both"]


def test_package_that_is_tested_alone_gets_its_own_features_only() -> None:
    """Cargo refuses a feature that the package does not have."""
    both = project(Selection(features=("a", "b", "both")), ONE, OTHER)
    assert both.features_for(ONE.id) == ["--features=a,both"]
    assert both.features_for(OTHER.id) == ["--features=b,both"]
    assert both.features_for("another's") == []


@pytest.mark.parametrize(("profile", "words"), [("release", ["--release"]), ("dist", ["--profile=dist"])])
def test_tests_are_built_by_the_profile_that_is_shipped(profile: str, words: list[str]) -> None:
    """Options of ours stand before what chooses the tests, which may hold `--`."""
    tested = command_lines.test_command(project(Selection(profile=profile)), ["--lib", "--", "x"], "--json")
    assert tested == ["test", *words, "--no-fail-fast", "--json", "--lib", "--", "x"]


def test_nextest_has_names_of_its_own_for_profile_and_jobs() -> None:
    """There `--profile` and `--jobs` are about how tests run."""
    command = command_lines.nextest_command(Selection(profile="dist", jobs=2, offline=True), "ours")
    assert command[:3] == ["nextest", "run", "--cargo-profile=dist"]
    assert command[-3:] == ["--profile=ours", "--build-jobs=2", "--offline"]
    assert "--release" in command_lines.nextest_command(USUAL, "ours")


def test_benches_are_built_by_the_profile_that_is_shipped() -> None:
    """Plain `cargo bench` takes a profile that inherits from release, and from no other."""
    assert command_lines.bench_command(Selection(profile="dist"), "--x") == ["bench", "--profile=dist", "--x"]


def test_offline_only_the_own_platform_is_resolved() -> None:
    """Packages of other platforms need not be on this machine."""
    command = command_lines.metadata_command(project(Selection(features=("a",), frozen=True)), "x86")
    assert command == ["metadata", "--format-version=1", "--filter-platform=x86", "--features=one/a", "--frozen"]
