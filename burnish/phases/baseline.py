"""The baseline: the project as it is, built and measured in a target folder of its own."""

from __future__ import annotations

from burnish.cargo.build import Built
from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import first_error
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.costs import remember_build
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.phases.before import require_unchanged
from burnish.phases.benching import build_benches_of
from burnish.phases.others import observe_others
from burnish.phases.testing import test_baseline
from burnish.phases.working import see_workloads
from burnish.phases.workspace import build_baseline_workspace
from burnish.sides.side import build_side
from burnish.sides.starts import observe_side


def prove_baseline(job: Job, notes: Notebook) -> None:
    """Build all of the project as it is, run its tests, and build its benches: what a candidate must not lose."""
    build_baseline_workspace(job, notes)
    test_baseline(job, notes)
    build_benches_of(job, notes, job.opened, "baseline", "0 baseline: cargo bench, built and not run")


def build_baseline(job: Job, notes: Notebook) -> None:
    """Build the project as it is, and see how it starts and behaves."""
    told = job.project.selection.told("build")
    built = build_side(job, notes, job.opened, "baseline", f"0 baseline: {told}, as it is")
    require_built(job, job.opened, built, "as it is", "to complete before anything is changed")
    remember_build(job, built)
    if job.project.binary is not None and (missing := _not_made(job, notes, built)):
        raise Refused(
            f"`{' '.join(built.command)}` does not make the binary {missing[0]}",
            expected="a binary without required-features that are not enabled, and of a package that cargo builds here",
            next_command="burnish optimize --package NAME --bin NAME",
        )
    if job.project.library is not None and notes.side("baseline").artifact is None:
        name, kind = job.project.library
        raise Refused(
            f"`{' '.join(built.command)}` makes no {kind} of {name}",
            expected="a library of a crate type that the platform has, and of a package that cargo builds here",
            next_command="burnish optimize --package NAME",
        )
    observe_side(job, notes, job.opened, "baseline")
    see_workloads(job, notes)
    observe_others(job, notes)


def _not_made(job: Job, notes: Notebook, built: Built) -> list[str]:
    """Return which of the binaries are not made that are to be judged by their names."""
    first, beside = str(job.project.binary), {part.name for part in notes.report.binaries}
    lacking = [] if built.binary(job.project) is not None else [first]
    return [*lacking, *(name for name in job.project.named if name != first and name not in beside)]


def require_built(job: Job, candidate: Candidate, built: Built, state: str, expected: str) -> None:
    """Raise Refused where the user's own build of the project fails, in the `state` that the words name."""
    if not built.ok:
        raise Refused(
            f"the project does not build {state}: {first_error(built.errors)}; cargo says:\n{built.errors}",
            expected=f"`{job.project.selection.told('build')}` {expected}",
            next_command=candidate.toolkit.typed(build_command(job.project)),
        )


def baseline_by_itself(session: Session) -> None:
    """Do both in a step of its own, and put back what cargo makes of Cargo.lock on the way."""
    require_unchanged(session.job)
    with session.change("baseline", session.job.opened):
        build_baseline(session.job, session.notes)
        prove_baseline(session.job, session.notes)
