"""The Invoke tasks: what they import, and what they hold while they write."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from invoke.program import Program

from burnish.commands.steps import collection
from burnish.job import notebook
from burnish.transaction.sealed import Sealed
from tests.unit.opened import make_place

HEAVY = {"jinja2", "lief", "msgspec", "platformdirs", "psutil", "tomlkit", "burnish.phases", "burnish.job.opening"}


@pytest.mark.parametrize(
    ("imported", "allowed"),
    [
        ("burnish.commands.steps", set()),
        ("burnish.commands.steps, burnish.job.places, burnish.commands.status", {"msgspec", "platformdirs", "psutil"}),
    ],
)
def test_listing_the_steps_and_asking_for_the_status_import_nothing_heavy(imported: str, allowed: set[str]) -> None:
    """What a step does not need is not waited for: `--list` and `status` answer at once."""
    program = f"import sys, {imported}; print(*sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert HEAVY & set(finished.stdout.split()) <= allowed


def test_nothing_is_written_after_the_lock_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another run, which has begun by then, loses its record, or has its report written over."""
    place = make_place(tmp_path, monkeypatch)
    written: list[tuple[str, bool]] = []
    _noted(monkeypatch, (Sealed, "write"), (notebook, "write_report"), (Path, "unlink"), state=place.root, into=written)
    monkeypatch.chdir(place.root)
    monkeypatch.setenv("PATH", place.env["PATH"])
    for step in ("baseline", "apply-profile", "build", "measure", "judge", "keep", "rollback"):
        written.clear()
        Program(namespace=collection(), name="burnish", binary="burnish").run(["burnish", step], exit=False)
        assert written, step
        assert all(is_held for _, is_held in written), (step, written)


def _noted(
    monkeypatch: pytest.MonkeyPatch, *doors: tuple[object, str], state: Path, into: list[tuple[str, bool]]
) -> None:
    """Note each call of the doors by which files of a run's state are written, and whether the lock is held then."""

    def through(name: str, original: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: Any, **named: Any) -> object:
            if name != "unlink" or arguments[0].name == "current.json":
                into.append((name, _is_locked(state / ".burnish" / "lock")))
            return original(*arguments, **named)

        return noted

    for owner, name in doors:
        monkeypatch.setattr(owner, name, through(name, getattr(owner, name)))


def _is_locked(path: Path) -> bool:
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
