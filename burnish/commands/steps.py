"""The Invoke tasks: arguments in, one call, exit status out.

First docstring lines are numbered in the order of the flow, since `--list` sorts by name.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.exceptions import Exit

from burnish.commands.calls import (
    CHECK_OPTIONS,
    CHOICE_OPTIONS,
    CLUSTER_OPTIONS,
    PROJECT_OPTIONS,
    RUN_OPTIONS,
    Call,
    StepTask,
    command,
)
from burnish.errors import AS_LEFT, RESTORED, UNTOUCHED, GateFailed, Refused

if TYPE_CHECKING:
    from burnish.job.candidate import Candidate
    from burnish.job.elsewhere import Helpers
    from burnish.job.opening import Opened
    from burnish.job.session import Session
    from burnish.transaction.journal import StateFolder

_APPLYING = ("apply-profile", "write-config", "optimize")


@contextlib.contextmanager
def _session(call: Call, name: str, opened: Opened | None = None) -> Iterator[Session]:
    """Hold the session of a step, under the lock; with Invoke's `--dry`, show the plan in its place."""
    from burnish.commands.display import show_plan
    from burnish.job.session import opened_session
    from burnish.job.undoing import told_when_interrupted

    job, notes = opened or call.open()
    if call.dry:
        refused = show_plan(job, notes, call)
        if refused is not None and name in _APPLYING:
            raise refused
        raise Exit(code=0)
    with (
        told_when_interrupted(job.state),
        _helpers(call) as helpers,
        opened_session(job, notes, name, turns=helpers.turns, elsewhere=helpers.elsewhere) as session,
    ):
        yield session


@contextlib.contextmanager
def _helpers(call: Call) -> Iterator[Helpers]:
    """Yield who builds trials elsewhere, where a scheduler is named."""
    from burnish.job.elsewhere import Helpers

    if call.fleet.scheduler is None:
        yield Helpers()
        return
    from burnish.commands.fleets import trial_helpers

    with trial_helpers(call) as helpers:
        yield helpers


@command(*CHOICE_OPTIONS, "fix", "yes", "dry_run", "json")
def doctor(call: Call) -> None:
    """See what this machine and project have and lack.

    Looks at all that a run needs: toolchain, linker, emulator, timer, test runner, settings that would shadow the
    recipe's, uncommitted changes; each line that is not ok has its remedy. With --fix, those remedies that install
    something are shown, carried out where you agree, and all is looked at again. Exit status: 3 where something is
    missing.
    """
    from burnish.commands import doctor as doctoring

    findings = doctoring.examine(*call.examine())
    if call.fix and doctoring.fix(findings, call) and not call.dry:
        findings = doctoring.examine(*call.examine())
    if call.json:
        call.show_json(findings)
    else:
        doctoring.show_findings(findings, call.console)
    doctoring.require_nothing_missing(findings, call)


@command(*CHOICE_OPTIONS, "allow_dirty", "allow_abort", "test_runner", "json")
def plan(call: Call) -> None:
    """Show the exact diff that would be written; write nothing.

    It is what apply-profile and write-config write, with what the recipe takes from those who run the binary; or why
    they would refuse to.
    """
    from burnish.commands.display import show_plan

    refused = show_plan(*call.open(fresh=True), call)
    if refused is not None:
        raise refused


@command(*RUN_OPTIONS, "json")
def baseline(call: Call) -> None:
    """0: build and measure the project as it is.

    Builds in a target folder of its own. What it finds is on disk for the steps after it, and the options that it is
    given hold for them too.
    """
    from burnish.phases.baseline import baseline_by_itself

    with _session(call, "baseline", call.open(fresh=True)) as session:
        baseline_by_itself(session)
    call.show_json(session.notes.report.baseline)


@command(*RUN_OPTIONS)
def apply_profile(call: Call) -> None:
    """1: write the recipe's [profile.release] into Cargo.toml.

    Into the workspace root's, and only its own keys: all else in the file stays as it is. A journal with the whole file
    is on disk before the first byte is written; rollback puts it back.
    """
    from burnish.phases.applying import write_profile

    _write(call, "apply-profile", write_profile)


@command(*RUN_OPTIONS)
def write_config(call: Call) -> None:
    """2: write the recipe's link settings into .cargo/config.toml.

    They are merged with what is there, and flags that cargo would silence are carried over. Nothing is written where
    the recipe has no link settings.
    """
    from burnish.phases.applying import write_link_settings

    _write(call, "write-config", write_link_settings)


def _write(call: Call, name: str, write: Callable[[Session, Candidate], None]) -> None:
    from burnish.phases.before import preflight_step
    from burnish.search.picked import settled

    with _session(call, name) as session:
        candidate = settled(session.job, session.notes)
        preflight_step(session, candidate)
        write(session, candidate)


@command(*RUN_OPTIONS, "release", "out", "json")
def build(call: Call) -> None:
    """3: build the candidate, else the kept program.

    After baseline or apply-profile it is a step: the project's own command, in the project's own target folder. Else it
    makes the program that is kept, by whatever command that needs, and puts it into `dist` with its sha256 and the
    report of its build. Exit status: 2 where it is not the file that was judged, though sources and toolchain are the
    judged ones; 3 where it cannot be made here.
    """
    from burnish.job.notebook import is_under_way
    from burnish.transaction.journal import StateFolder
    from burnish.transaction.registry import user_state
    from burnish.transaction.sealed import Sealed

    state = StateFolder(call.root())
    if is_under_way(state, Sealed(root=state.root, user_state=user_state())):
        _build_candidate(call)
    else:
        _build_kept(call, state)


def _build_kept(call: Call, state: StateFolder) -> None:
    from burnish.commands.display import show_report
    from burnish.job.places import whole_path
    from burnish.phases import judging, shipping
    from burnish.search.judged_file import as_kept
    from burnish.transaction.registry import user_state

    out = whole_path("--out", call.options.out, call.cwd) if call.options.out is not None else None
    chosen = dataclasses.replace(call, options=as_kept(call.options, state, user_state()))
    opened = chosen.open(fresh=True)
    with _session(chosen, "build", opened) as session:
        shipping.ship_kept(session, out)
    show_report(opened.notes, call)
    judging.require_passed(opened.notes.report, files=UNTOUCHED, next_command="burnish check, which judges it anew")


def _build_candidate(call: Call) -> None:
    from burnish.phases import building, workspace
    from burnish.search.picked import settled

    if call.options.out is not None:
        raise Refused(
            "a run of single steps is under way, and this is its step 3: --out is for the program that is kept",
            expected="a run that has ended",
            files=AS_LEFT,
            next_command="burnish judge and burnish keep, or burnish rollback",
        )
    with _session(call, "build") as session:
        candidate = settled(session.job, session.notes)
        building.build_candidate(session.job, session.notes, candidate)
        workspace.build_workspace(session, candidate)
    call.show_json(session.notes.report.candidate)
    if not session.notes.side("candidate").built:
        words = "cargo's words are above" if call.console.verbosity else "without --quiet cargo says why"
        raise GateFailed(
            f"the candidate does not build; {words}",
            files=AS_LEFT,
            next_command="burnish rollback",
        )


@command(*RUN_OPTIONS, "json")
def measure(call: Call) -> None:
    """4: measure behaviour, start-up and workloads of both builds.

    Baseline, candidate and the smallest process that this machine can start are timed in rotating rounds, so that what
    disturbs the machine disturbs all of them.
    """
    from burnish.phases import counting, others, starting, working
    from burnish.search.picked import settled

    with _session(call, "measure") as session:
        candidate = settled(session.job, session.notes)
        starting.measure_starts(session, candidate)
        working.measure_workloads(session.job, session.notes, candidate)
        counting.count_instructions(session.job, session.notes, candidate)
        others.measure_others(session, candidate)
    found = session.notes.report
    call.show_json({"baseline": found.baseline, "candidate": found.candidate})


@command(*RUN_OPTIONS, "json")
def test(call: Call) -> None:
    """5: run the test suite; what passed before must pass.

    Tests are compared by name with those that pass in the baseline; a new failure is run again before it is believed.
    """
    from burnish.phases import testing
    from burnish.search.picked import settled

    with _session(call, "test") as session:
        testing.test_candidate(session.job, session.notes, settled(session.job, session.notes), tested=None)
    call.show_json(session.notes.side("candidate").tests)


@command(*RUN_OPTIONS, "json")
def bench(call: Call) -> None:
    """6: run the Criterion benches of both sides in alternation.

    One process is one sample: each bench gets several of each side, and more of them while it is undecided.
    """
    from burnish.phases import benching
    from burnish.search.picked import settled

    with _session(call, "bench") as session:
        benching.bench_candidate(session.job, session.notes, settled(session.job, session.notes))
    call.show_json(session.notes.side("candidate").benches)


@command(*RUN_OPTIONS, "json")
def judge(call: Call) -> None:
    """7: judge every gate; the exit status is the verdict.

    Prints the table of gates: 0 where all are met, 2 where one failed or stayed inconclusive.
    """
    from burnish.commands.display import show_report
    from burnish.phases import judging
    from burnish.search.picked import settled

    with _session(call, "judge") as session:
        judging.judge_candidate(session, settled(session.job, session.notes))
        session.notes.publish()
        is_live = session.live() is not None
    show_report(session.notes, call)
    files, next_command = (AS_LEFT, "burnish rollback") if is_live else (UNTOUCHED, "burnish optimize")
    judging.require_passed(session.notes.report, files=files, next_command=next_command)


@command(*PROJECT_OPTIONS, "dry_run")
def keep(call: Call) -> None:
    """8: make the applied change final.

    The files stay as they are, and rollback can still undo the change later.
    """
    from burnish.phases import applying, remembering
    from burnish.search.picked import picked_candidate

    with _session(call, "keep") as session:
        applying.keep_change(session, picked_candidate(session.job, session.notes) or session.job.opened)
        remembering.remember_kept(session.job, session.notes)
        session.notes.close("kept")


@command(*PROJECT_OPTIONS, "to", "live_only", "dry_run", "json")
def rollback(call: Call) -> None:
    """9: put everything back: a live change, else the newest kept one.

    Files are restored byte for byte. Where you have edited one since, only the keys of burnish are taken out, and your
    version is saved first; where that is not safe nothing is touched, and the exit status is 4.
    """
    from burnish.job.undoing import roll_back
    from burnish.transaction.registry import user_state

    root, number = call.root(), int(call.to) if call.to else None
    if call.dry:
        return _show_status(call, root)
    undone = roll_back(root, user_state(), call.console, to=number, only_live=call.live_only)
    return call.show_json(undone)


@command(*PROJECT_OPTIONS, "json")
def status(call: Call) -> None:
    """See what is applied, whether it is final, what comes next.

    Also whether each file still holds the change, who is at work on the project, and how the last run ended.
    """
    _show_status(call, call.root())


@command(*PROJECT_OPTIONS, "open", "json")
def report(call: Call) -> None:
    """Say where the newest report is, and what it says in short.

    With --open, the page is made anew of its report.json and opened in the browser. Exit status: 3 where no run has
    ended yet.
    """
    from burnish.commands.display import show_newest

    show_newest(call.root(), call)


def _show_status(call: Call, root: Path) -> None:
    from burnish.commands.status import read_status, show_status
    from burnish.transaction.registry import user_state

    found = read_status(root, user_state())
    if call.json:
        call.show_json(found)
    else:
        show_status(found, call.console)


@command(*CHOICE_OPTIONS, "suggest", "json")
def workloads(call: Call) -> None:
    """See the project's workloads, or proposals for some.

    A workload is what people use the program for, with real input; it is timed as a whole. With --suggest, proposals
    come from the project's own tests, benches and examples.
    """
    from burnish.commands import proposing

    job, _ = call.examine()
    if call.suggest:
        found = proposing.proposals(job)
        call.show_json(found)
        if not call.json:
            proposing.show_proposals(job, found)
    elif call.json:
        call.show_json(list(job.settings.workloads))
    else:
        proposing.show_workloads(job.settings.workloads, job.console)


@command(*RUN_OPTIONS, *CLUSTER_OPTIONS, "max_trials", "time_budget", "json")
def tune(call: Call) -> None:
    """Find the best settings here, by trials beside the project.

    Candidates are built and timed, and none of the project's files is touched. `--recipe auto` then begins with what
    was found. With --scheduler, they are built on the workers of a cluster, and timed on this machine alone.
    """
    from burnish.commands.display import show_report
    from burnish.phases import searching

    with _session(call, "tune", call.open(fresh=True)) as session:
        searching.search_for_tuning(session)
    show_report(session.notes, call)


@command(*RUN_OPTIONS, "json")
def explain(call: Call) -> None:
    """Say what each setting buys, and where the rest goes.

    Each setting of the recipe is taken out in a trial of its own; what is left of bytes and start-up time is told by
    crate and by section. None of the project's files is touched.
    """
    from burnish.commands.display import show_report
    from burnish.phases import searching

    with _session(call, "explain", call.open(fresh=True)) as session:
        searching.explain_recipe(session)
    show_report(session.notes, call)


@command(*RUN_OPTIONS, *CLUSTER_OPTIONS, "json")
def optimize(call: Call) -> None:
    """Do it all: keep the change if every gate passes, else roll back.

    Builds and measures the project as it is, tries settings beside it, applies the best ones, builds, tests, benches
    and judges. The change is kept where it is better by every gate; otherwise every file is put back byte for byte.
    With --scheduler, what is tried is built on the workers of a cluster; all else is done on this machine.
    Exit status: 0 kept, or nothing to do; 2 a gate failed, files restored; 3 refused, files untouched.
    """
    from burnish.commands.display import show_report
    from burnish.optimize import whole_flow
    from burnish.phases import judging

    opened = call.open(fresh=True)
    try:
        with _session(call, "optimize", opened) as session:
            whole_flow(session)
    finally:
        if opened.notes.report.run.ended:
            show_report(opened.notes, call)
    found = opened.notes.report
    files = RESTORED if found.baseline else UNTOUCHED
    judging.require_passed(found, files=files, next_command=judging.next_after(found))


@command(*CHECK_OPTIONS, "json")
def check(call: Call) -> None:
    """Judge the project as it stands by its budget; change nothing.

    Builds it by its own command in a target folder beside yours, starts and times it, and judges it by the limits of
    the budget. Where the files hold a recipe, its settings must still be in force. With --against a commit, that is
    built and timed beside it, and judged is how much the change adds, to which --accept-growth can agree. Exit status:
    0 met; 2 not met, or inconclusive; 3 refused.
    """
    from burnish.check import check_project
    from burnish.commands.display import show_report
    from burnish.phases import judging
    from burnish.phases.checking import next_after_check

    opened = call.open(fresh=True)
    with _session(call, "check", opened) as session:
        check_project(session)
    show_report(opened.notes, call)
    found = opened.notes.report
    judging.require_passed(found, files=UNTOUCHED, next_command=next_after_check(found))


@command(*CHOICE_OPTIONS, "bisect", "against", "history", "report_dir", "open", "json")
def history(call: Call) -> None:
    """See how the numbers moved from commit to commit.

    Each check and each kept change has left a record at its commit: size, start-up and workloads as ratios to the
    smallest process of the machine, each with its interval. Says which commit moved them. With --open, or --report-dir,
    it is a page with curves too. Where the records are is what --history or the setting says. With --bisect, names the
    first commit at which limits were passed, by building commits between. Exit status: 0 also where some were; 2 where
    that is not decided, or they were passed before; 3 where there are no records, or nothing to build.
    """
    from burnish.commands.looking_back import require_bisect, show_history

    if not call.bisect:
        require_bisect(call.options)
        show_history(call)
        return
    from burnish.commands.limits_passed import require_no_page, show_passed

    require_no_page(call)
    with _session(call, "history", call.open(fresh=True)) as session:
        show_passed(session, call)


@command(
    *("file", *CLUSTER_OPTIONS, "only", "resume", "retry_failed", "matrix", "results"),
    *("dashboard", "json", "quiet", "verbose", "color"),
    word="file",
)
def fleet(call: Call) -> None:
    """Do it for many projects on many platforms, here or on a cluster.

    Reads the projects from a file, and works on each in a clean checkout of its own: on this machine one after the
    other, or on the workers of a Dask scheduler. Each result is on disk as soon as it arrives; a job whose machine dies
    is done on another one. Writes one table of projects and platforms, as a page, as JSON and as JUnit. It takes the
    extra `burnish[fleet]`. Exit status: 2 where a job did not pass; 3 where the file or the scheduler is refused.
    """
    from burnish.commands.fleets import print_ci_matrix, run_fleet

    if call.fleet.matrix is not None:
        print_ci_matrix(call)
    else:
        run_fleet(call)


@command(
    *(*CLUSTER_OPTIONS, "label", "quiet", "verbose", "color"),
    word="scheduler",
)
def worker(call: Call) -> None:
    """Let this machine work for a fleet, until it is stopped.

    Tells the scheduler which platforms can be built here, how much memory there is and by which labels it may be asked
    for, and does one job at a time: nothing else of burnish runs on a machine while it times. Projects run their own
    build scripts and tests here, as this user.
    """
    from burnish.commands.fleets import start_worker

    start_worker(call)


# The one place that says in which order the flow takes them.
STEPS: tuple[StepTask, ...] = (
    doctor,  # what this machine and project have and lack
    plan,  # the exact diff, written nowhere
    baseline,  # 0
    apply_profile,  # 1
    write_config,  # 2
    build,  # 3
    measure,  # 4
    test,  # 5
    bench,  # 6
    judge,  # 7
    keep,  # 8: or
    rollback,  # 9
    workloads,  # what the program is timed at, and proposals
    tune,  # which settings are the best here; what `--recipe auto` then applies
    explain,  # what each setting buys, and where the remaining bytes and time go
    optimize,  # 0 to 7, then 8 when every gate passes and 9 when not
    check,  # whether the project as it stands meets its budget
    history,  # how the numbers moved from commit to commit
    fleet,  # many projects on many platforms
    worker,  # one machine of a fleet's cluster
    report,  # where the newest one is, and its headline
    status,  # what is applied, is it final, what to type next
)
MAIN = (doctor, plan, optimize, rollback)
"""Those that most people need."""
COMMANDS = {step.command: step for step in STEPS}
PIPELINE = tuple(step.command for step in STEPS[STEPS.index(baseline) : STEPS.index(keep)])
"""The names of the steps from the baseline to the verdict."""


def collection() -> Collection:
    """Return the steps as an Invoke collection."""
    return Collection(*STEPS)
