"""The Invoke tasks: arguments in, one call, exit status out.

First docstring lines are numbered in the order of the flow, since `--list` sorts by name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
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

from burnish import doctor as doctoring
from burnish import phases
from burnish import status as standing
from burnish.console import Console, Role
from burnish.errors import RESTORED, BurnishError, GateFailed, InternalError, Interrupted, UsageError
from burnish.opening import locate_start, open_run, user_state
from burnish.optimize import optimize as whole_flow
from burnish.process import Programs
from burnish.report.text import render_table
from burnish.run import SIDES, Options, Run
from burnish.text import neutral

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
    "live_only": "Undo a change that is not final, and nothing else.",
    "to": "Undo kept changes back to and including this number; see status.",
}
_PROJECT = ("project", "color")
_CHOICES = (*_PROJECT, "package", "bin", "recipe", "platform", "budget", "max_size", "max_startup")
_RUN = (*_CHOICES, "report_dir", "allow_dirty")
_DEFAULTS: dict[str, Any] = {"allow_dirty": False, "json": False, "live_only": False, "color": "auto"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a task: what was asked for, and the process's own surroundings, read here and passed on."""

    options: Options
    console: Console
    dry: bool
    json: bool = False
    to: str | None = None
    live_only: bool = False
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = field(default_factory=Path.cwd)

    def run(self, *, fresh: bool = False) -> Run:
        """Open a run of this project: a fresh one, or the one that earlier steps have begun."""
        return open_run(self.options, console=self.console, env=self.env, cwd=self.cwd, fresh=fresh)

    def root(self) -> Path:
        """Find the workspace root, also where cargo cannot read the manifest."""
        return standing.find_root(Programs(env=self.env), locate_start(self.options, cwd=self.cwd))

    def show_json(self, value: object) -> None:
        """Write a value as one JSON document, when that was asked for."""
        if self.json:
            self.console.result(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _command(*names: str) -> Callable[[Callable[[Call], None]], Task[Any]]:
    """Make an Invoke task of a function of one call; `names` are the options that it takes."""

    def make(body: Callable[[Call], None]) -> Task[Any]:
        def started(context: Context, **given: Any) -> None:  # noqa: ANN401 - Invoke hands over what it parsed
            with _exit_statuses():
                call = _read_call(context, given)
                with _one_document(call):
                    body(call)

        started.__doc__ = body.__doc__
        started.__name__ = body.__name__
        parameters = [Parameter("context", Parameter.POSITIONAL_OR_KEYWORD)]
        parameters += [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=_DEFAULTS.get(name)) for name in names]
        started.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return Task(started, help={name: _HELP[name] for name in names}, auto_shortflags=False)

    return make


def _read_call(context: Context, given: dict[str, Any]) -> Call:
    color = given.pop("color", "auto")
    if color not in {"auto", "always", "never"}:
        raise UsageError(f"--color is {color!r}", expected="auto, always or never")
    if given.get("report_dir"):
        given["report_dir"] = _utf8(str(Path(given["report_dir"]).resolve()))
    own = {name: given.pop(name) for name in ("json", "to", "live_only") if name in given}
    console = Console(color=color, env=os.environ)
    return Call(options=Options(**given), console=console, dry=bool(context.config.run.dry), **own)


def _utf8(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UsageError(f"--report-dir {path!r} is not UTF-8", expected="a folder that a report can name") from None
    return path


@contextlib.contextmanager
def _one_document(call: Call) -> Iterator[None]:
    """See to it that `--json` gives one document also where a call is refused."""
    try:
        yield
    except BurnishError as error:
        if not call.console.has_results:
            call.show_json({"error": {**error.as_dict(), "exit_status": error.exit_status}})
        raise


@contextlib.contextmanager
def _exit_statuses() -> Iterator[None]:
    """Turn every way out into its exit status; nothing of ours ends in a bare traceback."""
    try:
        with _signals_raised():
            yield
    except Interrupted as interruption:
        name = signal.Signals(interruption.signal_number).name
        files = "restored, unless a step had left them changed or the change was final already"
        message = f"burnish: interrupted by {name}\n  files:    {files}\n  next:     burnish status"
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
    """Raise Interrupted in the main thread at the first of the signals by which people and systems stop a program.

    The first one starts the way out, on which files are put back; the ones after it would only get in its way.
    """
    came: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise Interrupted(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    previous = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _step(call: Call, name: str, *carried_out: Callable[[Run], object], fresh: bool = False) -> Run:
    """Carry out phases on a run, under the lock; with Invoke's `--dry`, show the plan in their place."""
    run = call.run(fresh=fresh)
    _carry_out(call, run, name, *carried_out)
    return run


def _carry_out(call: Call, run: Run, name: str, *carried_out: Callable[[Run], object]) -> None:
    if call.dry:
        show_plan(run, call)
        raise Exit(code=0)
    with run.locked(name):
        for phase in carried_out:
            phase(run)


@_command(*_CHOICES, "json")
def doctor(call: Call) -> None:
    """See what this machine and project have and lack, each with its remedy."""
    findings = doctoring.examine(call.run(fresh=True))
    if call.json:
        call.show_json(findings)
    else:
        doctoring.show(findings, call.console)
    doctoring.require_nothing_missing(findings)


@_command(*_CHOICES, "json")
def plan(call: Call) -> None:
    """Show the exact diff that apply-profile and write-config would write; write nothing."""
    show_plan(call.run(fresh=True), call)


@_command(*_RUN, "json")
def baseline(call: Call) -> None:
    """0: build and measure the project as it is."""
    run = _step(call, "baseline", phases.require_unchanged, phases.baseline, fresh=True)
    call.show_json(run.report.baseline)


@_command(*_RUN)
def apply_profile(call: Call) -> None:
    """1: write the recipe's [profile.release] into the workspace root's Cargo.toml."""
    _step(call, "apply-profile", phases.preflight_step, phases.apply_profile)


@_command(*_RUN)
def write_config(call: Call) -> None:
    """2: write the recipe's link settings into .cargo/config.toml, merged with what is there."""
    _step(call, "write-config", phases.preflight_step, phases.write_config)


@_command(*_RUN, "json")
def build(call: Call) -> None:
    """3: build the candidate, by the project's own `cargo build --release`."""
    run = _step(call, "build", phases.build)
    call.show_json(run.report.candidate)
    if run.side("candidate").build_error:
        raise GateFailed(
            "the candidate does not build; cargo's words are above",
            files=phases.AS_LEFT,
            next_command="burnish rollback",
        )


@_command(*_RUN, "json")
def measure(call: Call) -> None:
    """4: measure behaviour and start-up of what was built, with the floor, in rotating rounds."""
    run = _step(call, "measure", phases.measure)
    call.show_json({name: getattr(run.report, name) for name in SIDES})


@_command(*_RUN, "json")
def test(call: Call) -> None:
    """5: run the test suite, to be compared with the baseline's passing set."""
    run = _step(call, "test", phases.test)
    call.show_json(run.side("candidate").tests)


@_command(*_RUN, "json")
def bench(call: Call) -> None:
    """6: run the Criterion benches of both sides in alternation."""
    run = _step(call, "bench", phases.bench)
    call.show_json(run.side("candidate").benches)


@_command(*_RUN, "json")
def judge(call: Call) -> None:
    """7: judge every gate and print the table; the exit status is the verdict."""
    run = _step(call, "judge", phases.judge)
    run.publish()
    show_report(run, call)
    phases.require_passed(run.report, files=phases.AS_LEFT, next_command="burnish rollback")


@_command(*_PROJECT)
def keep(call: Call) -> None:
    """8: make the applied change final."""
    _step(call, "keep", phases.keep).close("kept")


@_command(*_PROJECT, "to", "live_only", "json")
def rollback(call: Call) -> None:
    """9: put everything back: a live change, else the newest kept one."""
    root, number = call.root(), _number(call.to)
    if call.dry:
        return show_status(root, call)
    undone = standing.roll_back(root, user_state(), call.console, to=number, only_live=call.live_only)
    return call.show_json(undone)


@_command(*_PROJECT, "json")
def status(call: Call) -> None:
    """See whether a change is applied and final, whether the files still hold it, and the last verdict."""
    show_status(call.root(), call)


@_command(*_RUN, "json")
def optimize(call: Call) -> None:
    """Do all of it, in order: keep the change when every gate passes, else roll back."""
    run = call.run(fresh=True)
    try:
        _carry_out(call, run, "optimize", whole_flow)
    finally:
        if run.report.run.ended:
            show_report(run, call)
    phases.require_passed(run.report, files=RESTORED, next_command="burnish plan --recipe NAME, for another recipe")


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


def show_plan(run: Run, call: Call) -> None:
    """Print the diff that would be written, and what it gives up."""
    made = phases.plan(run)
    if call.json:
        call.show_json({"edits": run.report.edits, "recipe": run.report.recipe, "notes": made.notes})
        return
    for note in made.notes:
        call.console.warn(note)
    for edit in made.edits:
        call.console.result(_painted_diff(edit.diff(), call.console))
    if made.is_empty:
        call.console.result(f"nothing to do: the files hold the recipe {run.recipe.name}")


def _painted_diff(diff: str, console: Console) -> str:
    roles: dict[str, Role] = {"+": "good", "-": "bad", "@": "doubt"}
    return "\n".join(console.paint(neutral(line), roles.get(line[:1], "plain")) for line in diff.splitlines())


def show_report(run: Run, call: Call) -> None:
    """Print the table of gates, or the whole report as JSON; and say where the rest is."""
    call.console.say(f"report: {run.folder / 'report.html'}")
    if call.json:
        call.show_json(run.report)
    else:
        width = shutil.get_terminal_size((120, 24)).columns
        call.console.result(render_table(run.report, call.console.paint, width=width))


def show_status(root: Path, call: Call) -> None:
    """Print what is applied, in plain words or as JSON."""
    found = standing.read_status(root, user_state())
    if call.json:
        call.show_json(found)
        return
    for line in standing.status_lines(found):
        call.console.result(neutral(line))


def _number(text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit()):
        return int(text) if text else None
    raise UsageError(f"--to is {text!r}", expected="the number of a kept change: see `burnish status`")
