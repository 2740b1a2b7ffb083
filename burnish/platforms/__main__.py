"""`python -m burnish.platforms COMMAND`: what the pipelines of noxfile.py ask.

why-not TRIPLE     why a platform cannot be built here; nothing where it can
install [TRIPLE]   the commands that install what platforms take on Debian, one to a line
runners            the workflow's matrix as JSON, from what `nox --list --json` says on standard input
table FOLDER       the table of the reports in FOLDER/TRIPLE; the exit status is 2 where a gate is not met
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from burnish.cargo.surroundings import Surroundings, surroundings_of
from burnish.errors import BurnishError, UsageError
from burnish.judge.findings import count_of
from burnish.platforms import pick_platform, shipped_platforms
from burnish.platforms.finding import find_toolkit
from burnish.platforms.installing import debian_commands
from burnish.report.matrix import is_met, render_matrix
from burnish.report.store import read_report
from burnish.resources import current_folder
from burnish.system.console import Console
from burnish.system.process import Programs
from burnish.text import did_you_mean

_PROGRAM = "python -m burnish.platforms"
_USAGE = {
    "why-not": "why-not TRIPLE",
    "install": "install [TRIPLE...]",
    "table": "table FOLDER",
    "runners": "runners",
}
_PLATFORMS = shipped_platforms()


def main() -> int:
    """Carry out one command, and return the exit status."""
    console = Console(env=os.environ)
    try:
        return _carry_out(console, *sys.argv[1:])
    except BurnishError as error:
        for line in error.render().splitlines():
            console.say(line)
        return error.exit_status


def _carry_out(console: Console, command: str = "", *arguments: str) -> int:
    _require_usable(command, arguments)
    if command == "table":
        return table(console, Path(arguments[0]))
    texts: dict[str, Callable[[], str]] = {
        "why-not": lambda: why_not(_surroundings(), *arguments),
        "install": lambda: "\n".join(install(arguments)),
        "runners": lambda: runners(sys.stdin.read()),
    }
    text = texts[command]()
    if text:
        console.result(text)
    return 0


def _require_usable(command: str, arguments: Sequence[str]) -> None:
    """Raise UsageError for a command that there is not, and for one with too few or too many arguments."""
    if command not in _USAGE:
        found = f'there is no command "{command}"{did_you_mean(command, _USAGE)}' if command else "no command is given"
        raise UsageError(found, expected=f"one of {', '.join(_USAGE)}", next_command=f"{_PROGRAM} {_USAGE['install']}")
    is_any = _USAGE[command].endswith("...]")
    if not is_any and len(arguments) != len(_USAGE[command].split()) - 1:
        found = f"{command} is given {count_of(len(arguments), 'argument')}"
        raise UsageError(found, expected=f"{_PROGRAM} {_USAGE[command]}")


def runners(sessions: str) -> str:
    """Return the workflow's matrix as JSON: each session's platform, with the runner and toolchain native to it."""
    try:
        listed = [(session["session"], session["call_spec"]["platform"]) for session in json.loads(sessions)]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            "standard input is not what nox says of its sessions",
            expected="a list of sessions as JSON",
            next_command=f"nox --list --json -s validate | {_PROGRAM} runners",
        ) from error
    return json.dumps([{"session": name, "platform": triple, **_PLATFORMS[triple].github} for name, triple in listed])


def install(triples: Sequence[str]) -> list[str]:
    """Return Debian's commands for the named platforms, or all; Python packages come with the pipeline's session."""
    named = [pick_platform(_PLATFORMS, triple, "") for triple in triples] or list(_PLATFORMS.values())
    packages = [package for platform in named if platform.cross for package in platform.cross.debian]
    return [shlex.join(command) for command in debian_commands(packages)] if packages else []


def table(console: Console, folder: Path) -> int:
    """Print the table of the platforms that have a folder; return 0 where each gate is met and no report missing."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", expected="the folder that `nox -s validate` wrote")
    around = _surroundings()
    triples = [triple for triple in _PLATFORMS if (folder / triple).is_dir()]
    reports = {triple: read_report(path) for triple in triples if (path := folder / triple / "report.json").is_file()}
    absent = {triple: why_not(around, triple) for triple in triples if triple not in reports}
    failed = [triple for triple, reason in absent.items() if not reason]
    console.result(render_matrix(reports, absent | dict.fromkeys(failed, "its pipeline ended without a verdict")))
    return 0 if all(map(is_met, reports.values())) and not failed else 2


def _surroundings() -> Surroundings:
    return surroundings_of(Programs(env=os.environ), current_folder())


def why_not(surroundings: Surroundings, triple: str) -> str:
    """Return why a platform cannot be built here, or nothing where it can."""
    platform = pick_platform(_PLATFORMS, triple, surroundings.host)
    return "; ".join(lack.found for lack in find_toolkit(surroundings, platform, triple).lacks)


if __name__ == "__main__":
    sys.exit(main())
