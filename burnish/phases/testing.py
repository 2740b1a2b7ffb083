"""Testing a side, and believing a failure only when it comes again, alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from burnish.cargo import nextest
from burnish.cargo.nextest import NextestTests
from burnish.cargo.test import CargoTests, Conditions, Runner, run_again
from burnish.console import Step
from burnish.diagnostics import first_error
from burnish.groups import left_running
from burnish.judge.findings import count_of, names_of
from burnish.judge.tests import lost_tests
from burnish.report.model import Tests
from burnish.run import Run, SideName


def test(run: Run) -> None:
    """Run the candidate's tests; each that the baseline passed and this run did not is run again, alone."""
    if run.toolkit.mode == "link-only":
        return
    run.side("candidate")
    before = run.report.baseline and run.report.baseline.tests
    test_side(run, "candidate", "5 test", doubted=lambda after: lost_tests(before, after) if before else [])


def test_baseline(run: Run) -> None:
    """Run the baseline's tests; each that fails is run again, alone: one that passes then is flaky already."""
    test_side(run, "baseline", "0 baseline", doubted=lambda tests: sorted({*tests.failed} - {*tests.hung}))


def test_side(run: Run, name: SideName, title: str, *, doubted: Callable[[Tests], list[str]]) -> None:
    """Run one side's tests, then again and alone those that are `doubted`."""
    if run.toolkit.mode == "link-only":
        return
    retries = run.resolved.settings.tests.retries
    with run.console.step(f"{title}: cargo {'nextest run' if run.uses_nextest else 'test'} --release") as step:
        runner = _runner(run, name, step)
        tests = runner.run_all()
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    run.note_side(name, tests=tests)
    if tests.note:
        run.warn(f"{name}: {' '.join(tests.command[:2])}: {first_error(tests.note)}")
    names = doubted(tests)
    if names and retries:
        with run.console.step(f"{title}: again, alone: {count_of(len(names), 'test')}") as step:
            again = run_again(runner, tests, names, retries=retries)
            step.summary = f"{len(again.retried) - len(tests.retried)} passed this time"
        run.note_side(name, tests=again)
    _warn_of_left(run, name)


def _warn_of_left(run: Run, name: SideName) -> None:
    """Name what the tests have left running: it takes time from what is timed next, and may hold a port or a file."""
    left = left_running(run.state.children)
    if left:
        run.warn(
            f"the {name}'s tests left running: {names_of(left)}; they may disturb what is timed, and are not ended"
        )


def require_runner(run: Run) -> None:
    """Raise Refused where nextest is to run the tests and cannot be started."""
    if run.uses_nextest:
        nextest.version(run.programs, run.scripts, run.project.root, run.limits.query_seconds)


def _runner(run: Run, name: SideName, step: Step) -> Runner:
    cargo = run.cargo(name)
    before = run.report.baseline.tests if run.report.baseline else None
    conditions = Conditions(
        cargo=replace(cargo, programs=nextest.beside(cargo.programs, run.scripts)) if run.uses_nextest else cargo,
        log=run.folder / f"tests-{name}.log",
        test_seconds=run.limits.test_seconds,
        hang_seconds=run.resolved.settings.tests.hang_seconds,
        on_count=lambda count: step.update(f"{count} tests done"),
        hung_before=frozenset(before.hung) if before else frozenset(),
    )
    return NextestTests(conditions=conditions) if run.uses_nextest else CargoTests(conditions=conditions)
