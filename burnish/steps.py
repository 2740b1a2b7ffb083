"""The Invoke tasks: arguments in, one call, exit status out.

First docstring lines are numbered in the order of the flow, since `--list` sorts by name.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task

from burnish import phases
from burnish.console import Console
from burnish.errors import BurnishError, GateFailed, InternalError, Interrupted, UsageError
from burnish.optimize import optimize as run_whole_flow
from burnish.report.model import Report
from burnish.run import Options, Run, open_run

_HELP = {
    "project": "A folder or a Cargo.toml; without it, the nearest Cargo.toml from here upward.",
    "package": "The package to work on, where the workspace has several.",
    "bin": "The binary to judge, where the package has several.",
    "recipe": "The recipe of settings to apply: portable, small, phase1, or one of the project's own.",
    "platform": "The platform to build for, a target triple.",
    "budget": "The budget to judge by: improve or phase1.",
    "max_size": 'The size limit, such as "500 kB" (1000 bytes each) or a number of bytes.',
    "max_startup": 'The limit of the upper bound of the mean start-up\'s 95% interval, such as "500 us".',
    "report_dir": "Write report.json and its renderings to this folder too.",
    "allow_dirty": "Edit files that hold uncommitted changes.",
    "color": "When to use colour: auto, always or never.",
    "json": "Write one JSON document to standard output.",
    "to": "Undo kept changes back to and including this number; see status.",
}
_PROJECT = ("project", "color")
_CHOICES = (*_PROJECT, "package", "bin", "recipe", "platform", "budget", "max_size", "max_startup")
_RUN = (*_CHOICES, "report_dir", "allow_dirty")
_DEFAULTS: dict[str, Any] = {"allow_dirty": False, "json": False, "color": "auto"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a task: what was asked for, and the process's own surroundings, read here and passed on."""

    options: Options
    console: Console
    dry: bool
    json: bool = False
    to: str | None = None
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = field(default_factory=Path.cwd)

    def run(self, *, fresh: bool = False) -> Run:
        """Open a run of this project: a fresh one, or the one that earlier steps have begun."""
        return open_run(self.options, console=self.console, env=self.env, cwd=self.cwd, fresh=fresh)


def _command(*names: str) -> Callable[[Callable[[Call], None]], Task[Any]]:
    """Make an Invoke task of a function of one call; `names` are the options that it takes."""

    def make(body: Callable[[Call], None]) -> Task[Any]:
        def started(context: Context, **given: Any) -> None:  # noqa: ANN401 - Invoke hands over what it parsed
            with _exit_statuses():
                body(_read_call(context, given))

        started.__doc__ = body.__doc__
        started.__name__ = body.__name__
        parameters = [Parameter("context", Parameter.POSITIONAL_OR_KEYWORD)]
        parameters += [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=_DEFAULTS.get(name)) for name in names
        ]
        started.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return Task(started, help={name: _HELP[name] for name in names}, auto_shortflags=False)

    return make


def _read_call(context: Context, given: dict[str, Any]) -> Call:
    color = given.pop("color", "auto")
    if color not in {"auto", "always", "never"}:
        raise UsageError(f"--color is {color!r}", expected="auto, always or never")
    own = {name: given.pop(name) for name in ("json", "to") if name in given}
    console = Console(color=color, env=os.environ)
    return Call(options=Options(**given), console=console, dry=bool(context.config.run.dry), **own)


@contextlib.contextmanager
def _exit_statuses() -> Iterator[None]:
    """Turn every way out into its exit status; nothing of ours ends in a bare traceback."""
    try:
        with _signals_raised():
            yield
    except Interrupted as interruption:
        name = signal.Signals(interruption.signal_number).name
        message = f"burnish: interrupted by {name}\n  files:    restored, or untouched\n  next:     burnish status"
        raise Exit(message, interruption.exit_status) from None
    except (Exit, SystemExit):
        raise
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        raise InternalError(
            f"a defect of burnish: {type(error).__name__}: {error}",
            files="restored where a change was under way; `burnish status` says whether a journal is left",
            next_command="burnish status",
        ) from error


@contextlib.contextmanager
def _signals_raised() -> Iterator[None]:
    """Raise Interrupted in the main thread at the signals by which people and systems stop a program."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    previous = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@_command(*_CHOICES, "json")
def doctor(call: Call) -> None:
    """See what this machine and project have and lack, each with its remedy."""
    findings = phases.doctor(call.options, console=call.console, env=call.env, cwd=call.cwd)
    if call.json:
        call.console.result(_as_json(findings))
    missing = [finding for finding in findings if finding.state == "missing"]
    if missing:
        raise phases.refused_for(missing)


@_command(*_CHOICES, "json")
def plan(call: Call) -> None:
    """Show the exact diff that apply-profile and write-config would write; write nothing."""
    run = call.run(fresh=True)
    phases.show_plan(run, as_json=call.json)


@_command(*_RUN, "json")
def baseline(call: Call) -> None:
    """0: build and measure the project as it is."""
    run = call.run(fresh=True)
    if not _is_dry(call, run):
        with run.locked("baseline"):
            phases.baseline(run)
        _show_part(call, run.report.baseline)


@_command(*_RUN)
def apply_profile(call: Call) -> None:
    """1: write the recipe's [profile.release] into the workspace root's Cargo.toml."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("apply-profile"):
            phases.preflight(run, continuing=True)
            phases.apply_profile(run)


@_command(*_RUN)
def write_config(call: Call) -> None:
    """2: write the recipe's link settings into .cargo/config.toml, merged with what is there."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("write-config"):
            phases.preflight(run, continuing=True)
            phases.write_config(run)


@_command(*_RUN, "json")
def build(call: Call) -> None:
    """3: build the candidate, by the project's own `cargo build --release`."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("build"):
            built = phases.build(run)
        _show_part(call, run.report.candidate)
        if not built:
            raise GateFailed(
                "the candidate does not build; cargo's words are above",
                files="as the steps before left them",
                next_command="burnish rollback",
            )


@_command(*_RUN, "json")
def measure(call: Call) -> None:
    """4: measure size, linkage, behaviour and start-up of what was built, in rotating rounds."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("measure"):
            phases.measure(run)
        _show_part(call, run.report)


@_command(*_RUN, "json")
def test(call: Call) -> None:
    """5: run the test suite, to be compared with the baseline's passing set."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("test"):
            phases.test(run)
        _show_part(call, run.report.candidate and run.report.candidate.tests)


@_command(*_RUN, "json")
def bench(call: Call) -> None:
    """6: run the Criterion benches of both sides in alternation."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("bench"):
            phases.bench(run)
        _show_part(call, run.report.candidate and run.report.candidate.benches)


@_command(*_RUN, "json")
def judge(call: Call) -> None:
    """7: judge every gate and print the table; the exit status is the verdict."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("judge"):
            phases.judge(run)
        run.publish()
        _show_report(call, run.report)
        phases.raise_unless_passed(run.report, files="as the steps before left them", next_command="burnish rollback")


@_command(*_PROJECT)
def keep(call: Call) -> None:
    """8: make the applied change final."""
    run = call.run()
    if not _is_dry(call, run):
        with run.locked("keep"):
            phases.keep(run)
        run.close("kept")


@_command(*_PROJECT, "to", "json")
def rollback(call: Call) -> None:
    """9: put everything back: a live change, else the newest kept one."""
    phases.rollback(call.options, console=call.console, cwd=call.cwd, env=call.env, to=call.to, dry=call.dry)


@_command(*_PROJECT, "json")
def status(call: Call) -> None:
    """See whether a change is applied and final, whether the files still hold it, and the last verdict."""
    phases.show_status(call.options, console=call.console, cwd=call.cwd, env=call.env, as_json=call.json)


@_command(*_RUN, "json")
def optimize(call: Call) -> None:
    """Do all of it, in order: keep the change when every gate passes, else roll back."""
    run = call.run(fresh=True)
    if not _is_dry(call, run):
        with run.locked("optimize"):
            report = run_whole_flow(run)
        _show_report(call, report)
        phases.raise_unless_passed(report, files="restored, byte for byte", next_command=phases.advice(report))


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
    optimize,
    status,
)


def collection() -> Collection:
    """Give the steps as an Invoke collection."""
    return Collection(*STEPS)


def _is_dry(call: Call, run: Run) -> bool:
    """Honour Invoke's `--dry`: show the plan in place of doing anything."""
    if call.dry:
        phases.show_plan(run, as_json=call.json)
    return call.dry


def _show_report(call: Call, report: Report) -> None:
    if call.json:
        call.console.result(_as_json(report))
    else:
        phases.show_report(report, call.console)


def _show_part(call: Call, part: object) -> None:
    if call.json:
        call.console.result(_as_json(part))


def _as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


__all__ = ["STEPS", "BurnishError", "collection"]
