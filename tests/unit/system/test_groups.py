from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.system.children import MARK
from burnish.system.groups import end_groups_below, end_recorded_groups, left_running

# Of its own in each process: tests beside this one look for what carries the word, wherever its record has gone.
WORD = secrets.token_hex(8)


@contextlib.contextmanager
def orphan(mark: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that will not end, as a run of burnish would that gives it this mark; end it at the end."""
    argv = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    env = {**os.environ, MARK: mark}
    with subprocess.Popen(argv, start_new_session=True, env=env, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # its environment can be read once it runs
            yield process
        finally:
            process.kill()


def record_in(folder: Path, content: str = WORD) -> Path:
    """Write the record of a run that was killed."""
    record = folder / "children"
    record.write_text(content, encoding="utf-8")
    return record


def test_what_a_dead_run_has_left_is_ended(tmp_path: Path) -> None:
    """It is found by the word that it carries, and nothing is found a second time."""
    record = record_in(tmp_path)
    with orphan(f"{WORD}:{record}") as process:
        assert end_recorded_groups(record)
        process.wait(timeout=60)
    assert not end_recorded_groups(record)


def test_what_parted_into_groups_is_ended_whole(tmp_path: Path) -> None:
    """A program that began a group of its own carries the word too."""
    record = record_in(tmp_path)
    with orphan(f"{WORD}:{record}") as one, orphan(f"{WORD}:{record}") as other:
        assert end_recorded_groups(record)
        one.wait(timeout=60)
        other.wait(timeout=60)


def test_all_that_ran_at_once_are_ended(tmp_path: Path) -> None:
    """Each of them has a word of its own in the record."""
    others = secrets.token_hex(8)
    record = record_in(tmp_path, f"{WORD}\n{others}\n")
    with orphan(f"{WORD}:{record}") as one, orphan(f"{others}:{record}") as other:
        assert end_recorded_groups(record)
        one.wait(timeout=60)
        other.wait(timeout=60)


def test_what_was_left_is_ended_where_the_project_was_moved(tmp_path: Path) -> None:
    """The record went with the project, and where it was there is none."""
    with orphan(f"{WORD}:{tmp_path / 'before' / 'children'}") as process:
        assert end_recorded_groups(record_in(tmp_path))
        process.wait(timeout=60)


@pytest.mark.parametrize(
    "content", ["", "{", '{"pid": 1}', ":", "\u00e4", WORD[:-1], f"{WORD}:", "x" * 100_000], ids=range(8)
)
def test_damaged_record_ends_nothing(tmp_path: Path, content: str) -> None:
    """What is not the whole word names no process, and an empty record not those without a mark."""
    record = record_in(tmp_path, content)
    with orphan(f"{WORD}:{record}") as bystander:
        assert not end_recorded_groups(record)
        assert bystander.poll() is None


@pytest.mark.parametrize("mark", ["", "another word:{here}", f"{WORD}:{{original}}"], ids=range(3))
def test_what_is_somebody_elses_is_left_alone(tmp_path: Path, mark: str) -> None:
    """A program of no run, of another run, or of the run of a project that this one is a copy of."""
    (tmp_path / "original").mkdir()
    record, original = record_in(tmp_path), record_in(tmp_path / "original")
    with orphan(mark.format(here=record, original=original)) as bystander:
        assert not end_recorded_groups(record)
        assert bystander.poll() is None


def test_our_own_group_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback that somehow carries the word does not end itself."""
    record = record_in(tmp_path)
    code = "import sys; from pathlib import Path; from burnish.system.groups import recorded_groups; "
    code += "print(recorded_groups(Path(sys.argv[1])))"
    monkeypatch.setenv(MARK, f"{WORD}:{record}")
    argv = [sys.executable, "-c", code, str(record)]
    root = Path(__file__).parents[3]
    finished = subprocess.run(argv, cwd=root, check=True, capture_output=True, start_new_session=True)
    assert finished.stdout == b"set()\n"


def test_all_that_was_started_below_a_folder_is_ended(tmp_path: Path) -> None:
    """Without a record, and by the path without links too; what was started beside the folder goes on."""
    job, link = tmp_path / "job", tmp_path / "link"
    (job / "hello").mkdir(parents=True)
    link.symlink_to(job)
    beside = [f"{WORD}:{path}" for path in (tmp_path / "job2" / "children", job / ".." / "children", job)]
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(orphan(mark)) for mark in (*beside, WORD)]
        below = [
            stack.enter_context(orphan(f"{WORD}:{job / name}")) for name in ("children", "hello/.burnish/children")
        ]
        assert end_groups_below(link)
        for process in below:
            process.wait(timeout=60)
        assert not end_groups_below(job)
        assert [process.poll() for process in others] == [None] * 4


def test_what_is_left_running_is_named(tmp_path: Path) -> None:
    """A program in a session of its own is found by the record's path that it carries; one of another record is not."""
    record, other = tmp_path / "children", tmp_path / "other"
    with orphan(f"{WORD}:{record}") as process, orphan(f"{WORD}:{other}"):
        (left,) = left_running(record)
        assert left.endswith(f" (process {process.pid})")
    assert left_running(record) == []
