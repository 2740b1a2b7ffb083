"""Every way out of a call, as its exit status."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.parser.parser import Parser
from invoke.program import Program

from burnish.commands.calls import _exit_statuses, _read_call
from burnish.commands.steps import COMMANDS, collection
from burnish.errors import InternalError
from burnish.system.console import Console
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
        (["plan", "--max-size", DIGITS], 1, "--max-size"),
        (["plan", "--max-startup", DIGITS], 1, "--max-startup"),
        (["tune", "--max-trials", DIGITS], 1, "--max-trials"),
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


@pytest.mark.parametrize(
    ("arguments", "level"),
    [([], 1), (["-q"], 0), (["--quiet"], 0), (["-v"], 2), (["--verbose"], 2)],
)
@pytest.mark.parametrize("step", COMMANDS)
def test_every_command_can_be_told_how_much_to_say(step: str, arguments: list[str], level: int) -> None:
    """In the same words for all of them; the console then knows."""
    console = Console(out=io.StringIO(), err=io.StringIO(), env={})
    (task,) = Parser(contexts=collection().to_contexts()).parse_argv([step, *arguments])[-1:]
    _read_call(Context(), {str(argument.name): argument.value for argument in task.args.values()}, console)
    assert console.verbosity == level


def test_quiet_and_verbose_are_no_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which of them was meant nobody can say."""
    place = make_place(tmp_path, monkeypatch)
    assert _ended(place, monkeypatch, ["plan", "-q", "-v"]) == 1
    assert "both --quiet and --verbose" in capsys.readouterr().err


def test_quiet_step_says_its_result_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No progress; what there is to warn of is still said."""
    place = make_place(tmp_path, monkeypatch)
    monkeypatch.chdir(place.root)
    monkeypatch.setenv("PATH", place.env["PATH"])
    said = {}
    for arguments in (["baseline", "--json"], ["baseline", "--json", "-q"]):
        Program(namespace=collection(), name="burnish", binary="burnish").run(["burnish", *arguments], exit=False)
        said[len(arguments)] = capsys.readouterr()
    assert "==> 0 baseline" in said[2].err
    assert [line for line in said[3].err.splitlines() if not line.startswith("warning:")] == []
    assert said[3].out.startswith("{")


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
