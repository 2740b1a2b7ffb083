"""The `burnish` program as a shell starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from burnish import __version__

HOLDS_NO_PROJECT = 3


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--list",), 0),
        ((), 0),
        (("help", "plan"), 0),
        (("completions", "zsh"), 0),
        (("optimise",), 1),
        (("optimise", "--json"), 1),
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


def program(*arguments: str, folder: Path, columns: str = "80", **more: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, on a terminal of so many columns, with `more` variables."""
    env = {**os.environ, "COLUMNS": columns, "XDG_STATE_HOME": str(folder / "state"), **more}
    argv = [sys.executable, "-m", "burnish", *arguments]
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("asked", [(), ("-h",), ("--help",), ("help",)])
def test_help_is_ours(tmp_path: Path, asked: tuple[str, ...]) -> None:
    """Each usual way leads to the same page, on standard output, and not to Invoke's."""
    finished = program(*asked, folder=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Usage: burnish [OPTIONS] [COMMAND]" in finished.stdout
    assert "core" not in finished.stdout
    assert finished.stdout == program("help", folder=tmp_path).stdout


@pytest.mark.parametrize(
    "asked", [("help", "optimize"), ("optimize", "--help"), ("optimize", "-h"), ("-h", "optimize")]
)
def test_help_of_a_command_is_ours(tmp_path: Path, asked: tuple[str, ...]) -> None:
    """Each usual way leads to the command's page."""
    finished = program(*asked, folder=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Usage: burnish optimize [OPTIONS]" in finished.stdout


def test_help_is_as_wide_as_the_terminal_and_no_wider_than_is_read_with_ease(tmp_path: Path) -> None:
    """80 columns where nobody says how many, 100 at most."""
    widths = {each: program("help", folder=tmp_path, columns=each).stdout for each in ("60", "80", "100", "300")}
    longest = {each: max(map(len, page.splitlines())) for each, page in widths.items()}
    assert longest["60"] <= 60 < longest["80"] <= 80 < longest["100"] <= 100
    assert widths["300"] == widths["100"]


def test_invokes_own_options_stay_in_reach(tmp_path: Path) -> None:
    """Its help is there under a name of its own."""
    finished = program("--help-invoke", folder=tmp_path)
    assert finished.returncode == 0
    assert "--prompt-for-sudo-password" in finished.stdout


@pytest.mark.parametrize("asked", ["-V", "--version"])
def test_version(tmp_path: Path, asked: str) -> None:
    """One line, as cargo has it."""
    assert program(asked, folder=tmp_path).stdout == f"burnish {__version__}\n"


def test_wrong_word_is_told_and_nothing_else(tmp_path: Path) -> None:
    """The first line says all; standard output stays empty."""
    finished = program("optimise", folder=tmp_path)
    assert (finished.returncode, finished.stdout) == (1, "")
    first, *rest = finished.stderr.splitlines()
    assert first == "burnish: there is no command `optimise`; did you mean `optimize`?"
    assert rest == ["  files:    untouched", "  next:     burnish optimize"]


def test_wrong_word_is_one_document_where_json_is_asked_for(tmp_path: Path) -> None:
    """Who reads standard output as JSON gets the refusal there too."""
    finished = program("statu", "--json", folder=tmp_path)
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["error"]["found"] == "there is no command `statu`; did you mean `status`?"


def test_settings_that_invoke_cannot_read_are_told(tmp_path: Path) -> None:
    """What Invoke raises is no trace of ours."""
    finished = program("status", folder=tmp_path, INVOKE_RUNTIME_CONFIG="x.txt")
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert finished.stderr.startswith("burnish: Invoke, which starts the commands, cannot: ")


def test_cargos_help_reads_as_cargos_does(tmp_path: Path) -> None:
    """`cargo burnish --help`: cargo hands its own subcommand's name over."""
    code = "import sys; sys.argv[0] = 'cargo-burnish'; from burnish.commands.cli import main_cargo; main_cargo()"
    argv = [sys.executable, "-c", code, "burnish", "--help"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    finished = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: cargo burnish [OPTIONS] [COMMAND]" in finished.stdout


def _unread_pipe() -> int:
    """Return the end of a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing
