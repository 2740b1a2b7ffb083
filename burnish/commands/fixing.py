"""`doctor --fix`: the remedies that the doctor names, shown, asked for, and carried out."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from burnish.errors import Refused
from burnish.platforms.installing import Remedy
from burnish.system.console import Console
from burnish.system.process import Finished, Programs

_SECONDS = 3600.0
_QUIET_APT = {"DEBIAN_FRONTEND": "noninteractive"}


def is_root() -> bool:
    """Return whether this process may install packages of the system."""
    return sys.platform == "win32" or os.geteuid() == 0


def show_remedies(remedies: Sequence[Remedy], console: Console) -> None:
    """Print each command that would be carried out, and what is left to the user for want of root."""
    for remedy in remedies:
        what = "to be typed by you, as root" if _is_left(remedy) else "to be carried out"
        console.say(f"{remedy.system}, {what}:", "doubt")
        for command in remedy.commands:
            console.say(f"    {shlex.join(('sudo', *command) if _is_left(remedy) else command)}", "doubt")


def require_consent(remedies: Sequence[Remedy], console: Console, *, yes: bool, command: str) -> None:
    """Ask on a terminal; `command` is what was typed.

    Raise Refused where the answer is no, and where nobody can be asked and `--yes` was not said.
    """
    if yes or not any(not _is_left(remedy) for remedy in remedies):
        return
    agreed = console.confirm("Carry them out?")
    if agreed:
        return
    raise Refused(
        "nothing was done: " + ("you said no" if agreed is False else "there is no terminal on which to ask"),
        expected="an answer of y" if agreed is False else "--yes, where nobody can be asked",
        next_command=f"{command} --yes, or by hand: {_by_hand(remedies)}",
    )


def carry_out(remedies: Sequence[Remedy], programs: Programs, folder: Path, console: Console) -> None:
    """Carry out each remedy in a project's folder, which chooses its toolchain; warn of what fails and go on."""
    for remedy in remedies:
        if _is_left(remedy):
            console.warn(f"root is lacking; to type: {remedy.text_of_user}; without that works {remedy.without}")
            continue
        failed = next(filter(None, (_run(command, programs, folder, console) for command in remedy.commands)), "")
        if failed:
            console.warn(f"{failed}; to type: {remedy.text}; without that works {remedy.without}")


def _is_left(remedy: Remedy) -> bool:
    return remedy.as_root and not is_root()


def _by_hand(remedies: Sequence[Remedy]) -> str:
    return " && ".join(remedy.text_of_user if _is_left(remedy) else remedy.text for remedy in remedies)


def _run(command: Sequence[str], programs: Programs, folder: Path, console: Console) -> str:
    """Run one command with its words shown, and return in what way it failed, or nothing."""
    line = shlex.join(command)
    with console.step(line) as step:
        try:
            finished = programs.run(
                command,
                cwd=folder,
                timeout_seconds=_SECONDS,
                env=_QUIET_APT,
                on_stdout=console.program_told,
                merged=True,
            )
        except Refused as refused:
            step.summary = refused.found
            return refused.found
        step.summary = "done" if finished.ok else "failed"
    return "" if finished.ok else f"`{line}` failed: {_last_words(finished)}"


def _last_words(finished: Finished) -> str:
    """Return the last line that a program said, or how it ended where it said nothing."""
    said = finished.stdout.decode("utf-8", "replace").strip().splitlines()
    return said[-1].strip() if said else f"exit status {finished.exit_status}"
