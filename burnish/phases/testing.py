"""Testing a side, and believing a new failure only when it comes again."""

from __future__ import annotations

from burnish.cargo.libtest import compare
from burnish.cargo.test import confirm_failures, run_tests
from burnish.run import Run, SideName


def test(run: Run) -> None:
    """Run the candidate's tests; what the baseline passed and this run did not is run again before it is believed."""
    if run.toolkit.mode == "link-only":
        return
    run.side("candidate")
    test_side(run, "candidate", "5 test: cargo test --release")
    before = run.report.baseline and run.report.baseline.tests
    for _ in range(run.resolved.settings.tests.retries if before else 0):
        after = run.side("candidate").tests
        lost = compare(before, after) if before and after else []
        if not lost or after is None:
            return
        with run.console.step(f"5 test: again, for {len(lost)} that the baseline passed") as step:
            confirmed = confirm_failures(
                run.cargo("candidate"),
                after,
                lost,
                log=run.folder / "tests-candidate-again.log",
                timeout_seconds=run.limits.test_seconds,
                on_count=lambda count: step.update(f"{count} tests done"),
            )
            step.summary = f"{len(confirmed.retried)} passed this time"
        run.note_side("candidate", tests=confirmed)


def test_side(run: Run, name: SideName, title: str) -> None:
    """Run one side's tests once, where they can be, and tell what was odd about the run."""
    if run.toolkit.mode == "link-only":
        return
    with run.console.step(title) as step:
        tests = run_tests(
            run.cargo(name),
            log=run.folder / f"tests-{name}.log",
            timeout_seconds=run.limits.test_seconds,
            on_count=lambda count: step.update(f"{count} tests done"),
        )
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    run.note_side(name, tests=tests)
    if tests.note:
        run.warn(f"{name}: cargo test: {tests.note.strip().splitlines()[-1]}")
