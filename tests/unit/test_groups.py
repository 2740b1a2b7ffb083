from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.groups import end_recorded_group
from burnish.process import MARK


def orphan(mark: Path | None) -> subprocess.Popen[bytes]:
    """Start a program that will not end, as a run of burnish would that records its children at `mark`."""
    env = {**os.environ, **({MARK: str(mark)} if mark else {})}
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True, env=env)


def record_of(process: subprocess.Popen[bytes], folder: Path) -> Path:
    """Write the record of a group."""
    record = folder / "children"
    record.write_text(json.dumps({"pid": process.pid}), encoding="utf-8")
    return record


def test_recorded_group_of_a_dead_run_is_ended(tmp_path: Path) -> None:
    """A group that outlived us is found by its record and ended."""
    with orphan(tmp_path / "children") as process:
        assert end_recorded_group(record_of(process, tmp_path))
        process.wait(timeout=60)


def test_recorded_group_is_ended_where_the_project_was_moved(tmp_path: Path) -> None:
    """The record went with the project, and where it was there is none."""
    with orphan(tmp_path / "before" / "children") as process:
        assert end_recorded_group(record_of(process, tmp_path))
        process.wait(timeout=60)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"pid": 1}', '{"pid": "x"}', '{"pid": 99999999999999999999}', '{"pid": -1}', '{"pid": 0}'],
)
def test_damaged_record_of_a_group_ends_nothing(tmp_path: Path, content: str) -> None:
    """What cannot be read as a record names no process."""
    record = tmp_path / "children"
    record.write_text(content, encoding="utf-8")
    assert not end_recorded_group(record)


@pytest.mark.parametrize("where", [None, "original"])
def test_recorded_group_of_somebody_else_is_left_alone(tmp_path: Path, where: str | None) -> None:
    """A process id that is in use by somebody else, or by the run of a project that this one is a copy of."""
    (tmp_path / "original").mkdir()
    with orphan(tmp_path / where / "children" if where else None) as bystander:
        record_of(bystander, tmp_path / "original")
        assert not end_recorded_group(record_of(bystander, tmp_path))
        assert bystander.poll() is None
        bystander.kill()
