"""Where a project's workspace is: without cargo where there is only one answer, else as cargo says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.cargo.locate import workspace_root
from burnish.errors import Refused
from burnish.system.process import Finished, Programs

LONE = '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n[[bin]]\nname = "p"\npath = "main.rs"\n'
ASKED = {
    "a workspace elsewhere": LONE.replace("[[bin]]", 'workspace = "../top"\n[[bin]]'),
    "a workspace elsewhere, in escapes": LONE.replace("[[bin]]", '"w\\u006frkspace" = "../top"\n[[bin]]'),
    "a workspace elsewhere, in escapes of TOML 1.1": LONE.replace("[[bin]]", '"w\\x6frkspace" = "../top"\n[[bin]]'),
    "no package": "[workspace]\nmembers = []\n",
    "not TOML": "[package",
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
@pytest.mark.parametrize("own", ["", "[workspace]\n"])
def test_only_manifest_is_the_root(tmp_path: Path, below: str, own: str) -> None:
    """Nobody is asked, from the folder itself or one below it."""
    root = folder_with(tmp_path / "p", LONE + own)
    assert workspace_root(NoPrograms(env={}), root / below, 60) == root.resolve()


@pytest.mark.parametrize("case", ASKED)
def test_what_may_belong_elsewhere_is_asked_of_cargo(tmp_path: Path, case: str) -> None:
    """What names another workspace, however that is written, is no package or cannot be read is cargo's to tell."""
    root = folder_with(tmp_path / "p", ASKED[case])
    assert workspace_root(NoPrograms(env={}), root, 60) is None


@pytest.mark.cargo
def test_member_belongs_to_the_workspace_above_it(tmp_path: Path) -> None:
    """A second manifest further up may claim it: cargo is asked."""
    top = folder_with(tmp_path / "top", '[workspace]\nmembers = ["member"]\n')
    member = folder_with(top / "member", LONE)
    assert workspace_root(Programs(env=os.environ), member, 60) == top.resolve()
