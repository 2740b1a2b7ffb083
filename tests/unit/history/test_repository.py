"""What is asked of the repository: the commit, what differs from it, and the commits that led to it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from burnish.history.repository import HistoryRepository, Unrecorded
from burnish.system.process import Programs
from tests.conftest import Crate


def repository_at(root: Path, **env: str) -> HistoryRepository:
    """Return the repository around a folder."""
    return HistoryRepository(programs=Programs(env={**os.environ, **env}), root=root, timeout_seconds=60)


def test_clean_checkout_is_its_commit(crate: Crate) -> None:
    """Nothing differs; what is ignored is nobody's edit."""
    (crate.root / "target").mkdir()
    (crate.root / "target" / "x").touch()
    assert repository_at(crate.root).dirty(()) == []
    assert repository_at(crate.root).head() == crate.git("rev-parse", "HEAD").strip()


def test_edits_and_new_files_are_named(crate: Crate) -> None:
    """Staged or not, known to git or not."""
    crate.write({"src/lib.rs": "// edited\n", "src/bin/new.rs": "fn main() {}\n", "staged \u00e9.txt": "x\n"})
    crate.git("add", "staged \u00e9.txt")
    assert sorted(repository_at(crate.root).dirty(())) == ["src/bin/new.rs", "src/lib.rs", "staged \u00e9.txt"]


def test_what_is_ours_does_not_count(crate: Crate) -> None:
    """Builds, reports and a history file of ours are no edits of the user's."""
    crate.write({"report/report.json": "{}", "history.jsonl": "x\n", "reports.txt": "x\n"})
    own = (crate.root / "report", crate.root / "history.jsonl", Path("/elsewhere"))
    assert repository_at(crate.root).dirty(own) == ["reports.txt"]


def test_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    """A tracked file counts wherever it is: it may be built by a path. A new one elsewhere is no target."""
    outer = Crate(root=tmp_path / "outer")
    outer.write({"inner/Cargo.toml": "[package]\n", "other/lib.rs": "\n"})
    outer.commit()
    outer.write({"other/lib.rs": "// edited\n", "scratch.txt": "x\n", "inner/new.rs": "\n", "inner/target/x": "\n"})
    inner = repository_at(outer.root / "inner")
    assert sorted(inner.dirty((outer.root / "inner" / "target",))) == ["inner/new.rs", "other/lib.rs"]


def test_folder_without_a_repository(tmp_path: Path) -> None:
    """There is nothing that a record could belong to."""
    with pytest.raises(Unrecorded, match="no git repository"):
        repository_at(tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent)).head()


def test_repository_without_a_commit(tmp_path: Path) -> None:
    """Nothing was committed yet."""
    crate = Crate(root=tmp_path / "new")
    crate.root.mkdir()
    crate.git("init", "-q")
    with pytest.raises(Unrecorded, match="no commit yet"):
        repository_at(crate.root).head()


def test_machine_without_git(crate: Crate) -> None:
    """It is told, and nothing fails."""
    with pytest.raises(Unrecorded, match="git cannot be started"):
        repository_at(crate.root, PATH="/nowhere").head()


def test_commits_along_the_first_parents(crate: Crate) -> None:
    """The newest first; what came in by a merge is told by the merge."""
    crate.git("checkout", "-q", "-b", "side")
    crate.write({"side.txt": "x\n"})
    crate.commit()
    crate.git("checkout", "-q", "-")
    crate.git("merge", "-q", "--no-ff", "-m", "merge \u00e9\ttab", "side")
    found = repository_at(crate.root).first_parents()
    assert [commit.title for commit in found] == ["merge \u00e9\ttab", "state"]
    assert found[0].hash == crate.git("rev-parse", "HEAD").strip()
    assert found[0].seconds >= found[1].seconds


def test_content_of_the_commit_is_what_a_checkout_writes(crate: Crate) -> None:
    """Line ends as git would write them; None for a file that the commit does not have."""
    crate.write({".gitattributes": "*.toml text eol=crlf\n"})
    crate.git("add", ".")
    crate.git("commit", "-q", "-m", "crlf")
    (crate.root / "Cargo.toml").unlink()
    crate.git("checkout", "-q", "Cargo.toml")
    repository = repository_at(crate.root)
    assert repository.committed("Cargo.toml") == (crate.root / "Cargo.toml").read_bytes()
    assert b"\r\n" in (crate.root / "Cargo.toml").read_bytes()
    assert repository.committed(".cargo/config.toml") is None


def test_checkout_that_moved_is_told(crate: Crate) -> None:
    """By git's own log of it; where there is none nothing is said."""
    repository, now = repository_at(crate.root), dt.datetime.now(dt.UTC)
    assert repository.moved_after(now - dt.timedelta(days=1))
    assert not repository.moved_after(now + dt.timedelta(seconds=1))
    shutil.rmtree(crate.root / ".git" / "logs")
    assert not repository.moved_after(now - dt.timedelta(days=1))
