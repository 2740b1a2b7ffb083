"""Records in git notes: none is lost, nothing else of the repository moves, and no hook or editor is started."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from burnish.history.notes import NOTES_REF, append_note, read_notes
from burnish.history.repository import HistoryRepository, Unrecorded
from burnish.system.process import Programs
from tests.conftest import Crate, Tried, cases

RACER = """
import sys
from pathlib import Path
import os
from burnish.history.notes import append_note
from burnish.history.repository import HistoryRepository
from burnish.system.process import Programs
root, commit, name, count = sys.argv[1:]
repository = HistoryRepository(programs=Programs(env=dict(os.environ)), root=Path(root), timeout_seconds=60)
for number in range(int(count)):
    append_note(repository, commit, f"{name}-{number}".encode())
"""


def repository_at(root: Path, env: dict[str, str] | None = None) -> HistoryRepository:
    """Return the repository around a folder."""
    return HistoryRepository(programs=Programs(env=env or dict(os.environ)), root=root, timeout_seconds=60)


@pytest.fixture
def repository(crate: Crate) -> HistoryRepository:
    """Return the repository of a small crate with one commit."""
    return repository_at(crate.root)


def standing(crate: Crate) -> dict[str, object]:
    """Return what must not move: refs but ours, the stash, the index by its bytes, the status, the files."""
    refs = crate.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return {
        "refs": [ref for ref in refs if not ref.startswith(NOTES_REF)],
        "head": crate.git("symbolic-ref", "HEAD"),
        "index": (crate.root / ".git" / "index").read_bytes(),
        "status": crate.git("--no-optional-locks", "status", "--porcelain"),
        "stash": crate.git("stash", "list"),
        "config": (crate.root / ".git" / "config").read_bytes(),
        "files": crate.tree(),
    }


def test_note_that_is_appended_is_read(crate: Crate, repository: HistoryRepository) -> None:
    """A missing ref is made, and git's own command shows what was written."""
    head = repository.head()
    assert read_notes(repository) == {}
    append_note(repository, head, b"one")
    append_note(repository, head, b"two")
    assert read_notes(repository) == {head: b"one\ntwo\n"}
    assert crate.git("notes", "--ref=burnish", "show", head) == "one\ntwo\n"


@pytest.mark.promise("I1")
def test_only_the_notes_move(crate: Crate, repository: HistoryRepository, tried: Tried) -> None:
    """Branches, tags, index, stash, status and files are as they were, also with edits that are not committed."""
    crate.git("tag", "v1")
    crate.write({"src/main.rs": "fn main() {}\n"})
    crate.git("stash", "-q")
    crate.write({"src/lib.rs": "// edited\n", "staged.txt": "x\n"})
    crate.git("add", "staged.txt")
    before = standing(crate)
    append_note(repository, repository.head(), b"one")
    assert standing(crate) == before
    tried("I1", cases=1)


def test_note_of_a_user_stays(crate: Crate, repository: HistoryRepository) -> None:
    """What somebody wrote by hand, without an end of line, is not touched; nor are notes on other commits."""
    first = repository.head()
    crate.git("notes", "--ref=burnish", "add", "-m", "by hand", first)
    crate.write({"new.txt": "x\n"})
    crate.commit()
    second = repository.head()
    append_note(repository, second, b"two")
    append_note(repository, first, b"one")
    assert read_notes(repository) == {first: b"by hand\none\n", second: b"two\n"}


def test_many_notes_are_found_wherever_git_puts_them(crate: Crate, repository: HistoryRepository) -> None:
    """Git cuts the names of many notes into folders, and finds those of ours that are not cut."""
    head = repository.head()
    append_note(repository, head, b"one")
    for number in range(cases(40, 300)):
        crate.git("commit", "-q", "--allow-empty", "-m", f"c{number}")
    commits = crate.git("rev-list", "HEAD").split()
    stream = ["feature done", f"commit {NOTES_REF}", "committer A <a@example.org> 1700000000 +0000", "data 0"]
    stream += [f"from {crate.git('rev-parse', NOTES_REF).strip()}"]
    for commit in commits:
        if commit != head:
            stream += [f"N inline {commit}", "data 2", "x"]
    argv = ["git", "fast-import", "--quiet"]
    subprocess.run(argv, cwd=crate.root, input="\n".join([*stream, "done", ""]).encode(), check=True)
    append_note(repository, commits[0], b"y")
    append_note(repository, head, b"two")
    found = read_notes(repository)
    assert (len(found), found[head], found[commits[0]]) == (len(commits), b"one\ntwo\n", b"x\ny\n")
    assert crate.git("notes", "--ref=burnish", "show", head) == "one\ntwo\n"


@pytest.mark.promise("I1")
def test_killed_writer_leaves_all_as_it_was(crate: Crate, repository: HistoryRepository, tried: Tried) -> None:
    """At any instant: nothing else has moved, each line is whole, and the next writer writes on."""
    head, before = repository.head(), standing(crate)
    argv = [sys.executable, "-c", RACER, str(crate.root), head]
    kills = cases(6, 60)
    for number in range(kills):
        writer = subprocess.Popen([*argv, f"writer{number}", "50"])
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(timeout=0.25 + 0.01 * number)
        writer.kill()
        writer.wait()
        time.sleep(0.2)  # the last git of it ends by itself
        assert standing(crate) == before
        append_note(repository, head, f"whole-{number}".encode())
    lines = read_notes(repository)[head].decode().splitlines()
    assert [line for line in lines if line.startswith("whole-")] == [f"whole-{number}" for number in range(kills)]
    assert all(re.fullmatch(r"(whole|writer\d+)-\d+", line) for line in lines)
    tried("I1", kills=kills)


@pytest.mark.promise("I2")
def test_writers_at_once_lose_no_record(crate: Crate, repository: HistoryRepository, tried: Tried) -> None:
    """Each writes several records of one commit, from the first on, when there is no ref yet."""
    racers, records = cases((4, 3), (12, 8))
    head = repository.head()
    argv = [sys.executable, "-c", RACER, str(crate.root), head]
    started = [subprocess.Popen([*argv, f"racer{number}", str(records)]) for number in range(racers)]
    assert [each.wait(timeout=300) for each in started] == [0] * racers
    wanted = {f"racer{racer}-{number}" for racer in range(racers) for number in range(records)}
    lines = read_notes(repository)[head].decode().splitlines()
    assert (set(lines), len(lines)) == (wanted, len(wanted))
    tried("I2", racers=racers)


def test_neither_hook_nor_editor_nor_signature_is_started(crate: Crate, tmp_path: Path) -> None:
    """Whatever the repository and the user have set up, writing a record starts none of it."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\nexit 1\n", encoding="utf-8")
    trap.chmod(0o755)
    hooks = crate.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-commit", "commit-msg", "post-commit"):
        (hooks / name).write_bytes(trap.read_bytes())
        (hooks / name).chmod(0o755)
    for key in ("core.editor", "gpg.program", "core.fsmonitor", "core.pager"):
        crate.git("config", key, str(trap))
    crate.git("config", "commit.gpgSign", "true")
    env = {**os.environ, "GIT_EDITOR": str(trap), "EDITOR": str(trap), "VISUAL": str(trap)}
    repository = repository_at(crate.root, env)
    append_note(repository, repository.head(), b"one")
    repository.dirty(())
    assert list(read_notes(repository).values()) == [b"one\n"]
    assert not (tmp_path / "sprung").exists()


def test_user_without_a_name_can_record(crate: Crate, tmp_path: Path) -> None:
    """Git asks for a name that nobody needs here."""
    env = {**os.environ, "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    crate.git("config", "user.useConfigOnly", "true")
    repository = repository_at(crate.root, env)
    append_note(repository, repository.head(), b"one")
    assert list(read_notes(repository).values()) == [b"one\n"]


def test_index_of_a_hook_is_left_alone(crate: Crate) -> None:
    """Started from a hook, git's variable names the index of the user's commit."""
    index = crate.root / ".git" / "index"
    before = index.read_bytes()
    hook = {"GIT_INDEX_FILE": str(index), "GIT_DIR": ".git", "GIT_PREFIX": "src/"}
    repository = repository_at(crate.root / "src", {**os.environ, **hook})
    append_note(repository, repository.head(), b"one")
    assert index.read_bytes() == before


def test_ref_that_cannot_be_written_is_told(crate: Crate, repository: HistoryRepository) -> None:
    """A lock that a killed git has left is named by git itself."""
    lock = crate.root / ".git" / "refs" / "notes"
    lock.mkdir(parents=True)
    (lock / "burnish.lock").touch()
    with pytest.raises(Unrecorded, match=r"burnish\.lock"):
        append_note(repository, repository.head(), b"one")
    assert read_notes(repository) == {}


def test_worktree_and_folder_within_share_the_notes(crate: Crate, tmp_path: Path) -> None:
    """A project in a folder of its repository, and in another worktree of it, has the same history."""
    crate.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    inner = repository_at(tmp_path / "tree" / "src")
    append_note(inner, inner.head(), b"one")
    assert read_notes(repository_at(crate.root)) == {inner.head(): b"one\n"}
