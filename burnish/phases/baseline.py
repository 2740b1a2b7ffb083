"""The baseline: the project as it is, built and measured in a target folder of its own."""

from __future__ import annotations

from burnish.errors import Refused
from burnish.job.run import Run
from burnish.phases.before import require_unchanged
from burnish.phases.benching import build_benches
from burnish.phases.building import build_side, inspect_side
from burnish.sides.starts import observe_side
from burnish.phases.testing import test_baseline
from burnish.phases.workspace import build_baseline_workspace


def baseline(run: Run) -> None:
    """Build and measure the project as it is, in a target folder of its own; its tests and benches too."""
    build_baseline(run)
    build_baseline_workspace(run)
    test_baseline(run)
    build_benches(run, "baseline", "0 baseline: cargo bench, built and not run")


def build_baseline(run: Run) -> None:
    """Build the project as it is, and see how it starts and behaves."""
    built = build_side(run, "baseline", "0 baseline: cargo build --release, as it is")
    if not built.ok:
        raise Refused(
            f"the project does not build as it is; cargo says:\n{built.errors}",
            expected="`cargo build --release` to complete before anything is changed",
            next_command="cargo build --release",
        )
    if run.project.binary is not None and built.binary(run.project) is None:
        raise Refused(
            f"`{' '.join(built.command)}` does not make the binary {run.project.binary}",
            expected="a binary without required-features that are not enabled, and of a package that cargo builds here",
            next_command="burnish optimize --package NAME --bin NAME",
        )
    inspect_side(run, "baseline", built)
    observe_side(run, "baseline")


def baseline_by_itself(run: Run) -> None:
    """Do the same for a step of its own, and put back what cargo makes of Cargo.lock on the way."""
    require_unchanged(run)
    with run.change("baseline"):
        baseline(run)
