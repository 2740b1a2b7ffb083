"""`burnish history --bisect`: the commits at which limits were passed, from the newest one that was within them on."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.commands.calls import Call
from burnish.errors import UNTOUCHED, GateFailed, Refused
from burnish.history.repository import Unrecorded
from burnish.job.job import Job
from burnish.job.session import Session
from burnish.phases.bisecting import Bisection, Passed, bisect_history
from burnish.phases.remembering import history_store
from burnish.text import neutral

_SHORT = 10


def show_passed(session: Session, call: Call) -> None:
    """Find the commits at which limits were passed, and show them.

    Raise Refused where no commit is known that was within the limits, GateFailed where one of them is not decided.
    """
    found = bisect_history(session, call.options.against or _newest_met(session.job))
    if call.json:
        call.show_json(found)
    else:
        call.console.result("\n".join(_lines(found)))
    if found.undecided:
        raise GateFailed(
            f"not decided: {', '.join(gate.name for gate in found.undecided)}",
            expected="a machine that is less busy, or a limit on instructions (max_instructions_growth)",
            files=UNTOUCHED,
            next_command="burnish history --bisect, when the machine has less to do",
        )


def _newest_met(job: Job) -> str:
    """Return the newest commit that led here whose check was met, but for the one that is checked out."""
    project = job.project
    try:
        store = history_store(job)
        entries = store.read()[0] if store else []
        commits = [commit.hash for commit in store.commits()] if store else []
    except Unrecorded:
        entries, commits = [], []
    subject = (project.binary or "", job.triple, project.selection.profile)
    met = {entry.commit for entry in entries if entry.outcome == "met" and entry.subject[1:] == subject}
    newest = next((commit for commit in commits[1:] if commit in met), None)
    if newest is None:
        raise Refused(
            "no earlier commit is recorded here whose check was met",
            expected="a commit, branch or tag that was within the limits",
            next_command="burnish history --bisect --against REF",
        )
    return newest


def _lines(found: Bisection) -> Iterator[str]:
    ends = f"from {found.good[:_SHORT]} to {found.head[:_SHORT]}"
    yield f"Limits {ends}: {found.between} commits between, {len(found.built)} built."
    if not found.passed:
        yield "  The commit that is checked out is beyond no limit."
    for each in found.passed:
        yield from _told(each)
    for gate in found.undecided:
        yield f"  {gate.name}, {gate.criterion}: not decided: {neutral(gate.reason)}"


def _told(passed: Passed) -> Iterator[str]:
    yield ""
    yield f"  {passed.gate}: passed at {passed.commit[:_SHORT]} {neutral(passed.title)}"
    yield f"    {passed.criterion}: {neutral(passed.reason)}"
    yield f"    the commit before it that is within: {passed.within[:_SHORT]}"
    for each in passed.unjudged:
        yield f"    or {each.commit[:_SHORT]}, which could not be judged: {neutral(each.why)}"
