"""Windows' own rules, as far as they can be tried elsewhere: what POSIX alone has is taken away first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from burnish.transaction.files import Disk

# What CPython 3.11 has not on Windows. The libraries that ask for their system at import are imported before.
_AS_ON_WINDOWS = """
import os, pkgutil, signal, stat, subprocess, sys
import colorama, filelock, invoke, jinja2, msgspec, platformdirs, psutil, tomlkit, importlib.metadata, tempfile, lief
for module, names in {
    os: "fchmod fchown chown getuid geteuid getgid getpgid killpg fork listxattr getxattr setxattr O_DIRECTORY "
        "O_NOFOLLOW O_CLOEXEC O_NONBLOCK",
    signal: "SIGHUP SIGKILL pthread_sigmask sigpending",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
os.supports_follow_symlinks = os.supports_follow_symlinks - {os.link}
sys.modules["fcntl"] = sys.modules["pwd"] = sys.modules["grp"] = None
sys.platform = "win32"
from pathlib import Path
"""
_IMPORT_ALL = """
import burnish
for module in pkgutil.walk_packages(burnish.__path__, "burnish."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
"""
_APPLY_AND_ROLL_BACK = """
from burnish.transaction.change import Change, FileEdit
from burnish.transaction.journal import StateFolder
from burnish.system.console import Console
from burnish.job.undoing import undo
root, user_state = Path(sys.argv[1]), Path(sys.argv[2])
state = StateFolder(root)
change = Change.begin(state, user_state, owner="steps")
change.apply([FileEdit(role="manifest", before=b"old", after=b"new")])
assert (root / "Cargo.toml").read_bytes() == b"new"
undo(state, user_state, Console(env={}), only_live=True)
assert (root / "Cargo.toml").read_bytes() == b"old"
"""


def run_as_on_windows(program: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run a program without what POSIX alone has."""
    argv = [sys.executable, "-c", _AS_ON_WINDOWS + program, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def test_every_module_is_imported_without_posix() -> None:
    """No module asks at import for what Windows has not."""
    finished = run_as_on_windows(_IMPORT_ALL)
    assert finished.returncode == 0, finished.stderr


def test_change_is_applied_and_rolled_back_without_posix(tmp_path: Path) -> None:
    """The journal needs no permission bits, owners or open folders."""
    (tmp_path / "Cargo.toml").write_bytes(b"old")
    finished = run_as_on_windows(_APPLY_AND_ROLL_BACK, tmp_path, tmp_path / "state")
    assert finished.returncode == 0, finished.stderr


def test_rename_waits_for_whoever_has_the_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sharing violation of a moment is no failure on Windows."""
    refusals = [PermissionError(13, "in use"), PermissionError(13, "in use")]
    replace = Path.replace

    def refuse_twice(source: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", refuse_twice)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr("sys.platform", "win32")
    (tmp_path / "new").write_bytes(b"new")
    Disk().rename(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"


def test_rename_that_is_refused_for_good_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that stays open is told, after a second."""
    waited: list[float] = []

    def refuse(_source: Path, _target: Path) -> Path:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(PermissionError):
        Disk().rename(tmp_path / "new", tmp_path / "old")
    assert sum(waited) == pytest.approx(1.0)
