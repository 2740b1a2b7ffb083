"""Names and files that attack: nothing of them is executed, and no secret comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Crate, Run

pytestmark = pytest.mark.cargo
NAME = "a b; touch X $(touch Y) `touch Z` 'q' \N{LATIN SMALL LETTER E WITH ACUTE}"


def test_folder_whose_name_is_shell_syntax(crate: Crate, burnish: Run) -> None:
    """The whole flow works in a folder whose name is shell syntax, and no shell reads it."""
    folder = crate.root.rename(crate.root.with_name(NAME))
    beside = sorted(path.name for path in folder.parent.iterdir())
    finished = burnish("optimize", "--json", cwd=folder)
    assert json.loads(finished.stdout)["outcome"] == "kept", finished.stderr
    assert burnish("rollback", cwd=folder).returncode == 0
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted({*beside, "state"})
    assert not [path for path in folder.rglob("[XYZ]") if "target" not in path.parts and ".git" not in path.parts]


def test_no_token_comes_out(crate: Crate, burnish: Run) -> None:
    """A registry's token beside our edit is in no diff, no message and no report."""
    token = "CANARY-0123456789"  # noqa: S105 - bait
    crate.write({".cargo/config.toml": f'[registries.mine]\nindex = "https://example.org"\ntoken = "{token}"\n'})
    crate.commit()
    said = [
        burnish(*words, cwd=crate.root)
        for words in (
            ("plan", "--recipe", "phase1"),
            ("plan", "--recipe", "phase1", "--json"),
            ("doctor", "--recipe", "phase1"),
            ("apply-profile", "--recipe", "phase1"),
            ("write-config",),
            ("status", "--json"),
        )
    ]
    assert [finished.returncode for finished in said] == [0] * len(said), said
    assert "crt-static" in said[0].stdout
    assert token not in "".join(finished.stdout + finished.stderr for finished in said)
    reports = [path for path in (crate.root / ".burnish" / "runs").rglob("*") if path.is_file()]
    assert reports
    assert not [path for path in reports if token.encode() in path.read_bytes()]


def test_manifest_that_is_a_bomb(crate: Crate, burnish: Run) -> None:
    """A manifest that is made to exhaust its reader is refused in one message."""
    manifest = (crate.root / "Cargo.toml").read_text(encoding="utf-8")
    crate.write({"Cargo.toml": f"{manifest}\n[package.metadata.x]\ny = {'[' * 2000}{']' * 2000}\n"})
    crate.commit()
    before = crate.tree()
    finished = burnish("optimize", cwd=crate.root)
    assert finished.returncode == 3, finished.stderr
    assert "Traceback" not in finished.stderr
    assert crate.tree() == before


def test_state_folder_that_is_a_link(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """A repository that brings `.burnish` as a link cannot lead our writing elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (crate.root / ".burnish").symlink_to(elsewhere)
    finished = burnish("apply-profile", "--allow-dirty", cwd=crate.root)
    assert finished.returncode == 3, finished.stderr
    assert list(elsewhere.iterdir()) == []
