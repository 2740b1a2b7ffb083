"""Before anything is written: the plan, and the refusals of whatever would fail or lose something later."""

from __future__ import annotations

from burnish.cargo.vcs import ignored, uncommitted
from burnish.errors import AS_LEFT, Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan, make_plan, require_in_force, require_no_reliance
from burnish.job.reach import require_reach
from burnish.job.session import Session, live_change
from burnish.measure.hyperfine import find_hyperfine
from burnish.phases.testing import require_runner
from burnish.search.picked import picked_candidate
from burnish.search.space import require_known, stands_in
from burnish.toml.edit import TextEdit
from burnish.transaction.journal import OWNED_BY_STEPS


def describe_plan(job: Job, notes: Notebook, candidate: Candidate) -> Plan:
    """Work out what would be written, and describe it in the report; write nothing."""
    made = make_plan(job, candidate)
    notes.describe(candidate, made.edits, made.settings)
    return made


def preflight(session: Session, candidate: Candidate) -> None:
    """Refuse, before anything is touched, whatever would fail or lose something later."""
    require_unchanged(session.job)
    _preflight(session, candidate)


def preflight_step(session: Session, candidate: Candidate) -> None:
    """Do the same for a step of its own, which may extend the change that the steps before it began."""
    if session.job.is_untuned(candidate):
        session.notes.warn(stands_in(session.job))
    _preflight(session, candidate)


def _preflight(session: Session, candidate: Candidate) -> None:
    made = describe_plan(session.job, session.notes, candidate)
    require_applicable(session.job, session.notes, made)
    for note in made.notes:
        session.notes.warn(note)


def require_applicable(job: Job, notes: Notebook, made: Plan) -> None:
    """Raise Refused for all that a plan is not applied for; nothing is written. `plan` and the steps ask the same."""
    live = live_change(job)
    if live is not None and live.journal.owner != OWNED_BY_STEPS:
        require_unchanged(job)
    require_in_force(made)
    require_reach(job, made.beyond)
    require_no_reliance(made, allowed=job.allows_abort)
    require_known(job)
    if job.project.may_be_started:
        find_hyperfine(job.programs, job.surroundings.scripts)
    require_runner(job)
    if live is None and not job.options.allow_dirty:
        _require_shared(job, made)
        _require_committed(job, notes, made)


def _require_shared(job: Job, made: Plan) -> None:
    names = [edit.name for edit in made.edits]
    unshared = ignored(job.programs, job.project.root, names, job.limits.query_seconds)
    if unshared:
        raise Refused(
            f"git ignores {', '.join(unshared)}: a clone would be built without what is written there",
            expected="files that the repository holds",
            next_command="burnish plan, after taking it out of .gitignore; or with --allow-dirty, for this copy alone",
        )


def _require_committed(job: Job, notes: Notebook, made: Plan) -> None:
    names = [edit.name for edit in _edits_ahead(job, notes, made)]
    dirty = uncommitted(job.programs, job.project.root, names, job.limits.query_seconds) if names else []
    if dirty:
        raise Refused(
            f"{', '.join(dirty)}: uncommitted changes",
            expected="files whose present content git would bring back",
            next_command="git commit, or the same with --allow-dirty: a rollback then restores them as they are now",
        )


def require_unchanged(job: Job) -> None:
    """Raise Refused where a change is applied and not final: the baseline is the project without one."""
    if live_change(job) is not None:
        raise Refused(
            "a change is applied here and not final",
            expected="no live change",
            files=AS_LEFT,
            next_command="burnish rollback, or burnish keep",
        )


def _edits_ahead(job: Job, notes: Notebook, made: Plan) -> list[TextEdit]:
    """Return the files that may be written: for `auto` either, unless they hold what was picked already."""
    if not job.is_auto:
        return made.edits
    picked = picked_candidate(job, notes)
    return [] if picked is not None and make_plan(job, picked).is_empty else [made.manifest, made.config]
