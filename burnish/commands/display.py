"""What the terminal shows of a plan and a report; as JSON where that was asked for."""

from __future__ import annotations

import shutil

from burnish.commands.calls import Call
from burnish.errors import Refused
from burnish.job.plan import Plan
from burnish.job.run import Run
from burnish.phases import plan, require_applicable, settle
from burnish.report.terminal import render_table
from burnish.search.space import stands_in
from burnish.system.console import Console, Role
from burnish.text import neutral


def show_plan(run: Run, call: Call) -> Refused | None:
    """Print the diff that would be written, and what it gives up; return what refuses it, as applying it would."""
    settle(run)
    made = plan(run)
    refused = _refusal(run, made)
    notes = (stands_in(run), *made.notes) if run.is_untuned else made.notes
    if call.json:
        refusal = refused.as_dict() if refused else None
        shown = {"edits": run.report.edits, "recipe": run.report.recipe, "notes": notes, "refusal": refusal}
        call.show_json(shown)
        return refused
    for note in notes:
        call.console.warn(note)
    for edit in made.edits:
        call.console.result(_painted_diff(edit.diff(), call.console))
    if made.is_empty:
        call.console.result(f"nothing to do: the files hold the recipe {run.recipe.name}")
    return refused


def _refusal(run: Run, made: Plan) -> Refused | None:
    try:
        require_applicable(run, made)
    except Refused as refused:
        return refused
    return None


def _painted_diff(diff: str, console: Console) -> str:
    roles: dict[str, Role] = {"+": "good", "-": "bad", "@": "doubt"}
    return "\n".join(console.paint(neutral(line), roles.get(line[:1], "plain")) for line in diff.splitlines())


def show_report(run: Run, call: Call) -> None:
    """Print the table of gates, or the whole report as JSON; and say where the rest is."""
    call.console.say(f"report: {run.folder / 'report.html'}")
    if call.json:
        call.show_json(run.report)
    else:
        width = shutil.get_terminal_size((120, 24)).columns
        call.console.result(render_table(run.report, call.console.paint, width=width))
