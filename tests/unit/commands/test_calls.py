"""Every way out of a call, as its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke.program import Program

from burnish.commands.calls import _exit_statuses
from burnish.commands.steps import collection
from burnish.errors import InternalError
from tests.unit.opened import Place, make_place


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


DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["plan", "--max-size", DIGITS], 3, "max_size"),
        (["plan", "--max-startup", DIGITS], 3, "max_startup"),
        (["tune", "--max-trials", DIGITS], 3, "search.max_trials"),
        (["plan", "--set", f"startup.runs = {DIGITS}"], 1, "--set"),
        (["plan", "--set", f"startup.runs = 0x{DIGITS}"], 3, "startup.runs"),
        (["rollback", "--to", DIGITS], 1, "--to"),
        (["baseline", "--report-dir", "circle"], 1, "--report-dir circle cannot be followed"),
        (["plan", "--project", "circle"], 1, "--project circle cannot be followed"),
        (["status", "--project", "circle/x"], 1, "--project circle/x cannot be followed"),
    ],
)
def test_hostile_option_is_refused_in_one_short_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    says: str,
) -> None:
    """Whatever a shell can hand over: no such option is a bug of ours."""
    place = make_place(tmp_path, monkeypatch)
    (place.root / "circle").symlink_to("circle")
    assert _ended(place, monkeypatch, arguments) == status
    said = capsys.readouterr().err
    assert says in said
    assert len(said) < 1_000
    assert "Traceback" not in said


@pytest.mark.parametrize("arguments", [["status"], ["plan"], ["rollback"], ["baseline", "--report-dir", "out"]])
def test_current_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Somebody else has removed it, as a branch that is switched does."""
    place = make_place(tmp_path, monkeypatch)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert _ended(place, monkeypatch, arguments, stays=True) == 3
    assert "the current folder cannot be used" in capsys.readouterr().err


def _ended(place: Place, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, stays: bool = False) -> object:
    """Return the exit status of one call of the program, in this process."""
    if not stays:
        monkeypatch.chdir(place.root)
    monkeypatch.setenv("PATH", place.env["PATH"])
    with pytest.raises(SystemExit) as ended:
        Program(namespace=collection(), name="burnish", binary="burnish").run(["burnish", *arguments])
    return ended.value.code
