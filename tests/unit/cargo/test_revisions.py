"""Commits by the names that users type: found, or refused in words that help; and checked out without a trace."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from burnish.cargo.checkouts import checked_out, checkout_folder, remove_checkout
from burnish.cargo.revisions import Repository, repository_of
from burnish.errors import Refused, UsageError
from burnish.system.process import Programs
from tests.conftest import Crate

SECONDS = 60.0


@pytest.fixture
def repo(tmp_path: Path) -> Crate:
    """Return a repository with a program in a folder of it, two commits, a tag and a branch."""
    made = Crate(root=tmp_path / "repo")
    made.write({"tool/Cargo.toml": "first\n", "tool/src/main.rs": "", ".gitignore": "target\n"})
    made.commit()
    made.git("tag", "v1.0")
    made.write({"tool/Cargo.toml": "second\n", "tool/new.rs": ""})
    made.commit()
    made.git("branch", "feature/shrink")
    return made


def opened(repo: Crate, env: Mapping[str, str] | None = None) -> Repository:
    """Return the repository of the program."""
    return repository_of(Programs(env={**os.environ, **(env or {})}), repo.root / "tool", SECONDS)


def traces(repo: Crate) -> Mapping[str, str]:
    """Return all of a repository that is the user's: refs, stash, status, index, HEAD, worktrees."""
    index = (repo.root / ".git" / "index").read_bytes()
    asked = {
        "refs": ("for-each-ref",),
        "stash": ("stash", "list"),
        "status": ("--no-optional-locks", "status", "--porcelain", "--ignored"),
        "head": ("log", "-1", "--format=%H %D"),
        "worktrees": ("worktree", "list", "--porcelain"),
    }
    return {"index": hashlib.sha256(index).hexdigest(), **{name: repo.git(*words) for name, words in asked.items()}}


def test_commit_is_found_by_branch_tag_and_hash(repo: Crate) -> None:
    """Each is the commit's own hash; a file of the project is read from it, by its name in the project."""
    repository = opened(repo)
    first = repository.revision("v1.0")
    assert first.told == f"v1.0 ({first.commit[:12]})"
    assert repository.revision(first.commit[:10]).commit == first.commit
    assert repository.revision("HEAD~1").commit == first.commit
    assert repository.revision("feature/shrink").commit == repository.head() != first.commit
    assert repository.prefix == "tool/"
    assert repository.content(first, "Cargo.toml") == b"first\n"
    assert repository.content(first, "new.rs") is None


@pytest.mark.parametrize(
    "name",
    [
        *("--upload-pack=x", "-x", "--output=canary", "--end-of-options", "-", "", "HEAD\n--output=canary", "a\tb"),
        *("HEAD..v1.0", "^HEAD", "$(touch canary)", ";touch canary", "v1.0^{tree}", "\x1b[31m", "../../etc", "nope"),
    ],
)
def test_hostile_name_is_no_commit_and_no_option(repo: Crate, name: str) -> None:
    """Nothing is written, whatever the name would mean to git."""
    before = traces(repo)
    with pytest.raises(UsageError) as caught:
        opened(repo).revision(name)
    assert "\x1b" not in str(caught.value)
    assert traces(repo) == before
    assert not list(repo.root.rglob("canary*"))


def test_branch_that_git_itself_would_not_make_is_no_option(repo: Crate) -> None:
    """A ref of such a name can be made by hand; git reads it as a name at most."""
    ref = repo.root / ".git" / "refs" / "heads" / "--output=canary"
    ref.write_text(repo.git("rev-parse", "HEAD"), encoding="utf-8")
    with pytest.raises(UsageError):
        opened(repo).revision("--output=canary")
    assert not list(repo.root.rglob("canary*"))


def test_name_that_is_nearly_one_is_told(repo: Crate) -> None:
    """A slip of the finger is named, of git's own branches and tags."""
    with pytest.raises(UsageError, match=r'did you mean "feature/shrink"\?'):
        opened(repo).revision("feature/shrnk")


def test_shallow_clone_names_the_fetch_that_works(repo: Crate, tmp_path: Path) -> None:
    """The command is typed as it is told, and the commit is there then."""
    repo.git("branch", "older", "v1.0")
    for name in ("third.rs", "fourth.rs"):
        repo.write({f"tool/{name}": ""})
        repo.commit()
    clone = Crate(root=tmp_path / "clone")
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(clone.root))
    commit = repo.git("rev-parse", "HEAD~1").strip()
    for name, then in (("older", "FETCH_HEAD"), ("origin/feature/shrink", "origin/feature/shrink"), (commit, commit)):
        with pytest.raises(Refused, match="this clone is shallow") as caught:
            opened(clone).revision(name)
        fetch, _, check = caught.value.next_command.partition(" && ")
        assert check in {"", "burnish check --against FETCH_HEAD"}
        subprocess.run(fetch.split(), cwd=clone.root, check=True, capture_output=True)
        assert opened(clone).revision(then).commit
    with pytest.raises(Refused) as caught:
        opened(clone).revision("HEAD~2")
    assert caught.value.next_command == "git fetch --unshallow origin"
    with pytest.raises(UsageError):
        opened(clone).revision("--upload-pack=x")


def test_folder_without_git_is_refused(tmp_path: Path) -> None:
    """There is nothing to check out; an earlier report can be compared with."""
    with pytest.raises(Refused, match="git finds none") as caught:
        repository_of(Programs(env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)}), tmp_path, SECONDS)
    assert caught.value.next_command == "burnish check --against REPORT.json"


def test_checkout_leaves_no_trace(repo: Crate, tmp_path: Path) -> None:
    """Refs, stash, index, status, HEAD and worktrees are as before, with an index that waits to be committed."""
    repo.write({"tool/staged.rs": "", "tool/Cargo.toml": "edited\n", "tool/stashed.rs": ""})
    repo.git("add", "tool/stashed.rs")
    repo.git("stash", "push", "-q", "--", "tool/stashed.rs")
    repo.git("add", "tool/staged.rs")
    before, repository = traces(repo), opened(repo)
    with checked_out(repository, repository.revision("v1.0"), tmp_path / "state" / "checkout") as project:
        assert (project / "Cargo.toml").read_text(encoding="utf-8") == "first\n"
        assert not (project / "staged.rs").exists()
        assert {**traces(repo), "worktrees": ""} == {**before, "worktrees": ""}
    assert traces(repo) == before
    assert not (tmp_path / "state" / "checkout").exists()


def test_checkout_within_a_hook_spares_the_users_index(repo: Crate, tmp_path: Path) -> None:
    """Git tells its hooks which index is meant, and that is the user's."""
    variables = {
        "GIT_DIR": str(repo.root / ".git"),
        "GIT_INDEX_FILE": str(repo.root / ".git" / "index"),
        "GIT_WORK_TREE": str(repo.root),
        "GIT_PREFIX": "",
    }
    before, repository = traces(repo), opened(repo, variables)
    with checked_out(repository, repository.revision("v1.0"), tmp_path / "checkout") as project:
        assert (project / "Cargo.toml").read_text(encoding="utf-8") == "first\n"
    assert traces(repo) == before


def test_checkout_runs_no_hook(repo: Crate, tmp_path: Path) -> None:
    """A checkout that the user did not ask for is none to the user's own hooks."""
    hook = repo.root / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n", encoding="utf-8")
    hook.chmod(0o755)
    repository = opened(repo)
    with checked_out(repository, repository.revision("v1.0"), tmp_path / "checkout"):
        pass
    assert not (tmp_path / "canary").exists()


def test_what_a_killed_run_has_left_is_taken_away(repo: Crate, tmp_path: Path) -> None:
    """Whole, locked as git leaves it in the midst, or with its folder gone; and no other worktree with it."""
    repository, folder, own = opened(repo), tmp_path / "checkout", tmp_path / "unplugged"
    repo.git("worktree", "add", "-q", "--detach", str(own), "HEAD")
    own.rename(tmp_path / "elsewhere")  # as on a disk that is not plugged in
    before = traces(repo)
    for spoil in (("worktree", "lock", str(folder)), ("status",)):
        repo.git("worktree", "add", "-q", "--detach", str(folder), "v1.0")
        repo.git(*spoil)
        remove_checkout(repository, folder)
        assert traces(repo) == before
    repo.git("worktree", "add", "-q", "--detach", str(folder), "v1.0")
    folder.rename(tmp_path / "gone")
    with checked_out(repository, repository.revision("HEAD"), folder) as project:
        assert (project / "new.rs").exists()
    assert traces(repo) == before
    folder.mkdir()
    (folder / "file").write_text("", encoding="utf-8")
    with checked_out(repository, repository.revision("HEAD"), folder):
        pass
    assert traces(repo) == before


def test_checkout_below_the_repository_is_refused(repo: Crate) -> None:
    """It would be built by today's configuration of cargo."""
    repository = opened(repo)
    with (
        pytest.raises(Refused, match="configuration of the repository"),
        checked_out(repository, repository.revision("HEAD"), repo.root / "target" / "x"),
    ):
        pass
    assert not (repo.root / "target").exists()


def test_detached_worktree_is_a_repository_like_another(repo: Crate, tmp_path: Path) -> None:
    """Where the user works in a worktree without a branch, a commit is checked out beside it."""
    own = Crate(root=tmp_path / "own")
    repo.git("worktree", "add", "-q", "--detach", str(own.root), "HEAD")
    repository = opened(own)
    before = repo.git("worktree", "list", "--porcelain")
    with checked_out(repository, repository.revision("v1.0"), tmp_path / "checkout") as project:
        assert (project / "Cargo.toml").read_text(encoding="utf-8") == "first\n"
    assert repo.git("worktree", "list", "--porcelain") == before


def test_place_of_a_checkout_is_the_projects_own(tmp_path: Path) -> None:
    """Two projects do not meet in it, and one has always the same."""
    assert checkout_folder(tmp_path, tmp_path / "a") == checkout_folder(tmp_path, tmp_path / "b" / ".." / "a")
    assert checkout_folder(tmp_path, tmp_path / "a") != checkout_folder(tmp_path, tmp_path / "b")


def test_submodules_of_a_commit_are_known(repo: Crate, tmp_path: Path) -> None:
    """A checkout does not hold them."""
    other = Crate(root=tmp_path / "other")
    other.write({"x": ""})
    other.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "vendor/other")
    repo.commit()
    repository = opened(repo)
    assert repository.submodules(repository.revision("HEAD")) == ["vendor/other"]
    assert repository.submodules(repository.revision("v1.0")) == []
