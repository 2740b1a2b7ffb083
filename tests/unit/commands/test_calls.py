"""Every way out of a call, as its exit status."""

from __future__ import annotations

import pytest

from burnish.commands.calls import _exit_statuses
from burnish.errors import InternalError


def test_defect_of_ours_shows_a_trace_that_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What a project put into its words is no command to a terminal or a CI system, and no secret is in it."""
    with pytest.raises(InternalError, match="a defect of burnish: ValueError"), _exit_statuses():
        raise ValueError('\x1b[2J\n::error::x\n##[error]y\ntoken = "hunter2"')
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert "test_calls.py" in said
    assert "\x1b" not in said
    assert "hunter2" not in said
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in said.splitlines())
