"""The Invoke tasks: arguments in, one call, exit status out.

First docstring lines are numbered in the order of the flow, since `--list` sorts by name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import Task

from burnish.commands.calls import CHOICES, PROJECT, RUN, Call, command
from burnish.errors import RESTORED, UNTOUCHED, GateFailed, UsageError

if TYPE_CHECKING:
    from burnish.job.run import Run

_APPLYING = ("apply-profile", "write-config", "optimize")


def _step(call: Call, name: str, *carried_out: Callable[[Run], object], fresh: bool = False) -> Run:
    """Carry out phases on a run, under the lock; with Invoke's `--dry`, show the plan in their place."""
    from burnish import phases

    run = call.run(fresh=fresh)
    if not fresh:
        phases.settle(run)
    _carry_out(call, run, name, *carried_out)
    return run


def _carry_out(call: Call, run: Run, name: str, *carried_out: Callable[[Run], object]) -> None:
    from burnish.commands.display import show_plan
    from burnish.job.undoing import told_when_interrupted

    if call.dry:
        refused = show_plan(run, call)
        if refused is not None and name in _APPLYING:
            raise refused
        raise Exit(code=0)
    with told_when_interrupted(run.state), run.locked(name):
        for phase in carried_out:
            phase(run)


@command(*CHOICES, "json")
def doctor(call: Call) -> None:
    """See what this machine and project have and lack, each with its remedy."""
    from burnish.commands import doctor as doctoring

    findings = doctoring.examine(call.examine())
    if call.json:
        call.show_json(findings)
    else:
        doctoring.show(findings, call.console)
    doctoring.require_nothing_missing(findings)


@command(*CHOICES, "allow_dirty", "allow_abort", "test_runner", "json")
def plan(call: Call) -> None:
    """Show the exact diff that apply-profile and write-config would write, or why they refuse to; write nothing."""
    from burnish.commands.display import show_plan

    refused = show_plan(call.run(fresh=True), call)
    if refused is not None:
        raise refused


@command(*RUN, "json")
def baseline(call: Call) -> None:
    """0: build and measure the project as it is."""
    from burnish import phases

    run = _step(call, "baseline", phases.baseline_by_itself, fresh=True)
    call.show_json(run.report.baseline)


@command(*RUN)
def apply_profile(call: Call) -> None:
    """1: write the recipe's [profile.release] into the workspace root's Cargo.toml."""
    from burnish import phases

    _step(call, "apply-profile", phases.preflight_step, phases.apply_profile)


@command(*RUN)
def write_config(call: Call) -> None:
    """2: write the recipe's link settings into .cargo/config.toml, merged with what is there."""
    from burnish import phases

    _step(call, "write-config", phases.preflight_step, phases.write_config)


@command(*RUN, "json")
def build(call: Call) -> None:
    """3: build the candidate, by the project's own `cargo build --release`."""
    from burnish import phases
    from burnish.job.run import AS_LEFT

    run = _step(call, "build", phases.build, phases.build_workspace)
    call.show_json(run.report.candidate)
    if not run.side("candidate").built:
        raise GateFailed(
            "the candidate does not build; cargo's words are above",
            files=AS_LEFT,
            next_command="burnish rollback",
        )


@command(*RUN, "json")
def measure(call: Call) -> None:
    """4: measure behaviour and start-up of what was built, with the floor, in rotating rounds."""
    from burnish import phases
    from burnish.job.run import SIDES

    run = _step(call, "measure", phases.measure)
    call.show_json({name: getattr(run.report, name) for name in SIDES})


@command(*RUN, "json")
def test(call: Call) -> None:
    """5: run the test suite, to be compared with the baseline's passing set."""
    from burnish import phases

    run = _step(call, "test", phases.test)
    call.show_json(run.side("candidate").tests)


@command(*RUN, "json")
def bench(call: Call) -> None:
    """6: run the Criterion benches of both sides in alternation."""
    from burnish import phases

    run = _step(call, "bench", phases.bench)
    call.show_json(run.side("candidate").benches)


@command(*RUN, "json")
def judge(call: Call) -> None:
    """7: judge every gate and print the table; the exit status is the verdict."""
    from burnish import phases
    from burnish.commands.display import show_report
    from burnish.job.run import AS_LEFT

    run = _step(call, "judge", phases.judge)
    run.publish()
    show_report(run, call)
    if run.live_change() is None:
        phases.require_passed(run.report, files=UNTOUCHED, next_command="burnish optimize")
    else:
        phases.require_passed(run.report, files=AS_LEFT, next_command="burnish rollback")


@command(*PROJECT)
def keep(call: Call) -> None:
    """8: make the applied change final."""
    from burnish import phases

    _step(call, "keep", phases.keep).close("kept")


@command(*PROJECT, "to", "live_only", "json")
def rollback(call: Call) -> None:
    """9: put everything back: a live change, else the newest kept one."""
    from burnish.job.places import user_state
    from burnish.job.undoing import roll_back

    root, number = call.root(), _number(call.to)
    if call.dry:
        return _show_status(call, root)
    undone = roll_back(root, user_state(), call.console, to=number, only_live=call.live_only)
    return call.show_json(undone)


@command(*PROJECT, "json")
def status(call: Call) -> None:
    """See whether a change is applied and final, whether the files still hold it, and the last verdict."""
    _show_status(call, call.root())


def _show_status(call: Call, root: Path) -> None:
    from burnish.commands.status import read_status, show
    from burnish.job.places import user_state

    found = read_status(root, user_state())
    if call.json:
        call.show_json(found)
    else:
        show(found, call.console)


@command(*RUN, "max_trials", "time_budget", "json")
def tune(call: Call) -> None:
    """Find the best settings for this project here, by trials beside it; nothing of the project is touched."""
    from burnish import phases
    from burnish.commands.display import show_report

    run = _step(call, "tune", phases.tune, fresh=True)
    show_report(run, call)


@command(*RUN, "json")
def explain(call: Call) -> None:
    """Say what each setting of the recipe buys, and where the remaining bytes and time go; nothing is touched."""
    from burnish import phases
    from burnish.commands.display import show_report

    run = _step(call, "explain", phases.explain, fresh=True)
    show_report(run, call)


@command(*RUN, "json")
def optimize(call: Call) -> None:
    """Do all of it, in order: keep the change when every gate passes, else roll back."""
    from burnish import phases
    from burnish.commands.display import show_report
    from burnish.optimize import optimize as whole_flow

    run = call.run(fresh=True)
    try:
        _carry_out(call, run, "optimize", whole_flow)
    finally:
        if run.report.run.ended:
            show_report(run, call)
    phases.require_passed(run.report, files=RESTORED, next_command=phases.next_after(run.report))


# In the order of the flow; tasks.py and the `burnish` program offer the same.
STEPS: tuple[Task[Any], ...] = (
    doctor,
    plan,
    baseline,
    apply_profile,
    write_config,
    build,
    measure,
    test,
    bench,
    judge,
    keep,
    rollback,
    tune,
    explain,
    optimize,
    status,
)


def collection() -> Collection:
    """Give the steps as an Invoke collection."""
    return Collection(*STEPS)


def _number(text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit()):
        return int(text) if text else None
    raise UsageError(f"--to is {text!r}", expected="the number of a kept change: see `burnish status`")
