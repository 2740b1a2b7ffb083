"""Where a program is started: never among the user's files where the same is seen elsewhere."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from burnish.measure import folders as measure_folders
from burnish.measure.behaviour import Output
from burnish.measure.folders import Folders, Started, choose_folder

Program = Callable[[Path], Output]


@pytest.fixture
def project(tmp_path: Path) -> Folders:
    """Return a project with a file to read, a repository, and what builds leave."""
    for name in ("data/in.txt", ".git/HEAD", ".burnish/lock", "target/release/app"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("there")
    return Folders(root=tmp_path, target=tmp_path / "target")


def gives(stdout: str, status: int = 0) -> Output:
    """Return an output."""
    return Output(args=[], exit_status=status, stdout=stdout.encode(), stderr=b"")


def writes(folder: Path) -> Output:
    """Write a log where it is started."""
    with (folder / "app.log").open("a") as log:
        log.write("started\n")
    return gives("app 1.0")


def reads(folder: Path) -> Output:
    """Need a file of the project."""
    path = folder / "data" / "in.txt"
    return gives(path.read_text()) if path.exists() else gives("no input", 2)


def reads_and_writes(folder: Path) -> Output:
    """Need a file of the project, and write beside it."""
    if not (folder / "data").exists():
        return gives("no input", 2)
    (folder / "data" / "out.txt").write_text("made")
    (folder / "data" / "in.txt").write_text("changed")
    return gives("done")


def finds(folder: Path) -> Output:
    """Return something else beside the project's files, and end well in either place."""
    return gives(f"{(folder / 'data').exists()}")


CLOCK = itertools.count()


def ticks(folder: Path) -> Output:
    """Never give the same."""
    return gives(f"{next(CLOCK)} {folder.exists()}")


def fails(_folder: Path) -> Output:
    """End with a status that nobody has stated."""
    return gives("usage", 2)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (writes, Started(kind="scratch", written=("app.log",))),
        (reads, Started(kind="root")),
        (reads_and_writes, Started(kind="copy", written=("data/in.txt", "data/out.txt"))),
        (finds, Started(kind="root")),
        (ticks, Started(kind="scratch")),
        (fails, Started(kind="root")),
    ],
)
def test_choose_folder_writes_nothing_into_the_project(
    project: Folders, tmp_path: Path, program: Program, expected: Started
) -> None:
    """The empty folder is taken where it gives the same, a copy where files are needed and written."""
    before = project.listed(tmp_path)
    assert choose_folder(project, program, 0) == expected
    assert project.listed(tmp_path) == before


def test_choose_folder_takes_a_stated_status_for_success(project: Folders) -> None:
    """A command that is said to fail may fail in an empty folder."""
    assert choose_folder(project, fails, 2).kind == "scratch"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (writes, Started(kind="scratch", written=("app.log",))),
        (reads, Started(kind="root")),
        (reads_and_writes, Started(kind="root", written=("data/in.txt", "data/out.txt"))),
    ],
)
def test_choose_folder_of_a_project_that_is_too_large_to_copy(
    project: Folders, monkeypatch: pytest.MonkeyPatch, program: Program, expected: Started
) -> None:
    """What is then written into the project is named."""
    monkeypatch.setattr(measure_folders, "MAX_FILES", 1)
    assert choose_folder(project, program, 0) == expected


def test_fresh_folder_is_as_if_nothing_had_been_started_there(project: Folders, tmp_path: Path) -> None:
    """What an earlier start has left is gone; a copy holds the project's files, links as links, nothing of git's."""
    (tmp_path / "link").symlink_to("data/in.txt")
    os.mkfifo(tmp_path / "pipe")
    for kind, files in (("scratch", set()), ("copy", {"data", "data/in.txt", "link"})):
        for _ in range(2):
            folder = project.fresh(kind)  # type: ignore[arg-type]
            assert folder is not None
            assert {str(path.relative_to(folder)) for path in folder.rglob("*")} == files
            writes(folder)
    assert (tmp_path / "target" / "burnish" / "starts" / "copy" / "link").readlink() == Path("data/in.txt")
    assert project.fresh("root") == tmp_path
