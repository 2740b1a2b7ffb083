"""The workloads of a project, and proposals of some."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import tomlkit

from burnish.job.job import Job
from burnish.job.settings import WorkloadSettings
from burnish.job.suggestions import Suggestion, suggest_workloads
from burnish.system.console import Console
from burnish.text import format_seconds, neutral


def show_workloads(workloads: Sequence[WorkloadSettings], console: Console) -> None:
    """Print each workload by its name and its command, or how to come by some."""
    for each in workloads:
        console.result(neutral(f"{each.name}: {shlex.join(each.args)}{_input_words(each)}"))
    if not workloads:
        console.result("no workload is given: where the program gets slower at its real work, nobody sees it")
        console.result("  next:     burnish workloads --suggest, which proposes some from the project's own tests")


def _input_words(workload: WorkloadSettings) -> str:
    if workload.stdin_file:
        return f" < {workload.stdin_file}"
    return f", with {len(workload.stdin):,} characters to read" if workload.stdin else ""


def proposals(job: Job) -> list[Suggestion]:
    """Return what could be a workload of the project."""
    with job.console.step("looking for commands in tests, benches and examples") as step:
        found = suggest_workloads(job)
        step.summary = f"{len(found)} found"
    return found


def show_proposals(job: Job, found: Sequence[Suggestion]) -> None:
    """Print proposals as TOML that can be pasted into the manifest, those first that work the longest."""
    console = job.console
    if not found:
        console.result("# nothing in tests, benches and examples starts the program with literal arguments")
        console.result(_EXAMPLE)
        return
    if all(each.seconds is None for each in found):
        console.result(
            f"# `{job.project.selection.told('build')}` first: then each of these is tried, and the longest comes first"
        )
    for each in found:
        if each.seconds is not None:
            status = f", exit status {each.exit_status}" if each.exit_status else ""
            console.result(f"# takes {format_seconds(each.seconds)}{status}")
        for line in _table(each).splitlines():
            console.result(neutral(line))


_EXAMPLE = """\
# A workload is what people use the program for, with an input of some size; files are relative to the package:
[[package.metadata.burnish.workloads]]
name = "a typical use"
args = ["tests/data/large.txt"]
"""


def _table(suggestion: Suggestion) -> str:
    parts = {"args": suggestion.args, "stdin": suggestion.stdin, "exit_status": suggestion.exit_status}
    given = {key: value for key, value in parts.items() if value or key == "args"}
    return f"[[package.metadata.burnish.workloads]]\n{tomlkit.dumps(given)}"
