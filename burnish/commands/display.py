"""What the terminal shows of a plan and a report; as JSON where that was asked for."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import webbrowser
from pathlib import Path

from burnish.commands.calls import Call
from burnish.errors import Refused
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan
from burnish.phases.before import describe_plan, require_applicable
from burnish.phases.pricing import foresee
from burnish.report.headline import RESULT_COLUMNS, headline, render_result
from burnish.report.store import PAGE_NAME, REPORT_NAME, newest_run, read_report, write_page
from burnish.search.picked import settled
from burnish.search.space import stands_in
from burnish.system.console import ColorRole, Console
from burnish.text import neutral
from burnish.transaction.journal import StateFolder

_WIDEST = 120


def show_plan(job: Job, notes: Notebook, call: Call) -> Refused | None:
    """Print the diff that would be written, and what it gives up; return what refuses it, as applying it would."""
    candidate = settled(job, notes)
    made = describe_plan(job, notes, candidate)
    refused = _refusal(job, notes, made)
    words = (stands_in(job), *made.notes) if job.is_untuned(candidate) else made.notes
    price = None if made.is_empty else foresee(job, notes)
    if call.json:
        refusal, report = refused.as_dict() if refused else None, notes.report
        shown = {"edits": report.edits, "recipe": report.recipe, "notes": words, "refusal": refusal, "price": price}
        call.show_json(shown)
        return refused
    for note in words:
        call.console.warn(note)
    for edit in made.edits:
        call.console.result(_painted_diff(edit.diff(), call.console))
    if made.is_empty:
        call.console.result(f"nothing to do: the files hold the recipe {candidate.recipe.name}")
    if price is not None:
        call.console.say(f"burnish optimize: {price.words}")
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
    """Print the result in short, or the whole report as JSON; the rest is in the report, whose path is told."""
    page = notes.folder / PAGE_NAME
    if call.json:
        call.console.say(f"report: {page}")
        call.show_json(notes.report)
        return
    undo = _undo_command(call) if notes.report.outcome == "kept" else ""
    place, width = _place(page, call), result_columns()
    shown = render_result(notes.report, call.console.paint, place=place, undo=undo, width=width)
    call.console.result(shown)


def show_newest(root: Path, call: Call) -> None:
    """Print where a project's newest report is and what it says in short, or all of it as JSON; open it if asked to.

    Raise Refused where there is none yet, and where it is to be opened and cannot be.
    """
    folder = newest_run(StateFolder(root).runs)
    if folder is None:
        next_command = f"burnish optimize{_project_option(call)}"
        raise Refused(f"there is no report of {root} yet", expected="a run that has ended", next_command=next_command)
    report, page = read_report(folder / REPORT_NAME), folder / PAGE_NAME
    if call.json:
        call.show_json(report)
    else:
        short = headline(report, call.console.paint, place="", width=result_columns())
        call.console.result(f"{neutral(str(page))}\n\n{short}")
    if call.opens_page:
        require_within(page, root)
        write_page(report, page)
        open_page(page)


def require_within(page: Path, root: Path) -> None:
    """Refuse to write through a link that leads out of the project: it may have come with a repository."""
    if not page.parent.resolve().is_relative_to(root.resolve()):
        raise Refused(
            f"{page.parent} leads out of the project",
            expected="a folder of burnish's own",
            next_command="burnish report",
        )


def open_page(page: Path) -> None:
    """Open a page in the browser. Raise Refused where none can be started."""
    if is_opened(page.as_uri()):
        return
    raise Refused(
        "no browser was found that could be started",
        expected="one that Python's webbrowser module knows, or the variable BROWSER to name it",
        next_command="BROWSER=firefox burnish report --open",
    )


def is_opened(address: str) -> bool:
    """Open an address in the browser; return whether one could be started."""
    with contextlib.suppress(webbrowser.Error):
        return webbrowser.open(address)
    return False


def result_columns() -> int:
    """Return how wide a result may be: as wide as the terminal, which is taken for one of 80 columns elsewhere."""
    return min(shutil.get_terminal_size((RESULT_COLUMNS, 24)).columns, _WIDEST)


def _place(page: Path, call: Call) -> str:
    """Return the path of a page as a link, from here where it lies below."""
    told = page.relative_to(call.cwd) if page.is_relative_to(call.cwd) else page
    return call.console.link(neutral(str(told)), page.as_uri())


def _undo_command(call: Call) -> str:
    return f"burnish rollback{_project_option(call)}"


def _project_option(call: Call) -> str:
    project = call.options.project
    return "" if project is None else f" --project {shlex.quote(str(project))}"
