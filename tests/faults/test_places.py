"""B2, B3, D4: real git around a change, and projects that are not simply a folder of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MANIFEST, Crate, Run

WORKSPACE = '[workspace]\nmembers = ["hello"]\nresolver = "2"\n'


@pytest.fixture
def apply(burnish: Run) -> Callable[[Path], None]:
    """Return a function that writes the recipe phase1 into both files of a project."""

    def write(folder: Path) -> None:
        for step in ("apply-profile", "write-config"):
            finished = burnish(step, "--recipe", "phase1", cwd=folder)
            assert finished.returncode == 0, finished.stderr

    return write


def texts(crate: Crate) -> tuple[str, bool]:
    """Return the manifest, and whether there is a configuration."""
    return (crate.root / "Cargo.toml").read_text(encoding="utf-8"), (crate.root / ".cargo").exists()


@pytest.mark.promise("B2")
def test_dependency_added_after_apply_survives(
    crate: Crate, burnish: Run, apply: Callable[[Path], None], tried: Callable[..., None]
) -> None:
    """The rollback takes our keys, leaves the user's line as it was typed, and saves the user's whole version."""
    apply(crate.root)
    applied, _ = texts(crate)
    mine = '\n[dependencies]\n# by hand\nserde = "1"\n'
    (crate.root / "Cargo.toml").write_text(applied + mine, encoding="utf-8")
    finished = burnish("rollback", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert texts(crate) == (MANIFEST + mine, False)
    (saved,) = (crate.root / ".burnish" / "saved").iterdir()
    assert saved.read_text(encoding="utf-8") == applied + mine
    assert str(saved) in finished.stderr
    tried("B2", cases=1)


@pytest.mark.promise("B3")
@pytest.mark.parametrize(
    "between",
    [
        ("git", "clean", "-fdxq", "-e", ".cargo"),
        ("git", "clean", "-fdxq"),
        ("git", "stash", "-uq"),
        ("git", "checkout", "-qf", "other"),
        ("cargo", "clean", "-q"),
        ("git", "commit", "-qam", "kept it"),
    ],
    ids=["clean", "clean-all", "stash", "checkout", "cargo-clean", "commit"],
)
def test_way_back_after_what_users_do(
    crate: Crate,
    burnish: Run,
    apply: Callable[[Path], None],
    user_env: dict[str, str],
    between: tuple[str, ...],
    tried: Callable[..., None],
) -> None:
    """Whatever git or cargo did to the files or to our folder, one rollback ends in the files as they were."""
    crate.git("branch", "other")
    before = texts(crate)
    apply(crate.root)
    identity = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "a")
    mails = dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.org")
    subprocess.run(between, cwd=crate.root, env={**user_env, **identity, **mails}, check=True)
    finished = burnish("rollback", cwd=crate.root)
    assert (finished.returncode, texts(crate)) == (0, before), finished.stderr
    tried("B3", cases=1)


def linked_worktree(crate: Crate) -> Crate:
    """Return a second worktree of the crate's repository."""
    crate.git("worktree", "add", "-q", "../tree")
    return Crate(root=crate.root.parent / "tree")


def submodule(crate: Crate) -> Crate:
    """Return the crate as a submodule of another repository."""
    outer = Crate(root=crate.root.parent / "outer")
    outer.write({"README": ""})
    outer.commit()
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(crate.root), "inner")
    return Crate(root=outer.root / "inner")


def virtual_workspace(crate: Crate) -> Crate:
    """Return a workspace without a package of its own, around the crate."""
    workspace = Crate(root=crate.root.parent / "workspace")
    shutil.copytree(crate.root, workspace.root / "hello", ignore=shutil.ignore_patterns(".git"))
    workspace.write({"Cargo.toml": WORKSPACE})
    workspace.commit()
    return workspace


def linked_folder(crate: Crate) -> Crate:
    """Return the crate by a link to its folder."""
    link = crate.root.parent / "link"
    link.symlink_to(crate.root)
    return Crate(root=link)


@pytest.mark.promise("D4")
@pytest.mark.parametrize(
    ("place", "member"),
    [
        (linked_worktree, "src"),
        (submodule, "."),
        (virtual_workspace, "hello"),
        (virtual_workspace, "."),
        (linked_folder, "."),
    ],
)
def test_places_that_are_no_simple_folder(
    crate: Crate,
    burnish: Run,
    apply: Callable[[Path], None],
    place: Callable[[Crate], Crate],
    member: str,
    tried: Callable[..., None],
) -> None:
    """The change goes to that place's own root manifest, from whatever folder in it, and back, and nowhere else."""
    there = place(crate)
    folder = there.root / member
    elsewhere = crate.tree()
    before = there.tree()
    apply(folder)
    assert "[profile.release]" in texts(there)[0]
    assert there.root.samefile(crate.root) or crate.tree() == elsewhere
    assert burnish("rollback", "--project", str(folder), cwd=there.root.parent).returncode == 0
    assert there.tree() == before
    tried("D4", cases=1)


@pytest.mark.promise("D4")
def test_moved_project_is_rolled_back(
    crate: Crate, burnish: Run, apply: Callable[[Path], None], tried: Callable[..., None]
) -> None:
    """A live change goes with its project; the way back does not depend on where that was."""
    before = crate.tree()
    apply(crate.root)
    moved = Crate(root=crate.root.rename(crate.root.parent / "else where"))
    assert burnish("rollback", cwd=moved.root).returncode == 0
    assert moved.tree() == before
    tried("D4", cases=1)


@pytest.mark.promise("D4")
@pytest.mark.parametrize("first", ["copy", "original"])
def test_copies_of_a_project_do_not_fight(
    crate: Crate, burnish: Run, apply: Callable[[Path], None], first: str, tried: Callable[..., None]
) -> None:
    """Each has its own way back, whichever goes first, also where git has cleaned our folder out of the original."""
    before = crate.tree()
    apply(crate.root)
    copy = Crate(root=crate.root.parent / "copy")
    shutil.copytree(crate.root, copy.root)
    order = [copy, crate] if first == "copy" else [crate, copy]
    assert burnish("rollback", cwd=order[0].root).returncode == 0
    assert order[0].tree() == before
    assert order[1].tree() != before
    if first == "copy":
        crate.git("clean", "-fdxq", "-e", ".cargo")
    assert burnish("rollback", cwd=order[1].root).returncode == 0
    assert order[1].tree() == before
    tried("D4", cases=1)


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return mode, time and content of all below a folder, ours and git's included."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


READING = [("plan",), ("--dry", "optimize"), ("--dry", "keep"), ("--dry", "rollback"), ("doctor",), ("status",)]


@pytest.mark.promise("F1")
def test_reading_commands_write_nothing(
    crate: Crate, burnish: Run, apply: Callable[[Path], None], tmp_path: Path, tried: Callable[..., None]
) -> None:
    """Before a change and while one is applied: no file, no time, no folder of ours, in the project or beside it."""
    for is_applied in (False, True):
        before = everything(tmp_path)
        for arguments in READING:
            finished = burnish(*arguments, cwd=crate.root)
            assert finished.returncode in ({0, 3} if is_applied else {0}), finished.stderr
            assert everything(tmp_path) == before, arguments
        if not is_applied:
            assert not (crate.root / ".burnish").exists()
            apply(crate.root)
    tried("F1", cases=2 * len(READING))


@pytest.mark.promise("F2")
def test_twice_is_once(crate: Crate, burnish: Run, apply: Callable[[Path], None], tried: Callable[..., None]) -> None:
    """What was applied, kept or rolled back is found so when the same is asked for again, and nothing is written."""
    before = crate.tree()
    apply(crate.root)
    applied = crate.tree()
    apply(crate.root)
    assert crate.tree() == applied
    assert burnish("keep", cwd=crate.root).returncode == 0
    status = json.loads(burnish("status", "--json", cwd=crate.root).stdout)
    assert (status["change"]["state"], status["kept"]) == ("kept", [1])
    assert burnish("optimize", "--recipe", "phase1", cwd=crate.root).returncode == 0
    assert crate.tree() == applied
    for said in ("restored", "nothing to roll back"):
        finished = burnish("rollback", cwd=crate.root)
        assert (finished.returncode, said in finished.stderr, crate.tree()) == (0, True, before), finished.stderr
    tried("F2", cases=3)
