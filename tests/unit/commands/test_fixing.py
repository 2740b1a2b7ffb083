"""`doctor --fix`: what it shows, asks, carries out and leaves."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.program import Program

from burnish.commands import doctor, fixing
from burnish.commands.fixing import carry_out, require_consent, show_remedies
from burnish.commands.steps import collection
from burnish.errors import Refused
from burnish.platforms.installing import Remedy
from burnish.system.console import Console
from burnish.system.process import Programs
from tests.unit.opened import make_place

RUSTUP = """\
#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/asked"
echo "info: downloading rust-src"
exit $(cat "$here/ends")
"""
Doctor = Callable[..., int]


@pytest.fixture
def doctor_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Return the doctor of a machine without the standard library's source, and with a rustup that notes its words."""
    place = make_place(tmp_path, monkeypatch)
    (place.stubs / "rustup").write_text(RUSTUP, encoding="utf-8")
    (place.stubs / "rustup").chmod(0o755)
    monkeypatch.chdir(place.root)
    monkeypatch.setenv("PATH", place.env["PATH"])
    monkeypatch.setattr(doctor, "find_rebuilding", lambda *_: None)

    def run(*arguments: str, ends: int = 0) -> int:
        (place.stubs / "ends").write_text(str(ends), encoding="ascii")
        program = Program(namespace=collection(), name="burnish", binary="burnish")
        try:
            program.run(["burnish", "doctor", *arguments])
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    return run


def asked(tmp_path: Path) -> list[str]:
    """Return the words that rustup was given, call by call."""
    path = tmp_path / "stubs" / "asked"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_fix_carries_out_and_looks_again(
    tmp_path: Path, doctor_here: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command is shown, its words are echoed, and the doctor has the last word."""
    doctor_here("--fix", "--yes")
    said = capsys.readouterr()
    assert asked(tmp_path) == ["component add rust-src"]
    assert "to be carried out:\n    rustup component add rust-src\n" in said.err
    assert "==> rustup component add rust-src\n  | info: downloading rust-src\n    done" in said.err
    assert "library source" in said.out


@pytest.mark.parametrize("arguments", [(), ("--fix", "--dry-run"), ("--fix", "--yes", "--dry-run"), ("--yes",)])
def test_nothing_is_carried_out_unasked(tmp_path: Path, doctor_here: Doctor, arguments: tuple[str, ...]) -> None:
    """The doctor by itself only looks, and a dry run only shows."""
    doctor_here(*arguments)
    assert asked(tmp_path) == []


def test_fix_without_a_terminal_needs_yes(
    tmp_path: Path, doctor_here: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was done, and what to type is told."""
    assert doctor_here("--fix") == 3
    said = capsys.readouterr().err
    assert asked(tmp_path) == []
    assert "nothing was done: there is no terminal on which to ask" in said
    assert "burnish doctor --fix --yes, or by hand: rustup component add rust-src" in said


def test_remedy_that_fails_is_told_with_what_works_without(
    tmp_path: Path, doctor_here: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    """As without a network: what the program said last, and the command to type."""
    doctor_here("--fix", "--yes", "-q", ends=1)
    said = capsys.readouterr().err
    assert asked(tmp_path) == ["component add rust-src"]
    wanted = (
        "warning: `rustup component add rust-src` failed: info: downloading rust-src; to type: rustup component add "
        "rust-src; without that works all but candidates that rebuild the standard library"
    )
    assert wanted in said


def test_fixes_are_data_in_the_document(doctor_here: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads argument lists, no prose."""
    doctor_here("--json")
    findings = json.loads(capsys.readouterr().out)
    (source,) = [finding for finding in findings if finding["subject"] == "library source"]
    assert source["fixes"][0]["commands"] == [["rustup", "component", "add", "rust-src"]]


DEBIAN = Remedy(
    system="Debian",
    commands=(("apt-get", "update"), ("apt-get", "install", "-y", "x y")),
    as_root=True,
    without="every platform but one",
)
MARK = Remedy(system="rustup", commands=(("touch", "first"), ("false",), ("touch", "second")), without="all")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return so."""
        return True


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_consent_is_asked_for_on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str, *, agreed: bool) -> None:
    """Only a yes is one."""
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    err = Terminal()
    console = Console(out=io.StringIO(), err=err, env={"NO_COLOR": "1"})
    if agreed:
        require_consent([MARK], console, yes=False, command="burnish doctor --fix")
    else:
        with pytest.raises(Refused, match="nothing was done: you said no"):
            require_consent([MARK], console, yes=False, command="burnish doctor --fix")
    assert err.getvalue() == "Carry them out? [y/N] "


def test_what_needs_root_is_left_to_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing asks for a password; the rest is carried out, each remedy up to what fails in it."""
    monkeypatch.setattr(fixing, "is_root", lambda: False)
    err = io.StringIO()
    console = Console(out=io.StringIO(), err=err)
    show_remedies([DEBIAN], console)
    require_consent([DEBIAN], console, yes=False, command="burnish doctor --fix")
    carry_out([DEBIAN, MARK], Programs(env={"PATH": "/usr/bin:/bin"}), tmp_path, console)
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    line = "sudo apt-get update && sudo apt-get install -y 'x y'"
    assert "Debian, to be typed by you, as root:\n    sudo apt-get update\n" in err.getvalue()
    assert f"warning: root is lacking; to type: {line}; without that works every platform but one\n" in err.getvalue()
    assert "`false` failed: exit status 1" in err.getvalue()


def test_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As rustup, where somebody has removed it since."""
    err = io.StringIO()
    gone = Remedy(system="rustup", commands=(("no-such-program",),), without="all")
    carry_out([gone], Programs(env={"PATH": "/nowhere"}), tmp_path, Console(out=io.StringIO(), err=err))
    assert "warning: cannot start no-such-program" in err.getvalue()
