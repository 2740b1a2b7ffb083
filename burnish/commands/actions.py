"""`python -m burnish.commands.actions COMMAND`: what action.yml and comment/action.yml ask in a workflow of GitHub's.

tell FOLDER PROJECT           the summary, the outputs and the annotations, from the report in FOLDER
comment FOLDER NUMBER         the one comment on a pull request
comment-on-head FOLDER OWNER:BRANCH COMMIT    the same, on the pull request that is at that commit
"""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Mapping
from pathlib import Path

from burnish.commands.pull_requests import PullRequests
from burnish.errors import BurnishError, Refused, UsageError
from burnish.model import Report
from burnish.report.comment import render_comment
from burnish.report.measured import standing_side
from burnish.report.remarks import encoded_message, render_annotations
from burnish.report.store import REPORT_NAME, publishable, read_report
from burnish.system.console import Console

_NO_REPORT = "**burnish was refused before it measured anything; the log of the job says why.**\n"
_WORDS = {"tell": 2, "comment": 2, "comment-on-head": 3}


def main(argv: list[str], env: Mapping[str, str]) -> int:
    """Carry out one command, and return the exit status. A comment that cannot be made is a warning, and no failure."""
    console = Console(env=env)
    try:
        name, words = _command(argv)
        if name == "tell":
            tell(console, env, Path(words[0]), words[1])
        else:
            comment(console, env, name, words)
    except Refused as refused:
        console.workflow_commands(f"::warning title=burnish::{encoded_message(refused.render())}\n")
    except BurnishError as error:
        console.say(error.render())
        return error.exit_status
    return 0


def _command(argv: list[str]) -> tuple[str, list[str]]:
    name, *words = argv or [""]
    if _WORDS.get(name) != len(words):
        raise UsageError(
            f"{name or 'no command'} with {len(words)} words", expected="one of those in the module's text"
        )
    return name, words


def tell(console: Console, env: Mapping[str, str], folder: Path, project: str) -> None:
    """Write summary and outputs where the runner reads them, and annotations to its log."""
    report = _report(folder)
    _append(env["GITHUB_STEP_SUMMARY"], render_comment(report) if report else _NO_REPORT)
    outputs = _outputs(report) if report else {"outcome": "refused"}
    _append(env["GITHUB_OUTPUT"], "".join(f"{key}={value}\n" for key, value in outputs.items()))
    if report:
        manifest = posixpath.normpath(posixpath.join(project, "Cargo.toml"))
        console.workflow_commands(render_annotations(report, manifest))


def comment(console: Console, env: Mapping[str, str], name: str, words: list[str]) -> None:
    """Put the comment on the pull request that is named, or that is at a commit."""
    report, pulls = _report(Path(words[0])), PullRequests.of_workflow(env)
    number = pulls.number_of(words[1], words[2]) if name == "comment-on-head" else int(words[1])
    if report is None:
        console.say("there is no report to comment with")
    elif number is None:
        console.say(f"no open pull request from {words[1]} is at {words[2]}")
    else:
        console.say(f"commented: {pulls.put_comment(number, render_comment(report))}")


def _report(folder: Path) -> Report | None:
    """Read a report, None where there is none. It may come from a fork: nothing in it is believed to be clean."""
    path = folder / REPORT_NAME
    return publishable(read_report(path)) if path.exists() else None


def _outputs(report: Report) -> dict[str, str]:
    """Return the outputs, each one line without foreign text."""
    side, before = standing_side(report), report.baseline
    size = side.size_bytes if side else None
    compared = before.size_bytes if before and report.candidate else None
    change = size - compared if size is not None and compared is not None else None
    told = {"size-bytes": size, "size-change-bytes": change}
    return {"outcome": report.outcome, **{key: str(value) for key, value in told.items() if value is not None}}


def _append(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
