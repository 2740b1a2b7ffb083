"""A1, A2: kill -9 at any call of apply, keep and rollback, then `rollback`: as before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL")


def sweep(name: str, folder: Path) -> Any:
    """Run one sweep in a process of its own."""
    argv = [sys.executable, "-m", "tests.faults.sweeps", name, str(folder)]
    done = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("promise", "name"),
    [
        pytest.param("A1", "keep", marks=pytest.mark.promise("A1")),
        pytest.param("A2", "rollback", marks=pytest.mark.promise("A2")),
        pytest.param("A2", "rollback-kept", marks=pytest.mark.promise("A2")),
    ],
)
def test_kill_at_any_call_then_rollback_restores(
    promise: str, name: str, fast_folder: Path, tried: Callable[..., None]
) -> None:
    """Whatever call to the disk a run dies before, twice for a rollback, `rollback` gives back the same workspace."""
    result = sweep(name, fast_folder)
    tried(promise, kills=result["kills"])
    assert result["failed"] == []
    assert result["kills"] > result["calls"] > 30


def test_sweep_of_a_naive_writer_fails(fast_folder: Path) -> None:
    """The sweep sees the difference: a writer without the protocol fails it."""
    assert sweep("naive-rollback", fast_folder)["failed"] != []
