"""Testing a side, and believing a failure only when it comes again, where the user would see it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from burnish.cargo.build import Cargo, build_release, build_with
from burnish.cargo.command_lines import build_command, test_command, workspace_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.tests import nextest
from burnish.cargo.tests.members import WorkspaceTests
from burnish.cargo.tests.nextest import NextestTests
from burnish.cargo.tests.outputs import older_outputs_aside
from burnish.cargo.tests.suites import CargoTests, Runner, SuiteConditions, run_again, run_all_elsewhere, run_elsewhere
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.judge.findings import count_of, names_of
from burnish.judge.tests_gate import lost_tests
from burnish.model import SideName, Tests
from burnish.phases.workspace import members_beside, selects_all
from burnish.sides.side import cargo_of
from burnish.system.console import Step
from burnish.system.groups import left_running

_TITLES = {"baseline": "0 baseline", "candidate": "5 test"}


def test_candidate(job: Job, notes: Notebook, candidate: Candidate, tested: Runner | None) -> Runner | None:
    """Run the candidate's tests; those that the baseline passed and this run did not are run again.

    `tested` ran the tests of a candidate before; return what ran them now, or None where nothing ran all of them.
    """
    if candidate.toolkit.mode == "link-only":
        return tested
    notes.side("candidate")
    before = notes.report.baseline.tests if notes.report.baseline else None
    with _own_outputs_only(job, notes, candidate), members_beside(job, notes, candidate):
        if tested is not None and _loses_again(job, notes, candidate, tested):
            return tested
        runner = test_side(job, notes, candidate, "candidate", doubted=lambda after: _lost(before, after))
        lost = _lost(before, notes.side("candidate").tests)
        if lost and job.own_target(candidate, "candidate") is not None:
            _try_in_own_folder(job, notes, candidate, "candidate", runner, lost)
    return runner


def _loses_again(job: Job, notes: Notebook, candidate: Candidate, tested: Runner) -> bool:
    """Run first what candidates before have lost, and return whether it is lost again: then nothing else is run."""
    trials = notes.report.tune.trials if notes.report.tune else []
    names = sorted({name for trial in trials for name in trial.lost_tests})
    if not names or job.own_target(candidate, "candidate") is not None:
        return False
    with job.console.step(
        f"{_TITLES['candidate']}: first what was lost before: {count_of(len(names), 'test')}"
    ) as step:
        conditions = _conditions(job, notes, candidate, "candidate", step, only=len(names))
        runner, started = tested.elsewhere(conditions), job.console.clock()
        lost = _failing(runner, names)
        again = _failing(runner, lost) if lost and job.settings.tests.retries else lost
        step.summary = f"{count_of(len(again), 'test')} lost again"
    if again:
        command = conditions.cargo.command(test_command(job.project, []))
        seconds = job.console.clock() - started
        tests = Tests(command=command, passed=[], failed=again, ignored=[], seconds=seconds, only=again)
        notes.note_side("candidate", tests=tests)
    return bool(again)


def _failing(runner: Runner, names: list[str]) -> list[str]:
    """Return which of the tests fail for certain: what has no result may be named otherwise here."""
    results = runner.run_again(names)
    return [name for name in names if results.get(name) in {"failed", "hung"}]


def test_baseline(job: Job, notes: Notebook) -> None:
    """Run the baseline's tests; those that fail are run again: one that passes then is flaky already.

    What fails still may fail by our choice of a target folder only, and is tried in the project's own. What an older
    build has left there tells nothing: the candidate's tests find files of their own build in its place.
    """
    candidate = job.opened
    if candidate.toolkit.mode == "link-only":
        return
    with older_outputs_aside(job.project, None):
        runner = test_side(job, notes, candidate, "baseline", doubted=_failed)
    tests = notes.side("baseline").tests
    if tests is not None and (_failed(tests) or not _has_any(tests)):
        _try_in_own_folder(job, notes, candidate, "baseline", runner, _failed(tests))


def test_alone(job: Job, notes: Notebook, candidate: Candidate, name: SideName) -> None:
    """Run the tests of a side that is compared with no other; those that fail are run again."""
    if candidate.toolkit.mode != "link-only":
        test_side(job, notes, candidate, name, doubted=_failed)


def _failed(tests: Tests) -> list[str]:
    return sorted({*tests.failed} - {*tests.hung})


def _lost(before: Tests | None, after: Tests | None) -> list[str]:
    return lost_tests(before, after) if before and after else []


def test_side(
    job: Job, notes: Notebook, candidate: Candidate, name: SideName, *, doubted: Callable[[Tests], list[str]]
) -> Runner:
    """Run one side's tests, then those again that are `doubted`; return what ran them."""
    title, retries = _TITLES[name], job.settings.tests.retries
    words = ("nextest", "run") if job.uses_nextest else ("test",)
    with job.console.step(f"{title}: {job.project.selection.told(*words)}") as step:
        runner = _runner(job, _conditions(job, notes, candidate, name, step))
        tests = runner.run_all()
        step.summary = f"{len(tests.passed)} passed, {len(tests.failed)} failed, {len(tests.ignored)} ignored"
    notes.note_side(name, tests=tests)
    if not tests.built:
        job.console.program_failed(tests.note)
    if tests.note:
        notes.warn(f"{name}: {' '.join(tests.command[:2])}: {first_error(tests.note)}")
    names = [name for name in doubted(tests) if tests.built or name in tests.failed]
    if names and retries:
        with job.console.step(f"{title}: again: {count_of(len(names), 'test')}") as step:
            again = run_again(runner, tests, names, retries=retries)
            step.summary = f"{len(again.retried) - len(tests.retried)} passed this time"
        notes.note_side(name, tests=again)
    _warn_of_left(job, notes, name)
    return runner


def _warn_of_left(job: Job, notes: Notebook, name: SideName) -> None:
    """Name what the tests have left running: it takes time from what is timed next, and may hold a port or a file."""
    left = left_running(job.state.children)
    if left:
        notes.warn(
            f"the {name}'s tests left running: {names_of(left)}; they may disturb what is timed, and are not ended"
        )


def require_runner(job: Job) -> None:
    """Raise Refused where nextest is to run the tests and cannot be started."""
    if job.uses_nextest:
        nextest.version(job.programs, job.surroundings.scripts, job.project.root, job.limits.query_seconds)


def _try_in_own_folder(
    job: Job, notes: Notebook, candidate: Candidate, name: SideName, runner: Runner, names: list[str]
) -> None:
    """Build in the project's own target folder, as its user would, and run there what failed in ours."""
    tests = notes.side(name).tests
    what = count_of(len(names), "test") if names else "all tests"
    with job.console.step(f"{_TITLES[name]}: in the project's own target folder: {what}") as step:
        conditions = _conditions(job, notes, candidate, name, step, only=len(names))
        own = replace(conditions.cargo, target_directory=None)
        conditions = replace(conditions, cargo=own, log=notes.folder / f"tests-{name}-own-folder.log")
        if tests is None or not _build_what_tests_open(job, own):
            step.summary = "does not build"
            return
        if names:
            tests = run_elsewhere(runner.elsewhere(conditions), tests, names)
        else:
            tests = run_all_elsewhere(_runner(job, conditions), tests)
        step.summary = f"{len(tests.elsewhere)} passed there"
    notes.note_side(name, tests=tests)
    _warn_of_left(job, notes, name)


def _build_what_tests_open(job: Job, cargo: Cargo) -> bool:
    """Build what `cargo build` makes, after all members and before the examples; return whether it does build.

    A test may open a file of another member, and cargo builds the examples with a suite of tests.
    """
    command = build_command(cargo.project)
    members = [] if selects_all(job) else [workspace_command(cargo.project)]
    *_, built, _ = (
        build_with(cargo, made, timeout_seconds=job.limits.build_seconds)
        for made in (*members, command, [*command, "--examples"])
    )
    return built.ok


def _has_any(tests: Tests) -> bool:
    """Return whether a run came to any test, or had nothing to say about why it did not."""
    return bool(tests.passed or tests.failed or tests.ignored or not tests.note)


@contextlib.contextmanager
def _own_outputs_only(job: Job, notes: Notebook, candidate: Candidate) -> Iterator[None]:
    """Leave, of what cargo puts into its target folder in the end, only what the candidate's own build puts there.

    What is built by a command of its own leaves alone what the project's plain `cargo build` puts there.
    """
    if "--target" in candidate.toolkit.arguments:
        yield
        return
    artifact = notes.side("candidate").artifact
    with older_outputs_aside(job.project, (job.project.root / artifact).parent if artifact else None) as moved:
        if moved:
            build_release(cargo_of(job, candidate, "candidate"), timeout_seconds=job.limits.build_seconds)
        yield


def _conditions(
    job: Job, notes: Notebook, candidate: Candidate, name: SideName, step: Step, *, only: int | None = None
) -> SuiteConditions:
    """Return how tests are run; `only` is how many, where that are not all."""
    before = notes.report.baseline.tests if notes.report.baseline else None
    planned = only or _planned(before)
    return SuiteConditions(
        cargo=_cargo(job, candidate, name),
        log=notes.folder / f"tests-{name}.log",
        test_seconds=job.limits.test_seconds,
        hang_seconds=job.settings.tests.hang_seconds,
        on_count=lambda count: step.count(count, planned, "tests"),
        places=job.places(candidate),
        hung_before=frozenset(before.hung) if before else frozenset(),
    )


def _planned(before: Tests | None) -> int | None:
    """Return how many tests there are, as the baseline's run of them tells."""
    return len(before.passed) + len(before.failed) + len(before.ignored) if before else None


def _cargo(job: Job, candidate: Candidate, name: SideName) -> Cargo:
    cargo = cargo_of(job, candidate, name)
    programs = nextest.beside(cargo.programs, job.surroundings.scripts) if job.uses_nextest else cargo.programs
    return replace(cargo, programs=programs)


def _runner(job: Job, conditions: SuiteConditions) -> Runner:
    """Return what runs the tests: those of the user's own selection, and then those of the other members."""
    kind = NextestTests if job.uses_nextest else CargoTests
    if selects_all(job) or not job.settings.tests.workspace:
        return kind(conditions=conditions)
    for_others = functools.partial(_for_others, job)
    return WorkspaceTests(
        selected=kind(conditions=conditions), others=kind(conditions=for_others(conditions)), for_others=for_others
    )


def _for_others(job: Job, conditions: SuiteConditions) -> SuiteConditions:
    """Return how the tests of the other members are run: by plain cargo, which is what reaches them."""
    cargo, project = conditions.cargo, job.project
    rest = tuple(member for member in project.members if member not in project.selected)
    toolkit = cargo.toolkit if "--target" not in cargo.toolkit.arguments else job.opened.toolkit
    plain = replace(
        project,
        selected=rest,
        by_package=True,
        by_id=not job.uses_nextest,
        selection=project.selection.without_features(),
    )
    others = replace(cargo, project=plain, toolkit=toolkit)
    log = conditions.log.with_name(f"{conditions.log.stem}-others.log")
    return replace(conditions, cargo=others, log=log)
