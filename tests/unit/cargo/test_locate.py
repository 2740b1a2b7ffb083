"""Where a project's workspace is: without cargo where there is only one answer, else as cargo says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.locate import workspace_root
from burnish.errors import Refused
from burnish.process import Finished, Programs

LONE = '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n[[bin]]\nname = "p"\npath = "main.rs"\n'
ROOTS = {
    "its own workspace": f"{LONE}[workspace]\n",
    "its own workspace, in escapes": f'{LONE}["w\\u006frkspace"]\n',
    "not TOML, and names a workspace": "[workspace",
}


class NoPrograms(Programs):
    """Starts nothing."""

    def run(self, *arguments: object, **options: object) -> Finished:
        """Fail as where there is no such program."""
        raise Refused(f"cannot start {arguments} {options}", expected="a program")


def folder_with(folder: Path, manifest: str) -> Path:
    """Make a folder with a manifest."""
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(manifest, encoding="utf-8")
    (folder / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("below", ["", "src"])
def test_only_manifest_that_names_no_workspace_is_the_root(tmp_path: Path, below: str) -> None:
    """Nobody is asked, from the folder itself or one below it."""
    root = folder_with(tmp_path / "p", LONE)
    assert workspace_root(NoPrograms(env={}), root / below, 60) == root.resolve()


@pytest.mark.cargo
@pytest.mark.parametrize("name", [name for name, text in ROOTS.items() if text.startswith("[package]")])
def test_what_may_name_a_workspace_is_asked_of_cargo(tmp_path: Path, name: str) -> None:
    """A manifest with the word in it, however it is written, is cargo's to read."""
    root = folder_with(tmp_path / "p", ROOTS[name])
    assert workspace_root(NoPrograms(env={}), root, 60) is None
    assert workspace_root(Programs(env=os.environ), root, 60) == root.resolve()


@pytest.mark.cargo
def test_member_belongs_to_the_workspace_above_it(tmp_path: Path) -> None:
    """A second manifest further up may claim it: cargo is asked."""
    top = folder_with(tmp_path / "top", '[workspace]\nmembers = ["member"]\n')
    member = folder_with(top / "member", LONE)
    assert workspace_root(Programs(env=os.environ), member, 60) == top.resolve()


def test_nothing_is_known_where_cargo_fails(tmp_path: Path) -> None:
    """Without an answer there is no root, and no error."""
    root = folder_with(tmp_path / "p", ROOTS["not TOML, and names a workspace"])
    assert workspace_root(NoPrograms(env={}), root, 60) is None
