"""What the terminal shows of a plan and a report; as JSON where that was asked for."""

from __future__ import annotations

import shutil

from burnish.commands.calls import Call
from burnish.errors import Refused
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan
from burnish.phases.before import describe_plan, require_applicable
from burnish.report.terminal import render_table
from burnish.search.picked import settled
from burnish.search.space import stands_in
from burnish.system.console import ColorRole, Console
from burnish.text import neutral


def show_plan(job: Job, notes: Notebook, call: Call) -> Refused | None:
    """Print the diff that would be written, and what it gives up; return what refuses it, as applying it would."""
    candidate = settled(job, notes)
    made = describe_plan(job, notes, candidate)
    refused = _refusal(job, notes, made)
    words = (stands_in(job), *made.notes) if job.is_untuned(candidate) else made.notes
    if call.json:
        refusal, report = refused.as_dict() if refused else None, notes.report
        call.show_json({"edits": report.edits, "recipe": report.recipe, "notes": words, "refusal": refusal})
        return refused
    for note in words:
        call.console.warn(note)
    for edit in made.edits:
        call.console.result(_painted_diff(edit.diff(), call.console))
    if made.is_empty:
        call.console.result(f"nothing to do: the files hold the recipe {candidate.recipe.name}")
    return refused


def _refusal(job: Job, notes: Notebook, made: Plan) -> Refused | None:
    try:
        require_applicable(job, notes, made)
    except Refused as refused:
        return refused
    return None


def _painted_diff(diff: str, console: Console) -> str:
    roles: dict[str, ColorRole] = {"+": "good", "-": "bad", "@": "doubt"}
    return "\n".join(console.paint(neutral(line), roles.get(line[:1], "plain")) for line in diff.splitlines())


def show_report(notes: Notebook, call: Call) -> None:
    """Print the table of gates, or the whole report as JSON; and say where the rest is."""
    call.console.say(f"report: {notes.folder / 'report.html'}")
    if call.json:
        call.show_json(notes.report)
    else:
        width = shutil.get_terminal_size((120, 24)).columns
        call.console.result(render_table(notes.report, call.console.paint, width=width))
