"""Each check and each kept change leaves one record, or the report says why not; nothing of the user's is touched."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from burnish.check import check_project
from burnish.history.entries import HistoryEntry, decode_entries
from burnish.job.options import Options
from burnish.model import HistoryPart, Report
from burnish.optimize import whole_flow
from tests.conftest import MANIFEST
from tests.unit.opened import OPTIONS, Place, make_place

GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project in a repository of its own, committed."""
    made = make_place(tmp_path, monkeypatch)
    (made.root / ".gitignore").write_text("/target\n", encoding="utf-8")
    (made.root / "Cargo.lock").write_text("version = 4\n", encoding="utf-8")
    git(made, "init", "-q")
    commit(made)
    return made


def git(place: Place, *arguments: str) -> str:
    """Run git in the project."""
    return subprocess.run([*GIT, *arguments], cwd=place.root, check=True, capture_output=True, text=True).stdout


def commit(place: Place) -> str:
    """Commit all, and return the commit."""
    git(place, "add", "-A")
    git(place, "commit", "-q", "--allow-empty", "-m", "state")
    return git(place, "rev-parse", "HEAD").strip()


def checked(place: Place, options: Options = OPTIONS) -> Report:
    """Check the project."""
    with place.session(options) as session:
        return check_project(session)


def told(report: Report) -> HistoryPart:
    """Return what the report says of its record."""
    assert report.history is not None
    return report.history


def records(place: Place, commit_hash: str) -> list[HistoryEntry]:
    """Return the records in the note of a commit."""
    shown = subprocess.run(
        [*GIT, "notes", "--ref=burnish", "show", commit_hash], cwd=place.root, capture_output=True, check=False
    )
    entries, unread = decode_entries(shown.stdout.split(b"\n"))
    assert not unread
    return entries


def has_notes(place: Place) -> bool:
    """Return whether there is any ref of notes."""
    return bool(git(place, "for-each-ref", "refs/notes"))


def test_check_leaves_one_record_at_its_commit(place: Place) -> None:
    """With its numbers, machine and toolchain; the report and its file say where."""
    head = git(place, "rev-parse", "HEAD").strip()
    report = checked(place)
    (entry,) = records(place, head)
    assert report.baseline is not None
    assert (entry.kind, entry.commit, entry.run) == ("check", head, report.run.id)
    assert (entry.outcome, entry.now.size_bytes) == (report.outcome, report.baseline.size_bytes)
    assert entry.now.startup is not None
    assert entry.now.startup.to_floor is not None
    assert entry.toolchain == report.toolchain.rustc
    assert told(report) == HistoryPart(
        store="git notes refs/notes/burnish", recorded=True, commit=head, sizes=[report.baseline.size_bytes or 0]
    )


def test_check_again_adds_a_record(place: Place) -> None:
    """Also where the first one has left a report in the project; each of two commits has its own."""
    options = msgspec.structs.replace(OPTIONS, report_dir=str(place.root / "report"))
    first = git(place, "rev-parse", "HEAD").strip()
    assert told(checked(place, options)).recorded
    assert told(checked(place, options)).recorded
    second = commit(place)
    assert len(told(checked(place, options)).sizes) == 2
    assert [len(records(place, each)) for each in (first, second)] == [2, 1]


@pytest.mark.promise("I1")
def test_check_touches_nothing_but_its_notes(place: Place) -> None:
    """Index, status, stash, branches and tags are as they were, byte for byte."""
    git(place, "tag", "v1")

    def standing() -> list[object]:
        refs = [line for line in git(place, "for-each-ref").splitlines() if "refs/notes/burnish" not in line]
        index = (place.root / ".git" / "index").read_bytes()
        return [refs, index, git(place, "--no-optional-locks", "status", "--porcelain"), git(place, "stash", "list")]

    before, files = standing(), place.files()
    assert told(checked(place)).recorded
    assert (standing(), place.files()) == (before, files)


def test_edits_that_are_not_committed_are_not_recorded(place: Place) -> None:
    """The commit is not what was measured, and the report names the file."""
    (place.root / "src" / "new.rs").write_text("// new\n", encoding="utf-8")
    part = told(checked(place))
    assert (part.recorded, part.why_not) == (False, "uncommitted changes: src/new.rs")
    assert not has_notes(place)


def test_commit_that_comes_while_the_project_is_measured_is_not_recorded(place: Place) -> None:
    """The numbers are those of the commit before, and of nothing for certain."""
    with place.session() as session:
        session.notes.note(run=msgspec.structs.replace(session.notes.report.run, started="2026-01-01T00:00:00Z"))
        part = told(check_project(session))
    assert part.why_not == "another commit was checked out while this one was measured"
    assert not has_notes(place)


def test_copy_in_a_folder_that_git_ignores_is_not_recorded(place: Place) -> None:
    """The commit is one of the repository around it, which has not heard of the project."""
    (place.root / ".git" / "info").mkdir(exist_ok=True)
    (place.root / ".git" / "info" / "exclude").write_text("*\n", encoding="utf-8")
    git(place, "rm", "-q", "--cached", "Cargo.toml", "src/main.rs", "Cargo.lock")
    git(place, "commit", "-q", "-m", "without the project")
    assert told(checked(place)).why_not == "the commit does not hold the project's Cargo.toml"
    assert not has_notes(place)


def test_project_without_a_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with one in which nothing was committed yet."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    place = make_place(tmp_path, monkeypatch)
    place.env["GIT_CEILING_DIRECTORIES"] = str(tmp_path)
    assert told(checked(place)).why_not == "there is no git repository here"
    git(place, "init", "-q")
    assert told(checked(place)).why_not == "there is no commit yet"
    assert not has_notes(place)


def test_history_that_is_off_leaves_nothing(place: Place) -> None:
    """Neither a record nor a word."""
    assert checked(place, msgspec.structs.replace(OPTIONS, history="off")).history is None
    assert not has_notes(place)


def test_history_in_a_file(place: Place, tmp_path: Path) -> None:
    """The command line may name any; it is no edit of the project's."""
    for file in (tmp_path / "elsewhere.jsonl", place.root / "history.jsonl"):
        options = msgspec.structs.replace(OPTIONS, history=str(file))
        assert told(checked(place, options)).store == str(file)
        assert told(checked(place, options)).recorded
        entries, unread = decode_entries(file.read_bytes().split(b"\n"))
        assert (len(entries), unread) == (2, 0)
    assert not has_notes(place)


@pytest.mark.parametrize("where", ["../outside.jsonl", "/tmp/outside.jsonl", "link.jsonl"])  # noqa: S108 - never written
def test_project_names_no_file_outside_itself(place: Place, where: str) -> None:
    """A project from somebody else must not write into the files of who checks it."""
    outside = place.root.parent / "outside.jsonl"
    (place.root / "link.jsonl").symlink_to(outside)
    manifest = place.root / "Cargo.toml"
    text = MANIFEST.replace("[package.metadata.burnish]", f'[package.metadata.burnish]\nhistory = "{where}"')
    manifest.write_text(text, encoding="utf-8")
    commit(place)
    part = told(checked(place))
    assert not part.recorded
    assert "history" in part.why_not
    assert not outside.exists()


def test_kept_change_is_recorded_at_the_commit_below_it(place: Place) -> None:
    """With the numbers of both: those of the commit, and what was made of it."""
    head = git(place, "rev-parse", "HEAD").strip()
    with place.session() as session:
        report = whole_flow(session)
    assert report.outcome == "kept"
    (entry,) = records(place, head)
    assert entry.kept is not None
    assert report.baseline is not None
    assert report.candidate is not None
    assert (entry.kind, entry.recipe) == ("kept", "quick")
    assert (entry.now.size_bytes, entry.kept.size_bytes) == (report.baseline.size_bytes, report.candidate.size_bytes)


def test_kept_change_on_edits_of_the_user_is_not_recorded(place: Place) -> None:
    """Nor in another file, nor in the very file that the change was written into."""
    manifest = place.root / "Cargo.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    with place.session(msgspec.structs.replace(OPTIONS, allow_dirty=True)) as session:
        report = whole_flow(session)
    assert report.outcome == "kept"
    assert told(report).why_not == "uncommitted changes: Cargo.toml"
    assert not has_notes(place)


def test_report_on_disk_says_what_became_of_the_record(place: Place) -> None:
    """In the document, and in the result that the terminal shows."""
    checked(place)
    newest = max((place.root / ".burnish" / "runs").glob("*/report.json"))
    assert json.loads(newest.read_bytes())["history"]["recorded"] is True
