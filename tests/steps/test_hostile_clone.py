"""E1: a cloned repository that brings our own folder along: nothing in it is followed, run, ended or believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from burnish.system.children import MARK
from tests.conftest import Crate, Run, Tried, cases

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.promise("E1"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs links, FIFOs and process groups"),
]
STEPS = ("measure", "bench", "build", "test", "judge", "keep", "apply-profile")


@pytest.fixture
def record(crate: Crate, burnish: Run, tmp_path: Path) -> bytes:
    """Return a record that another user made in the same folder, and that names a program of theirs."""
    theirs = {"XDG_STATE_HOME": str(tmp_path / "theirs")}
    assert burnish("apply-profile", cwd=crate.root, env=theirs).returncode == 0
    path = crate.root / ".burnish" / "runs" / "current.json"
    seal, _, body = path.read_bytes().partition(b"\n")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/canary'\n", encoding="utf-8")
    program.chmod(0o755)
    forged = json.loads(body)
    forged["copies"] = {"baseline": str(program), "candidate": str(program)}
    executable = {"package": "p", "name": "b", "path": str(program), "folder": str(tmp_path)}
    forged["benches"] = {"baseline": {"executables": [executable], "not_judged": {}}}
    assert burnish("rollback", cwd=crate.root, env=theirs).returncode == 0
    return seal + b"\n" + json.dumps(forged).encode()


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "sealed by another": lambda record: record,
    "without a seal": lambda record: record.partition(b"\n")[2],
    "deep": lambda _record: b"[" * 100_000,
    "empty": lambda _record: b"",
}


def test_forged_record_is_not_gone_on_with(
    crate: Crate, burnish: Run, record: bytes, tmp_path: Path, tried: Tried
) -> None:
    """No step runs what a record names that came with the repository; the user is told how to be rid of it."""
    path = crate.root / ".burnish" / "runs" / "current.json"
    before = crate.tree()
    for forge in FORGED.values():
        path.write_bytes(forge(record))
        for step in STEPS[: cases(2, len(STEPS))]:
            finished = burnish(step, cwd=crate.root)
            assert finished.returncode == 3, finished.stderr
            assert f"rm {path}" in finished.stderr
    assert not (tmp_path / "canary").exists()
    assert crate.tree() == before
    tried("E1", cases=len(FORGED) * cases(2, len(STEPS)))


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_record_that_is_no_file_is_refused(crate: Crate, burnish: Run, make: Callable[[Path], None]) -> None:
    """Nothing waits for a FIFO, or reads a device to its end."""
    path = crate.root / ".burnish" / "runs" / "current.json"
    path.parent.mkdir(parents=True)
    make(path)
    for step in ("measure", "optimize"):
        assert burnish(step, cwd=crate.root).returncode == 3


@pytest.mark.parametrize("name", ["children", "holder", "runs/current.json.tmp", "runs/current.new"])
def test_link_in_our_folder_is_not_written_through(crate: Crate, burnish: Run, name: str, tmp_path: Path) -> None:
    """Neither a look at the project nor a step writes where a link of the repository leads."""
    target = tmp_path / "precious"
    target.write_text("precious", encoding="utf-8")
    path = crate.root / ".burnish" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    for words in (("plan",), ("apply-profile",)):
        burnish(*words, cwd=crate.root)
        assert target.read_text(encoding="utf-8") == "precious", words


def test_plan_writes_nothing_into_a_folder_of_ours(crate: Crate, burnish: Run) -> None:
    """A look at the project waits at no FIFO, and leaves our own folder as it is."""
    folder = crate.root / ".burnish"
    folder.mkdir()
    os.mkfifo(folder / "children")
    for words in (("plan",), ("status",)):
        assert burnish(*words, cwd=crate.root).returncode in {0, 3}
    assert [path.name for path in folder.iterdir()] == ["children"]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process group that is none of ours."""
    env = {**os.environ, MARK: "a word of another run's:/nowhere"}
    argv = [sys.executable, "-c", "input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True, env=env) as process:
        yield process
        process.kill()


def test_group_named_by_the_repository_is_not_ended(
    crate: Crate, burnish: Run, bystander: subprocess.Popen[bytes]
) -> None:
    """What came with the repository is not taken for the record of a run of ours, nor a word that none of ours has."""
    folder = crate.root / ".burnish"
    folder.mkdir()
    started = psutil.Process(bystander.pid).create_time()
    (folder / "children").write_text(json.dumps({"pid": bystander.pid, "started": started}), encoding="utf-8")
    for words in (("rollback",), ("apply-profile",), ("rollback",)):
        assert burnish(*words, cwd=crate.root).returncode == 0
    assert bystander.poll() is None


HOSTILE_REPORTS: dict[str, Callable[[Path], None]] = {
    "FIFO": os.mkfifo,
    "folder": Path.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "deep": lambda path: _write(path, b'{"a":' * 100_000),
    "sparse": lambda path: _sparse(path, 1 << 40),
    "escapes": lambda path: _write(path, b'{"outcome": "\\u001b[2Jkept"}'),
}


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _sparse(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


@pytest.mark.parametrize("name", HOSTILE_REPORTS)
def test_hostile_report_does_not_stop_status(crate: Crate, burnish: Run, name: str) -> None:
    """A report that came with the repository is read with care, or not at all."""
    path = crate.root / ".burnish" / "runs" / "9999" / "report.json"
    path.parent.mkdir(parents=True)
    HOSTILE_REPORTS[name](path)
    finished = burnish("status", cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert "none is applied" in finished.stdout
    assert "\x1b" not in finished.stdout + finished.stderr


def test_state_folder_that_is_a_link(crate: Crate, burnish: Run, tmp_path: Path) -> None:
    """A repository that brings `.burnish` as a link cannot lead our writing elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (crate.root / ".burnish").symlink_to(elsewhere)
    finished = burnish("apply-profile", "--allow-dirty", cwd=crate.root)
    assert finished.returncode == 3, finished.stderr
    assert list(elsewhere.iterdir()) == []
