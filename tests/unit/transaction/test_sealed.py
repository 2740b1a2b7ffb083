"""Sealed files: this user's own are read, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from burnish.transaction.seal import Unsealed
from burnish.transaction.sealed import Sealed


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    """Return what reads and writes in a workspace."""
    return Sealed(root=tmp_path, user_state=tmp_path / "state")


def test_read_gives_what_was_written(sealed: Sealed, tmp_path: Path) -> None:
    """The same value, of the kind that is asked for."""
    sealed.write(tmp_path / "file", {"choices": ["opt-level.s"]})
    assert sealed.read(tmp_path / "file", dict[str, list[str]]) == {"choices": ["opt-level.s"]}


@pytest.mark.promise("E1")
def test_read_refuses_what_another_user_sealed(sealed: Sealed, tmp_path: Path) -> None:
    """Nor is what has no seal at all."""
    Sealed(root=tmp_path, user_state=tmp_path / "another").write(tmp_path / "file", [])
    sealed.write(tmp_path / "own", [])  # this user has a key, too
    with pytest.raises(Unsealed):
        sealed.read(tmp_path / "file", list)
    (tmp_path / "file").write_bytes(b"[]")
    with pytest.raises(Unsealed):
        sealed.read(tmp_path / "file", list)


@pytest.mark.promise("E1")
@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_read_does_not_wait_for_a_pipe(sealed: Sealed, tmp_path: Path) -> None:
    """It would never end."""
    os.mkfifo(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        sealed.read(tmp_path / "file", list)
