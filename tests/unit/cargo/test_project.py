from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from burnish.cargo.project import find_manifest, read_project
from burnish.cargo.selection import Wanted
from burnish.errors import Refused, UsageError
from burnish.system.process import Programs


def package(root: Path, name: str, *binaries: str, **more: Any) -> dict[str, Any]:
    """Return a package as cargo metadata describes it."""
    targets = [{"name": binary, "kind": ["bin"], "src_path": "main.rs"} for binary in binaries]
    folder = root / name if name != root.name else root
    return {
        "id": f"path+{name}",
        "name": name,
        "version": "1.0.0",
        "manifest_path": str(folder / "Cargo.toml"),
        "targets": targets,
        "dependencies": [],
        **more,
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a folder with a manifest, and a stand-in for cargo that answers with what `answer` wrote."""
    root = tmp_path / "ws"
    root.mkdir()
    (root / "Cargo.toml").touch()
    return root


def answer(root: Path, packages: list[dict[str, Any]], default: list[str] | None = None) -> Programs:
    """Put a stand-in for cargo on the PATH that describes these packages."""
    metadata = {
        "packages": packages,
        "workspace_root": str(root),
        "target_directory": str(root / "target"),
        "workspace_default_members": default if default is not None else [each["id"] for each in packages],
        "metadata": None,
    }
    (root / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    stub = root / "bin" / "cargo"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text(f"#!/bin/sh\ncat '{root}/metadata.json'\n", encoding="utf-8")
    stub.chmod(0o755)
    # The stand-in is looked up in our own environment's PATH, since that is where Python looks.
    return Programs(env={"PATH": f"{stub.parent}:{os.environ['PATH']}"})


def choose(
    monkeypatch: pytest.MonkeyPatch, root: Path, members: list[dict[str, Any]], **options: Any
) -> tuple[str | None, str | None]:
    """Return the package and binary chosen in a workspace of these packages."""
    programs = answer(root, members, options.pop("default", None))
    monkeypatch.setenv("PATH", programs.env["PATH"])
    project = read_project(programs, root / "Cargo.toml", timeout_seconds=60, wanted=Wanted(**options))
    return project.package.name if project.package else None, project.binary


def test_only_binary_is_chosen(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """Where there is one binary, it is meant."""
    packages = [package(workspace, "lib"), package(workspace, "app", "run")]
    assert choose(monkeypatch, workspace, packages) == ("app", "run")


def test_binary_of_the_packages_own_name_is_preferred(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """Among several, the one that is called like its package is meant."""
    packages = [package(workspace, "app", "app", "app-helper")]
    assert choose(monkeypatch, workspace, packages) == ("app", "app")


@pytest.mark.parametrize(
    ("said", "asked", "named"),
    [
        ({}, {"bins": ("other", "app")}, ("other", "app")),
        ({"build": {"bin": ["other", "app"]}}, {}, ("other", "app")),
        ({"build": {"bin": "other"}}, {}, ("other",)),
        ({"build": {"bin": ["app", "other"]}}, {"bins": ("other",)}, ("other",)),
        ({"build": {"bin": ["other"]}}, {"only": "bins"}, ()),
        ({}, {}, ()),
    ],
)
def test_several_binaries_may_be_named_and_the_first_comes_first(
    monkeypatch: pytest.MonkeyPatch,
    workspace: Path,
    said: dict[str, Any],
    asked: dict[str, Any],
    named: tuple[str, ...],
) -> None:
    """By arguments, which stand for what the metadata says, as a text or a list; each counts once."""
    programs = answer(workspace, [package(workspace, "app", "app", "other", metadata={"burnish": said})])
    monkeypatch.setenv("PATH", programs.env["PATH"])
    project = read_project(programs, workspace / "Cargo.toml", timeout_seconds=60, wanted=Wanted(**asked))
    assert (project.named, project.binary) == (named, named[0] if named else "app")


def test_each_named_binary_must_be_there(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """Not the first one only."""
    packages = [package(workspace, "app", "app", "other")]
    with pytest.raises(UsageError, match='there is no binary "othr" here'):
        choose(monkeypatch, workspace, packages, bins=("app", "othr"))


def test_several_packages_may_be_named(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """By arguments, by the workspace's metadata as a text or a list, or all at once; cargo is told each by name."""
    packages = [package(workspace, name, name) for name in ("one", "two", "three")]
    programs = answer(workspace, packages)
    monkeypatch.setenv("PATH", programs.env["PATH"])

    def selected(wanted: Wanted, **build: object) -> list[str]:
        metadata = json.loads((workspace / "metadata.json").read_text(encoding="utf-8"))
        metadata["metadata"] = {"burnish": {"build": build}}
        (workspace / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        project = read_project(programs, workspace / "Cargo.toml", timeout_seconds=60, wanted=wanted)
        names = [member.name for member in project.selected]
        assert project.package_arguments == [f"--package={name}" for name in names]
        return names

    assert selected(Wanted(packages=("three", "one"))) == ["three", "one"]
    assert selected(Wanted(), package=["two", "three"]) == ["two", "three"]
    assert selected(Wanted(), package="two") == ["two"]
    assert selected(Wanted(), workspace=True) == ["one", "two", "three"]
    assert selected(Wanted(workspace=True), package="two") == ["one", "two", "three"]
    with pytest.raises(UsageError, match=r'there is no package "tree".*did you mean "three"'):
        selected(Wanted(packages=("one", "tree")))


def test_library_or_binaries_alone_may_be_wanted(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """As cargo's --lib and --bins: what is not there is said."""
    shipped = package(workspace, "app", "app")
    shipped["targets"].append({"name": "app_c", "kind": ["cdylib"], "src_path": "src/lib.rs"})
    assert choose(monkeypatch, workspace, [shipped], only="lib") == ("app", None)
    assert choose(monkeypatch, workspace, [shipped], only="bins") == ("app", "app")
    with pytest.raises(UsageError, match="--lib: app has no library that is shipped"):
        choose(monkeypatch, workspace, [package(workspace, "app", "app")], only="lib")
    with pytest.raises(UsageError, match="--bins: app has no binary"):
        choose(monkeypatch, workspace, [package(workspace, "app")], only="bins")


def test_default_run_is_preferred(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """`default-run` says which one is meant."""
    packages = [package(workspace, "app", "app", "other", default_run="other")]
    assert choose(monkeypatch, workspace, packages) == ("app", "other")


def test_default_members_are_looked_at_first(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """A binary outside the default members is not what a plain cargo build makes."""
    packages = [package(workspace, "one", "one"), package(workspace, "two", "two")]
    assert choose(monkeypatch, workspace, packages, default=["path+two"]) == ("two", "two")


def test_member_folder_selects_the_member(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """In a member's folder the member is meant, and cargo is told so: by itself, in the root, it builds another."""
    programs = answer(workspace, [package(workspace, workspace.name, "root"), package(workspace, "one", "one")])
    monkeypatch.setenv("PATH", programs.env["PATH"])
    (workspace / "one").mkdir()
    (workspace / "one" / "Cargo.toml").touch()
    manifest = workspace / "one" / "Cargo.toml"
    project = read_project(programs, manifest, timeout_seconds=60)
    assert (project.binary, project.package_arguments) == ("one", ["--package=one"])


def test_default_members_count_beside_a_root_package(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """A root package that is not among the default members is not what cargo builds in the root."""
    packages = [package(workspace, workspace.name, "root"), package(workspace, "one", "one")]
    assert choose(monkeypatch, workspace, packages, default=["path+one"]) == ("one", "one")


def test_named_package_and_binary(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """What the user names is chosen."""
    packages = [package(workspace, "one", "one"), package(workspace, "two", "two", "three")]
    assert choose(monkeypatch, workspace, packages, packages=("two",), bins=("three",)) == ("two", "three")


def test_no_binary_at_all(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """A library has no binary, and is a project all the same."""
    assert choose(monkeypatch, workspace, [package(workspace, "lib")]) == ("lib", None)


def test_several_binaries(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """All are judged, and the first is the one that the rest goes by."""
    packages = [package(workspace, "one", "one"), package(workspace, "two", "two", "other")]
    assert choose(monkeypatch, workspace, packages) == ("one", "one")


def test_binary_that_two_packages_have(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """A name alone does not tell which is meant; the choices are named, as they are typed."""
    packages = [package(workspace, "one", "tool"), package(workspace, "two", "tool")]
    with pytest.raises(UsageError, match="--package one --bin tool, --package two --bin tool"):
        choose(monkeypatch, workspace, packages, bins=("tool",))


@pytest.mark.parametrize("options", [{"packages": ("oen",)}, {"bins": ("oen",)}])
def test_wrong_name_gets_the_nearest(monkeypatch: pytest.MonkeyPatch, workspace: Path, options: dict[str, Any]) -> None:
    """A package or binary that does not exist is refused with the nearest that does."""
    with pytest.raises(UsageError, match='did you mean "one"'):
        choose(monkeypatch, workspace, [package(workspace, "one", "one")], **options)


def test_metadata_that_is_no_table(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """`burnish = 3` in the metadata is refused by its place."""
    programs = answer(workspace, [package(workspace, "app", "app", metadata={"burnish": 3})])
    monkeypatch.setenv("PATH", programs.env["PATH"])
    project = read_project(programs, workspace / "Cargo.toml", timeout_seconds=60)
    with pytest.raises(Refused, match=r"\[package.metadata.burnish\] is 3"):
        _ = project.package_metadata


def test_manifest_is_found_upward(tmp_path: Path) -> None:
    """The nearest Cargo.toml from a folder upward is the project's; a Cargo.toml may be named too."""
    (tmp_path / "Cargo.toml").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_manifest(inner) == find_manifest(tmp_path / "Cargo.toml") == tmp_path / "Cargo.toml"


def test_what_is_no_project_is_refused(tmp_path: Path) -> None:
    """A folder that is not there, a file that is no manifest, and a folder without one are told apart."""
    (tmp_path / "notes.txt").touch()
    with pytest.raises(Refused, match="there is no folder"):
        find_manifest(tmp_path / "missing")
    with pytest.raises(UsageError, match=r"is not a Cargo.toml"):
        find_manifest(tmp_path / "notes.txt")
    with pytest.raises(Refused, match=r"there is no Cargo.toml"):
        find_manifest(tmp_path)
