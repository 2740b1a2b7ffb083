"""Calls: what was asked for on the command line, and every way out as its exit status.

What carries a call out is imported where it is called for: `--list` and `--help` need none of it.
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
from typing import TYPE_CHECKING, Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task

from burnish.errors import IN_DOUBT, BurnishError, InternalError, Interrupted, UsageError, refusal_by_disk
from burnish.resources import current_folder
from burnish.system.console import Console
from burnish.system.redact import without_secrets
from burnish.text import inert, neutral

if TYPE_CHECKING:
    from burnish.job.opening import Opened
    from burnish.job.options import Options

_HELP = {
    "project": "A folder or a Cargo.toml; without it, the nearest Cargo.toml from here upward.",
    "package": "The package to work on, where the workspace has several.",
    "bin": "The binary to judge, where the package has several.",
    "recipe": "The recipe of settings: auto (the best that is found), portable, small, phase1, or the project's own.",
    "max_trials": "How many candidates are built at most.",
    "time_budget": 'How long building may go on, such as "30 min".',
    "platform": "The platform to build for, a target triple.",
    "budget": "The budget to judge by: improve, phase1 or sound.",
    "max_size": 'The size limit, such as "500 kB" (1000 bytes each) or a number of bytes.',
    "max_startup": 'The limit of the upper bound of the mean start-up\'s 95% interval, such as "500 us".',
    "report_dir": "Write report.json and its renderings to this folder too.",
    "allow_dirty": "Edit files that hold uncommitted changes, or that git ignores.",
    "allow_abort": "Accept unwinding: panics may abort, though code of the project catches them.",
    "all_gates": "Run tests and benches too where another gate has failed already.",
    "accept": "What the binary may take from the people who run it: names with commas between, or all; see the README.",
    "test_runner": "Who runs the tests: auto, cargo or nextest.",
    "set": 'Any setting, such as "startup.runs = 30"; may be given several times.',
    "color": "When to use colour: auto, always or never.",
    "json": "Write one JSON document to standard output.",
    "live_only": "Undo a change that is not final, and nothing else.",
    "suggest": "Propose workloads from the project's own tests, benches and examples.",
    "open": "Open the report in the browser.",
    "to": "Undo kept changes back to and including this number; see status.",
}
PROJECT_OPTIONS = ("project", "color")
CHOICE_OPTIONS = (
    *PROJECT_OPTIONS,
    "package",
    "bin",
    "recipe",
    "platform",
    "budget",
    "max_size",
    "max_startup",
    "accept",
    "set",
)
RUN_OPTIONS = (*CHOICE_OPTIONS, "report_dir", "allow_dirty", "allow_abort", "test_runner", "all_gates")
_SEVERAL = ("set", "accept")
_DEFAULTS: dict[str, Any] = {
    "allow_dirty": False,
    "allow_abort": False,
    "all_gates": False,
    "json": False,
    "live_only": False,
    "suggest": False,
    "open": False,
    "color": "auto",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a task: what was asked for, and the process's own surroundings, read here and passed on."""

    options: Options
    console: Console
    dry: bool
    json: bool = False
    to: str | None = None
    live_only: bool = False
    suggest: bool = False
    opens_page: bool = False
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = field(default_factory=current_folder)

    def open(self, *, fresh: bool = False) -> Opened:
        """Open a job with the notebook of a fresh run, or of the run that earlier steps have begun.

        Raise Refused where its platform cannot be built here.
        """
        from burnish.platforms.finding import require_complete

        opened = self.examine(fresh=fresh)
        require_complete(opened.job.opened.found, opened.job.opened.platform)
        return opened

    def examine(self, *, fresh: bool = True) -> Opened:
        """Open a job to look at, whether or not its platform can be built here."""
        from burnish.job.opening import open_job

        return open_job(self.options, console=self.console, env=self.env, cwd=self.cwd, fresh=fresh)

    def root(self) -> Path:
        """Find the workspace root, also where cargo cannot read the manifest."""
        from burnish.commands.status import find_root
        from burnish.job.places import locate_start
        from burnish.system.process import Programs

        return find_root(Programs(env=self.env), locate_start(self.options, cwd=self.cwd, as_it_stands=True))

    def show_json(self, value: object) -> None:
        """Write a value as one JSON document, when that was asked for."""
        if self.json:
            import msgspec

            document = msgspec.json.encode(value, enc_hook=str)  # paths
            self.console.result(msgspec.json.format(document, indent=2).decode())


def command(*names: str) -> Callable[[Callable[[Call], None]], Task[Any]]:
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
        several = [name for name in names if name in _SEVERAL]
        return Task(started, help={name: _HELP[name] for name in names}, iterable=several, auto_shortflags=False)

    return make


def _read_call(context: Context, given: dict[str, Any]) -> Call:
    color = given.pop("color", "auto")
    if color not in {"auto", "always", "never"}:
        raise UsageError(f"--color is {color!r}", expected="auto, always or never")
    if given.get("report_dir"):
        from burnish.job.places import whole_path

        given["report_dir"] = _utf8(str(whole_path("--report-dir", given["report_dir"], current_folder())))
    from burnish.job.options import Options

    given |= {name: tuple(given[name] or ()) for name in _SEVERAL if name in given}
    own: dict[str, Any] = {name: given.pop(name) for name in ("json", "to", "live_only", "suggest") if name in given}
    own["opens_page"] = given.pop("open", False)
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
        raise Exit(_interruption_words(interruption), interruption.exit_status) from None
    except (Exit, SystemExit):
        raise
    except Exception as error:
        if refused := refusal_by_disk(error):
            raise refused from error
        trace = without_secrets(traceback.format_exc())
        sys.stderr.write(inert(neutral(trace, keep_newlines=True)).rstrip() + "\n")
        raise InternalError(
            f"a defect of burnish: {type(error).__name__}: {error}",
            files=IN_DOUBT,
            next_command="burnish status",
        ) from error


def _interruption_words(interruption: Interrupted) -> str:
    name = signal.Signals(interruption.signal_number).name
    next_line = f"\n  next:     {interruption.next_command}" if interruption.next_command else ""
    return f"burnish: interrupted by {name}\n  files:    {interruption.files}{next_line}"


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
