"""Records in a file: appended behind whatever is there, and never to a file that holds something else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.history.entries import decode_entries, encode_entry
from burnish.history.lines import append_line, read_lines
from burnish.history.repository import Unrecorded
from tests.conftest import Tried, cases
from tests.unit.history.conftest import MakeEntry

RACER = """
import sys
from pathlib import Path
from burnish.history.lines import append_line
path, line, count = sys.argv[1:]
for number in range(int(count)):
    append_line(Path(path), line.replace("run-1", f"run-{number}").encode())
"""


def test_records_are_read_as_they_were_written(tmp_path: Path, entry: MakeEntry) -> None:
    """The file is made where there is none."""
    path = tmp_path / "history.jsonl"
    assert read_lines(path) == []
    append_line(path, encode_entry(entry(1)))
    append_line(path, encode_entry(entry(2)))
    assert decode_entries(read_lines(path)) == ([entry(1), entry(2)], 0)


def test_torn_last_line_costs_no_record(tmp_path: Path, entry: MakeEntry) -> None:
    """What a full disk has cut off stays as it is, and the next record has a line of its own."""
    path = tmp_path / "history.jsonl"
    append_line(path, encode_entry(entry(1)))
    with path.open("ab") as file:
        file.write(encode_entry(entry(2))[:50])
    append_line(path, encode_entry(entry(3)))
    assert decode_entries(read_lines(path)) == ([entry(1), entry(3)], 1)


@pytest.mark.promise("I2")
def test_writers_of_a_file_at_once_lose_no_record(tmp_path: Path, entry: MakeEntry, tried: Tried) -> None:
    """Each line is whole."""
    racers, records = cases((3, 20), (12, 100))
    path, line = tmp_path / "history.jsonl", encode_entry(entry(1)).decode()
    argv = [sys.executable, "-c", RACER, str(path)]
    started = [
        subprocess.Popen([*argv, line.replace('"tool"', f'"tool{racer}"'), str(records)]) for racer in range(racers)
    ]
    assert [each.wait(timeout=300) for each in started] == [0] * racers
    found, unread = decode_entries(read_lines(path))
    assert (len({(each.package, each.run) for each in found}), unread) == (racers * records, 0)
    tried("I2", racers=racers)


def test_file_that_is_no_history_is_refused(tmp_path: Path, entry: MakeEntry) -> None:
    """A path that was mistyped, or comes from a project of somebody else, adds nothing to a file of another kind."""
    path = tmp_path / "main.rs"
    path.write_bytes(b"fn main() {}\n")
    with pytest.raises(Unrecorded, match="is no history"):
        append_line(path, encode_entry(entry(1)))
    assert path.read_bytes() == b"fn main() {}\n"


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes of this kind")
@pytest.mark.parametrize("kind", ["pipe", "folder", "missing"])
def test_path_that_is_no_file_is_told(tmp_path: Path, entry: MakeEntry, kind: str) -> None:
    """Nothing waits, and nothing fails but the record."""
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(Unrecorded):
        append_line(path / "y" if kind == "missing" else path, encode_entry(entry(1)))
