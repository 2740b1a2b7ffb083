"""The Invoke tasks: arguments in, one call, exit status out.

First docstring lines are numbered in the order of the flow, since `--list` sorts by name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import Task

from burnish.commands.calls import CHOICE_OPTIONS, PROJECT_OPTIONS, RUN_OPTIONS, Call, command
from burnish.errors import AS_LEFT, RESTORED, UNTOUCHED, GateFailed, UsageError
from burnish.text import shown

if TYPE_CHECKING:
    from burnish.job.candidate import Candidate
    from burnish.job.opening import Opened
    from burnish.job.session import Session

# More than there will ever be changes.
_MAX_DIGITS = 18
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
    with told_when_interrupted(job.state), opened_session(job, notes, name) as session:
        yield session


@command(*CHOICE_OPTIONS, "json")
def doctor(call: Call) -> None:
    """See what this machine and project have and lack, each with its remedy."""
    from burnish.commands import doctor as doctoring

    findings = doctoring.examine(*call.examine())
    if call.json:
        call.show_json(findings)
    else:
        doctoring.show_findings(findings, call.console)
    doctoring.require_nothing_missing(findings)


@command(*CHOICE_OPTIONS, "allow_dirty", "allow_abort", "test_runner", "json")
def plan(call: Call) -> None:
    """Show the exact diff that apply-profile and write-config would write, or why they refuse to; write nothing."""
    from burnish.commands.display import show_plan

    refused = show_plan(*call.open(fresh=True), call)
    if refused is not None:
        raise refused


@command(*RUN_OPTIONS, "json")
def baseline(call: Call) -> None:
    """0: build and measure the project as it is."""
    from burnish.phases.baseline import baseline_by_itself

    with _session(call, "baseline", call.open(fresh=True)) as session:
        baseline_by_itself(session)
    call.show_json(session.notes.report.baseline)


@command(*RUN_OPTIONS)
def apply_profile(call: Call) -> None:
    """1: write the recipe's [profile.release] into the workspace root's Cargo.toml."""
    from burnish.phases.applying import write_profile

    _write(call, "apply-profile", write_profile)


@command(*RUN_OPTIONS)
def write_config(call: Call) -> None:
    """2: write the recipe's link settings into .cargo/config.toml, merged with what is there."""
    from burnish.phases.applying import write_link_settings

    _write(call, "write-config", write_link_settings)


def _write(call: Call, name: str, write: Callable[[Session, Candidate], None]) -> None:
    from burnish.phases.before import preflight_step
    from burnish.search.picked import settled

    with _session(call, name) as session:
        candidate = settled(session.job, session.notes)
        preflight_step(session, candidate)
        write(session, candidate)


@command(*RUN_OPTIONS, "json")
def build(call: Call) -> None:
    """3: build the candidate, by the project's own `cargo build --release`."""
    from burnish.phases import building, workspace
    from burnish.search.picked import settled

    with _session(call, "build") as session:
        candidate = settled(session.job, session.notes)
        building.build_candidate(session.job, session.notes, candidate)
        workspace.build_workspace(session, candidate)
    call.show_json(session.notes.report.candidate)
    if not session.notes.side("candidate").built:
        raise GateFailed(
            "the candidate does not build; cargo's words are above",
            files=AS_LEFT,
            next_command="burnish rollback",
        )


@command(*RUN_OPTIONS, "json")
def measure(call: Call) -> None:
    """4: measure behaviour, start-up and workloads of what was built, in rotating rounds."""
    from burnish.phases import starting, working
    from burnish.search.picked import settled

    with _session(call, "measure") as session:
        candidate = settled(session.job, session.notes)
        starting.measure_starts(session, candidate)
        working.measure_workloads(session.job, session.notes, candidate)
    found = session.notes.report
    call.show_json({"baseline": found.baseline, "candidate": found.candidate})


@command(*RUN_OPTIONS, "json")
def test(call: Call) -> None:
    """5: run the test suite, to be compared with the baseline's passing set."""
    from burnish.phases import testing
    from burnish.search.picked import settled

    with _session(call, "test") as session:
        testing.test_candidate(session.job, session.notes, settled(session.job, session.notes), tested=None)
    call.show_json(session.notes.side("candidate").tests)


@command(*RUN_OPTIONS, "json")
def bench(call: Call) -> None:
    """6: run the Criterion benches of both sides in alternation."""
    from burnish.phases import benching
    from burnish.search.picked import settled

    with _session(call, "bench") as session:
        benching.bench_candidate(session.job, session.notes, settled(session.job, session.notes))
    call.show_json(session.notes.side("candidate").benches)


@command(*RUN_OPTIONS, "json")
def judge(call: Call) -> None:
    """7: judge every gate and print the table; the exit status is the verdict."""
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


@command(*PROJECT_OPTIONS)
def keep(call: Call) -> None:
    """8: make the applied change final."""
    from burnish.phases import applying

    with _session(call, "keep") as session:
        applying.keep_change(session)
        session.notes.close("kept")


@command(*PROJECT_OPTIONS, "to", "live_only", "json")
def rollback(call: Call) -> None:
    """9: put everything back: a live change, else the newest kept one."""
    from burnish.job.undoing import roll_back
    from burnish.transaction.registry import user_state

    root, number = call.root(), _number(call.to)
    if call.dry:
        return _show_status(call, root)
    undone = roll_back(root, user_state(), call.console, to=number, only_live=call.live_only)
    return call.show_json(undone)


@command(*PROJECT_OPTIONS, "json")
def status(call: Call) -> None:
    """See whether a change is applied and final, whether the files still hold it, and the last verdict."""
    _show_status(call, call.root())


@command(*PROJECT_OPTIONS, "open", "json")
def report(call: Call) -> None:
    """Say where the newest report is, and what it says in short; with --open, open it in the browser."""
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
    """See the project's workloads; with --suggest, proposals from its own tests, benches and examples."""
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


@command(*RUN_OPTIONS, "max_trials", "time_budget", "json")
def tune(call: Call) -> None:
    """Find the best settings for this project here, by trials beside it; nothing of the project is touched."""
    from burnish.commands.display import show_report
    from burnish.phases import searching

    with _session(call, "tune", call.open(fresh=True)) as session:
        searching.search_for_tuning(session)
    show_report(session.notes, call)


@command(*RUN_OPTIONS, "json")
def explain(call: Call) -> None:
    """Say what each setting of the recipe buys, and where the remaining bytes and time go; nothing is touched."""
    from burnish.commands.display import show_report
    from burnish.phases import searching

    with _session(call, "explain", call.open(fresh=True)) as session:
        searching.explain_recipe(session)
    show_report(session.notes, call)


@command(*RUN_OPTIONS, "json")
def optimize(call: Call) -> None:
    """Do all of it, in order: keep the change when every gate passes, else roll back."""
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


# The one place that says in which order the flow takes them.
STEPS: tuple[Task[Any], ...] = (
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
    report,  # where the newest one is, and its headline
    status,  # what is applied, is it final, what to type next
)
PIPELINE = tuple(task.name.replace("_", "-") for task in STEPS[STEPS.index(baseline) : STEPS.index(keep)])
"""The names of the steps from the baseline to the verdict."""


def collection() -> Collection:
    """Return the steps as an Invoke collection."""
    return Collection(*STEPS)


def _number(text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return int(text) if text else None
    raise UsageError(f"--to is {shown(text)}", expected="the number of a kept change: see `burnish status`")
