"""The check: whether the project as it stands meets its budget, and holds what was kept."""

from __future__ import annotations

from burnish.job.session import Session
from burnish.model import Report
from burnish.phases.before import require_unchanged
from burnish.phases.checking import (
    build_project,
    judge_project,
    measure_project,
    remember_checked,
    require_ready,
    test_project,
)
from burnish.search.kept import kept_recipe


def check_project(session: Session) -> Report:
    """Build the project as it stands beside the user's own builds, measure it, judge it, and return the report.

    No file of the user's changes: what cargo makes of Cargo.lock on the way is put back.
    """
    job, notes = session.job, session.notes
    require_unchanged(job)
    require_ready(job)
    with session.change("check", job.opened):
        kept = kept_recipe(job, notes)
        build_project(job, notes, kept)
        measure_project(job, notes, kept)
        if job.options.tests:
            test_project(job, notes, kept)
        verdict = judge_project(job, notes, kept)
    if verdict == "pass":
        remember_checked(job, notes, kept)
    return notes.close("met" if verdict == "pass" else "not_met")
