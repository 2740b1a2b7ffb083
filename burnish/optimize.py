"""The main job: measure, apply, build, measure again, test, bench, judge, and keep or roll back."""

from __future__ import annotations

from burnish import phases
from burnish.job.run import Run
from burnish.model import Report


def optimize(run: Run) -> Report:
    """Carry out the whole flow on the run's project and give its report.

    Every phase adds what it found to the run's report, on disk, as it goes. From `run.change` on, any way out but
    `keep` puts every file back: a failed gate, an error, a signal; after a kill, `burnish rollback` does.
    """
    phases.preflight(run)
    if phases.holds_recipe(run):
        return run.close("nothing_to_do")
    with run.change("optimize"):
        phases.baseline(run)
        phases.search(run)
    if phases.is_nothing_left(run):
        return run.close("nothing_to_do")
    for view in phases.attempts(run):
        phases.choose(run, view)
        with run.change("optimize"):
            phases.apply_profile(run)
            phases.write_config(run)
            if phases.build(run):
                phases.compare_with_trial(run)
                phases.measure(run)
                phases.build_workspace(run)
                if not phases.has_failed(run):
                    phases.test(run)
                    phases.bench(run)
            if phases.judge(run) == "pass":
                phases.keep(run)
        phases.note_attempt(run)
        if run.is_kept:
            return run.close("kept")
    return run.close("rolled_back")
