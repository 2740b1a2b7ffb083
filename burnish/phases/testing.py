"""Testing a side, and believing a failure only when it comes again, where the user would see it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from burnish.cargo.build import Cargo, build, build_with
from burnish.cargo.diagnostics import first_error
from burnish.cargo.tests import nextest
from burnish.cargo.tests.nextest import NextestTests
from burnish.cargo.tests.outputs import older_outputs_aside
from burnish.cargo.tests.suites import CargoTests, Conditions, Runner, run_again, run_all_elsewhere, run_elsewhere
from burnish.job.run import Run, SideName
from burnish.judge.findings import count_of, names_of
from burnish.judge.tests_gate import lost_tests
from burnish.model import Tests
from burnish.system.console import Step
from burnish.system.groups import left_running

_TITLES = {"baseline": "0 baseline", "candidate": "5 test"}


def test(run: Run) -> None:
    """Run the candidate's tests; those that the baseline passed and this run did not are run again."""
    if run.toolkit.mode == "link-only":
        return
    run.side("candidate")
    before = run.report.baseline.tests if run.report.baseline else None
    with _own_outputs_only(run):
        if _loses_again(run):
            return
        run.tested = runner = test_side(
            run, "candidate", _TITLES["candidate"], doubted=lambda after: _lost(before, after)
        )
        lost = _lost(before, run.side("candidate").tests)
        if lost and run.own_target("candidate") is not None:
            _try_in_own_folder(run, "candidate", runner, lost)


def _loses_again(run: Run) -> bool:
    """Run first what candidates before have lost, and return whether it is lost again: then nothing else is run."""
    trials = run.report.tune.trials if run.report.tune else []
    names = sorted({name for trial in trials for name in trial.lost_tests})
    if run.tested is None or not names or run.own_target("candidate") is not None:
        return False
    with run.console.step(
        f"{_TITLES['candidate']}: first what was lost before: {count_of(len(names), 'test')}"
    ) as step:
        conditions = _conditions(run, "candidate", step)
        runner, started = run.tested.elsewhere(conditions), run.console.clock()
        lost = _failing(runner, names)
        again = _failing(runner, lost) if lost and run.resolved.settings.tests.retries else lost
        step.summary = f"{count_of(len(again), 'test')} lost again"
    if again:
        command = [*conditions.cargo.toolkit.command(["test", "--release"])]
        seconds = run.console.clock() - started
        tests = Tests(command=command, passed=[], failed=again, ignored=[], seconds=seconds, only=again)
        run.note_side("candidate", tests=tests)
    return bool(again)


def _failing(runner: Runner, names: list[str]) -> list[str]:
    """Return which of the tests fail for certain: what has no result may be named otherwise here."""
    results = runner.run_again(names)
    return [name for name in names if results.get(name) in {"failed", "hung"}]


def test_baseline(run: Run) -> None:
    """Run the baseline's tests; those that fail are run again: one that passes then is flaky already.

    What fails still may fail by our choice of a target folder only, and is tried in the project's own.
    """
    if run.toolkit.mode == "link-only":
        return
    runner = test_side(run, "baseline", _TITLES["baseline"], doubted=_failed)
    tests = run.side("baseline").tests
    if tests is not None and (_failed(tests) or not _has_any(tests)):
        _try_in_own_folder(run, "baseline", runner, _failed(tests))


def _failed(tests: Tests) -> list[str]:
    return sorted({*tests.failed} - {*tests.hung})


def _lost(before: Tests | None, after: Tests | None) -> list[str]:
    return lost_tests(before, after) if before and after else []


def test_side(run: Run, name: SideName, title: str, *, doubted: Callable[[Tests], list[str]]) -> Runner:
    """Run one side's tests, then those again that are `doubted`; return what ran them."""
    retries = run.resolved.settings.tests.retries
    with run.console.step(f"{title}: cargo {'nextest run' if run.uses_nextest else 'test'} --release") as step:
        runner = _runner(run, _conditions(run, name, step))
        tests = runner.run_all()
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    run.note_side(name, tests=tests)
    if tests.note:
        run.warn(f"{name}: {' '.join(tests.command[:2])}: {first_error(tests.note)}")
    names = doubted(tests)
    if names and retries:
        with run.console.step(f"{title}: again: {count_of(len(names), 'test')}") as step:
            again = run_again(runner, tests, names, retries=retries)
            step.summary = f"{len(again.retried) - len(tests.retried)} passed this time"
        run.note_side(name, tests=again)
    _warn_of_left(run, name)
    return runner


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


def _try_in_own_folder(run: Run, name: SideName, runner: Runner, names: list[str]) -> None:
    """Build in the project's own target folder, as its user would, and run there what failed in ours."""
    tests = run.side(name).tests
    what = count_of(len(names), "test") if names else "all tests"
    with run.console.step(f"{_TITLES[name]}: in the project's own target folder: {what}") as step:
        conditions = _conditions(run, name, step)
        own = replace(conditions.cargo, target_directory=None)
        conditions = replace(conditions, cargo=own, log=run.folder / f"tests-{name}-own-folder.log")
        if tests is None or not _build_what_tests_open(run, own):
            step.summary = "does not build"
            return
        if names:
            tests = run_elsewhere(runner.elsewhere(conditions), tests, names)
        else:
            tests = run_all_elsewhere(_runner(run, conditions), tests)
        step.summary = f"{len(tests.elsewhere)} passed there"
    run.note_side(name, tests=tests)
    _warn_of_left(run, name)


def _build_what_tests_open(run: Run, cargo: Cargo) -> bool:
    """Build what `cargo build` makes, and the examples, which cargo builds with a suite of tests; return if it does."""
    command = ["build", "--release", *cargo.project.selection]
    built = [
        build_with(cargo, made, timeout_seconds=run.limits.build_seconds)
        for made in (command, [*command, "--examples"])
    ]
    return built[0].ok


def _has_any(tests: Tests) -> bool:
    """Return whether a run came to any test, or had nothing to say about why it did not."""
    return bool(tests.passed or tests.failed or tests.ignored or not tests.note)


@contextlib.contextmanager
def _own_outputs_only(run: Run) -> Iterator[None]:
    """Leave, of what cargo puts into its target folder in the end, only what the candidate's own build puts there.

    What is built by a command of its own leaves alone what the project's plain `cargo build` puts there.
    """
    if "--target" in run.toolkit.arguments:
        yield
        return
    artifact = run.side("candidate").artifact
    with older_outputs_aside(run.project, (run.project.root / artifact).parent if artifact else None) as moved:
        if moved:
            build(run.cargo("candidate"), timeout_seconds=run.limits.build_seconds)
        yield


def _conditions(run: Run, name: SideName, step: Step) -> Conditions:
    before = run.report.baseline.tests if run.report.baseline else None
    return Conditions(
        cargo=_cargo(run, name),
        log=run.folder / f"tests-{name}.log",
        test_seconds=run.limits.test_seconds,
        hang_seconds=run.resolved.settings.tests.hang_seconds,
        on_count=lambda count: step.update(f"{count} tests done"),
        places=run.places,
        hung_before=frozenset(before.hung) if before else frozenset(),
    )


def _cargo(run: Run, name: SideName) -> Cargo:
    cargo = run.cargo(name)
    return replace(cargo, programs=nextest.beside(cargo.programs, run.scripts)) if run.uses_nextest else cargo


def _runner(run: Run, conditions: Conditions) -> Runner:
    return NextestTests(conditions=conditions) if run.uses_nextest else CargoTests(conditions=conditions)
