"""The main job: measure, apply, build, measure again, test, bench, judge, and keep or roll back."""

from __future__ import annotations

from burnish.job.session import Session
from burnish.model import Report
from burnish.phases.applying import keep_change, write_link_settings, write_profile
from burnish.phases.baseline import build_baseline, prove_baseline
from burnish.phases.before import preflight
from burnish.phases.benching import bench_candidate
from burnish.phases.building import build_candidate
from burnish.phases.counting import count_instructions
from burnish.phases.judging import has_failed, judge_candidate
from burnish.phases.others import measure_others
from burnish.phases.pricing import remember_price, state_price
from burnish.phases.remembering import remember_kept
from burnish.phases.searching import (
    attempts,
    choose,
    compare_with_trial,
    holds_recipe,
    is_nothing_left,
    may_go_on,
    note_attempt,
    search,
)
from burnish.phases.starting import judge_floor, measure_starts
from burnish.phases.testing import test_candidate
from burnish.phases.working import measure_workloads
from burnish.phases.workspace import build_workspace


def whole_flow(session: Session) -> Report:
    """Carry out the whole flow on the session's job and return its report.

    Every phase notes what it found, on disk, as it goes. From `session.change` on, any way out but `keep` puts every
    file back: a failed gate, an error, a signal; after a kill, `burnish rollback` does.
    """
    job, notes = session.job, session.notes
    preflight(session, job.opened)
    if holds_recipe(job, notes):
        return notes.close("nothing_to_do")
    state_price(session)
    missed = judge_floor(job, notes)
    if missed is not None:
        notes.note(gates=[missed])
        return notes.close("rolled_back")
    with session.change("optimize", job.opened):
        build_baseline(job, notes)
        state_price(session)
        search(session)
        if not is_nothing_left(notes) and may_go_on(session):
            prove_baseline(job, notes)
    if is_nothing_left(notes):
        return notes.close("nothing_to_do")
    tested = None
    for candidate in attempts(session):
        choose(job, notes, candidate)
        with session.change("optimize", candidate):
            write_profile(session, candidate)
            write_link_settings(session, candidate)
            if build_candidate(job, notes, candidate):
                compare_with_trial(session, candidate)
                measure_starts(session, candidate)
                measure_workloads(job, notes, candidate)
                count_instructions(job, notes, candidate)
                measure_others(session, candidate)
                build_workspace(session, candidate)
                if not has_failed(session, candidate):
                    tested = test_candidate(job, notes, candidate, tested)
                    bench_candidate(job, notes, candidate)
            if judge_candidate(session, candidate) == "pass":
                keep_change(session, candidate)
        note_attempt(session, candidate)
        if session.is_kept:
            remember_kept(job, notes)
            break
    remember_price(job, notes)
    return notes.close("kept" if session.is_kept else "rolled_back")
