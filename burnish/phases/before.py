"""Before anything is written: the plan, and the refusals of whatever would fail or lose something later."""

from __future__ import annotations

from burnish.cargo.toml import Edit
from burnish.cargo.vcs import ignored, uncommitted
from burnish.errors import Refused
from burnish.job.plan import Plan, make_plan, require_in_force, require_no_reliance
from burnish.job.run import AS_LEFT, Run
from burnish.measure.hyperfine import find_hyperfine
from burnish.phases.testing import require_runner
from burnish.search.hot import require_known
from burnish.search.space import stands_in
from burnish.search.tuned import picked_view
from burnish.transaction.journal import STEPS


def plan(run: Run) -> Plan:
    """Work out what would be written, and describe it in the report; write nothing."""
    made = make_plan(run)
    run.describe(made.edits, made.settings)
    return made


def preflight(run: Run) -> None:
    """Refuse, before anything is touched, whatever would fail or lose something later."""
    require_unchanged(run)
    _preflight(run)


def preflight_step(run: Run) -> None:
    """Do the same for a step of its own, which may extend the change that the steps before it began."""
    if run.is_untuned:
        run.warn(stands_in(run))
    _preflight(run)


def _preflight(run: Run) -> None:
    made = plan(run)
    require_applicable(run, made)
    for note in made.notes:
        run.warn(note)


def require_applicable(run: Run, made: Plan) -> None:
    """Raise Refused for all that a plan is not applied for; nothing is written. `plan` and the steps ask the same."""
    live = run.live_change()
    if live is not None and live.journal.owner != STEPS:
        require_unchanged(run)
    require_in_force(made)
    require_no_reliance(made, allowed=run.allows_abort)
    require_known(run)
    if run.project.binary is not None:
        find_hyperfine(run.programs, run.scripts)
    require_runner(run)
    if live is None and not run.options.allow_dirty:
        _require_shared(run, made)
        _require_committed(run, made)


def _require_shared(run: Run, made: Plan) -> None:
    names = [edit.name for edit in made.edits]
    unshared = ignored(run.programs, run.project.root, names, run.limits.query_seconds)
    if unshared:
        raise Refused(
            f"git ignores {', '.join(unshared)}: a clone would be built without what is written there",
            expected="files that the repository holds",
            next_command="burnish plan, after taking it out of .gitignore; or with --allow-dirty, for this copy alone",
        )


def _require_committed(run: Run, made: Plan) -> None:
    names = [edit.name for edit in _edits_ahead(run, made)]
    dirty = uncommitted(run.programs, run.project.root, names, run.limits.query_seconds) if names else []
    if dirty:
        raise Refused(
            f"{', '.join(dirty)}: uncommitted changes",
            expected="files whose present content git would bring back",
            next_command="git commit, or the same with --allow-dirty: a rollback then restores them as they are now",
        )


def require_unchanged(run: Run) -> None:
    """Raise Refused where a change is applied and not final: the baseline is the project without one."""
    if run.live_change() is not None:
        raise Refused(
            "a change is applied here and not final",
            expected="no live change",
            files=AS_LEFT,
            next_command="burnish rollback, or burnish keep",
        )


def _edits_ahead(run: Run, made: Plan) -> list[Edit]:
    """Give the files that may be written: for `auto` either, unless they hold what was picked already."""
    if not run.is_auto:
        return made.edits
    view = picked_view(run)
    return [] if view is not None and make_plan(view).is_empty else [made.manifest, made.config]
