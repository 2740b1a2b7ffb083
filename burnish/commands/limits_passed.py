"""`burnish history --bisect`: the commits at which limits were passed, from the newest one that was within them on."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.commands.calls import Call
from burnish.commands.looking_back import read_history, store_of
from burnish.errors import UNTOUCHED, GateFailed, Refused, UsageError
from burnish.history.entries import newest_of_each
from burnish.job.job import Job
from burnish.job.session import Session
from burnish.phases.bisecting import Bisection, Passed, bisect_history
from burnish.phases.commit_line import SHORT
from burnish.text import neutral

_ANOTHER = "burnish history --bisect --against REF"


def require_no_page(call: Call) -> None:
    """Raise UsageError where a page or a report is asked for, of which a bisection makes none."""
    asked = "--open" if call.opens_page else "--report-dir" if call.options.report_dir else ""
    if asked:
        raise UsageError(
            f"{asked} with --bisect: it makes no page and no report",
            expected="--json, for a document",
            next_command="burnish history --bisect --json",
        )


def show_passed(session: Session, call: Call) -> None:
    """Find the commits at which limits were passed, and show them.

    Raise Refused where no commit is known that was within the limits; GateFailed where the commit that passed some of
    them cannot be named.
    """
    found = bisect_history(session, call.options.against or _newest_met(session.job))
    if call.json:
        call.show_json(found)
    else:
        call.console.result("\n".join(_lines(found)))
    if found.already:
        raise GateFailed(
            f"beyond its limits already in {found.good[:SHORT]}: {', '.join(gate.name for gate in found.already)}",
            expected="a commit that was within them",
            files=UNTOUCHED,
            next_command=_ANOTHER,
        )
    if found.undecided:
        raise GateFailed(
            f"not decided: {', '.join(gate.name for gate in found.undecided)}",
            expected="a machine that is less busy, or a limit on instructions (max_instructions_growth)",
            files=UNTOUCHED,
            next_command="burnish history --bisect, when the machine has less to do",
        )


def _newest_met(job: Job) -> str:
    """Return the newest commit that led here whose check was met when it was checked last, but for the one here."""
    store = store_of(job)
    entries, _ = read_history(store, next_command=_ANOTHER)
    entries = newest_of_each([each for each in entries if each.subject == _subject(job)])
    met = {entry.commit for entry in entries if entry.outcome == "met"}
    newest = next((commit.hash for commit in store.commits()[1:] if commit.hash in met), None)
    if newest is None:
        raise Refused(
            "no earlier commit is recorded here whose check was met",
            expected="a commit, branch or tag that was within the limits",
            next_command=_ANOTHER,
        )
    return newest


def _subject(job: Job) -> tuple[str, str, str, str]:
    """Return what a record of the job's binary says that it is of."""
    project = job.project
    package = project.package.name if project.package else ""
    return package, project.binary or "", job.triple, project.selection.profile


def _lines(found: Bisection) -> Iterator[str]:
    ends = f"from {found.good[:SHORT]} to {found.head[:SHORT]}"
    yield f"Limits {ends}: {found.between} commits between, {len(found.built)} built."
    if not (found.passed or found.already):
        yield "  The last of them is beyond no limit on size, start-up, workloads or instructions."
    for each in found.passed:
        yield from _told(each)
    for gate in found.already:
        yield f"  {gate.name}: beyond already in {found.good[:SHORT]}: {neutral(gate.reason)}"
    for gate in found.undecided:
        yield f"  {gate.name}: not decided: {neutral(gate.reason)}"


def _told(passed: Passed) -> Iterator[str]:
    yield ""
    yield f"  {passed.gate}: passed at {passed.commit[:SHORT]} {neutral(passed.title)}"
    yield f"    {passed.criterion}: {neutral(passed.reason)}"
    if passed.within:
        yield f"    the newest commit before it that is within: {passed.within[:SHORT]}"
    for each in passed.unjudged:
        yield f"    or {each.commit[:SHORT]}, which could not be judged: {neutral(each.why)}"
