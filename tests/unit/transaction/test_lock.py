from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from burnish.errors import Busy, Refused
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from burnish.transaction.journal import StateFolder
from burnish.transaction.lock import locked
with locked(StateFolder(Path(sys.argv[1])), "optimize --recipe small"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_run(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Hold the lock in another process."""
    argv = [sys.executable, "-c", HOLDER, str(root)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"locked"
        yield process
        process.kill()


def test_second_run_is_busy_and_says_who_holds_the_lock(tmp_path: Path) -> None:
    """Process, command and time are named, and nothing is waited for."""
    with other_run(tmp_path) as process:
        with pytest.raises(Busy) as caught, locked(StateFolder(tmp_path), "plan"):
            pass
        assert caught.value.exit_status == 5
        assert f"process {process.pid}, `optimize --recipe small`, since 2" in caught.value.found


def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    """After a kill -9 the lock is free, although its files are there."""
    with other_run(tmp_path) as process:
        process.kill()
        process.wait()
    state = StateFolder(tmp_path)
    assert state.holder.exists()
    with locked(state, "optimize"):
        assert str(os.getpid()) in state.holder.read_text()


def test_lock_is_free_afterwards_and_its_file_stays(tmp_path: Path) -> None:
    """The file is never unlinked: a second run could lock one that a third no longer sees."""
    state = StateFolder(tmp_path)
    inodes = set()
    for _ in range(3):
        with locked(state, "optimize"):
            inodes.add(state.lock.stat().st_ino)
        assert not state.holder.exists()
        inodes.add(state.lock.stat().st_ino)
    assert len(inodes) == 1


def test_lock_is_not_given_twice_in_one_process(tmp_path: Path) -> None:
    """A step that forgets that it holds the lock is told so."""
    state = StateFolder(tmp_path)
    with locked(state, "a"), pytest.raises(Busy), locked(state, "b"):
        pass


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    """However the work ends, the lock ends."""
    state = StateFolder(tmp_path)
    with pytest.raises(ZeroDivisionError), locked(state, "a"):
        raise ZeroDivisionError
    with locked(state, "b"):
        pass


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"pid": "x", "command": 1}', b"[]", b"\xff"])
def test_busy_with_a_damaged_holder_still_says_busy(tmp_path: Path, content: bytes) -> None:
    """Who holds the lock is only for the message."""
    state = StateFolder(tmp_path)
    with locked(state, "a"):
        state.holder.write_bytes(content)
        with pytest.raises(Busy, match="not yet said"), locked(state, "b"):
            pass


def test_workspace_that_is_gone_is_refused(tmp_path: Path) -> None:
    """A folder that cannot be made is one clear refusal."""
    shutil.rmtree(tmp_path)
    with pytest.raises(Refused, match="cannot make"), locked(StateFolder(tmp_path), "a"):
        pass
