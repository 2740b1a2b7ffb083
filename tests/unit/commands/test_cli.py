"""The `burnish` program as a shell starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOLDS_NO_PROJECT = 3


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--list",), 0),
        (("--help", "optimize"), 0),
        (("--no-such-option",), 1),
        (("status",), 0),
        (("status", "--json"), 0),
        (("plan", "--json", "--color", "red"), 1),
        (("doctor", "--project", "missing", "--json"), HOLDS_NO_PROJECT),
    ],
)
@pytest.mark.parametrize("closed", ["out", "err", "both"])
def test_closed_pipe_is_a_quiet_end(tmp_path: Path, arguments: tuple[str, ...], status: int, closed: str) -> None:
    """`burnish doctor | head -1`: who has read enough is no bug of ours, and the exit status stays what it is."""
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "hello"\nversion = "0.1.0"\n', encoding="utf-8")
    unread = _unread_pipe()
    out, err = (unread if closed in {name, "both"} else subprocess.PIPE for name in ("out", "err"))
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "burnish", *arguments],
            cwd=tmp_path,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
            stdout=out,
            stderr=err,
            timeout=120,
            check=False,
        )
    finally:
        os.close(unread)
    assert finished.returncode == status
    said = (finished.stdout or b"") + (finished.stderr or b"")
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def _unread_pipe() -> int:
    """Return the end of a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing
