"""The check: whether the project as it stands meets its budget, holds what was kept, and grew no more than it may."""

from __future__ import annotations

import dataclasses

from burnish.job.session import Session
from burnish.model import Outcome, Report, SideName
from burnish.phases.before import require_unchanged
from burnish.phases.checking import (
    bench_both,
    build_project,
    judge_project,
    measure_project,
    remember_checked,
    require_ready,
    test_project,
)
from burnish.phases.comparing import build_reference, find_against
from burnish.phases.remembering import remember_check
from burnish.search.kept import kept_recipe


def check_project(session: Session) -> Report:
    """Build the project as it stands beside the user's own builds, measure it, judge it, and return the report.

    With a reference, another commit or an earlier report, that is the baseline and the project the candidate: both are
    built here and timed in the same rounds, and what changed is judged too. No file of the user's changes, but for the
    growth that is accepted by name: what cargo makes of Cargo.lock on the way is put back.
    """
    job, notes = dataclasses.replace(session.job, is_beside=True), session.notes
    require_unchanged(job)
    require_ready(job)
    against = find_against(job)
    own: SideName = "candidate" if against else "baseline"
    with session.change("check", job.opened):
        kept = kept_recipe(job, notes)
        build_project(job, notes, kept, own)
        if against is not None:
            build_reference(job, notes, kept.candidate, against)
        measure_project(job, notes, kept, against)
        if job.options.tests:
            test_project(job, notes, kept, own)
        if job.options.benches:
            bench_both(job, notes, kept, own, against)
        verdict = judge_project(job, notes, kept, own, against)
        if verdict == "pass":
            remember_checked(job, notes, kept, own)
    outcome: Outcome = "met" if verdict == "pass" else "not_met"
    remember_check(job, notes, outcome)
    return notes.close(outcome)
