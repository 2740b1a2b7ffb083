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
from inspect import Parameter, Signature, signature
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task

from burnish.cargo.given_config import is_given_file
from burnish.commands.arguments import OPTIONS, flags_of
from burnish.commands.fleet_options import FLEET_OPTIONS, FleetOptions
from burnish.errors import IN_DOUBT, BurnishError, InternalError, Interrupted, UsageError, refusal_by_disk
from burnish.resources import current_folder
from burnish.system.console import Console, Verbosity
from burnish.system.redact import without_secrets
from burnish.text import did_you_mean, inert, neutral, shown

if TYPE_CHECKING:
    from burnish.job.opening import Opened
    from burnish.job.options import Options

PROJECT_OPTIONS = ("project", "manifest_path", "quiet", "verbose", "color")
CHOICE_OPTIONS = (
    *PROJECT_OPTIONS,
    "package",
    "workspace",
    "bin",
    "bins",
    "lib",
    "features",
    "all_features",
    "no_default_features",
    "profile",
    "locked",
    "offline",
    "frozen",
    "jobs",
    "config",
    "toolchain",
    "recipe",
    "reach",
    "platform",
    "budget",
    "max_size",
    "max_startup",
    "accept",
    "set",
)
RUN_OPTIONS = (
    *CHOICE_OPTIONS,
    "report_dir",
    "history",
    "allow_dirty",
    "allow_abort",
    "test_runner",
    "all_gates",
    "dry_run",
)
CLUSTER_OPTIONS = ("scheduler", "insecure", "tls_ca", "tls_cert", "tls_key")
CHECK_OPTIONS = (
    *CHOICE_OPTIONS,
    "against",
    "accept_growth",
    "tests",
    "benches",
    "report_dir",
    "history",
    "test_runner",
)
_PART_MARGIN = len("  expected: ")
_OF_THE_CALL = ("json", "to", "live_only", "suggest", "fix", "yes", "bisect")


class StepTask(Task[Any]):
    """An Invoke task whose options have the short forms that cargo's have."""

    @property
    def command(self) -> str:
        """Return the name as it is typed."""
        return str(self.name).replace("_", "-")

    @property
    def options(self) -> tuple[str, ...]:
        """Return the names of the options, as keys of OPTIONS."""
        return tuple(signature(self.body).parameters)[1:]

    @property
    def word(self) -> str:
        """Return the name of the option whose value may stand alone behind the command; empty where none may."""
        return str(getattr(self.body, "word", ""))

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:  # noqa: ANN401 - as Invoke's
        """Add the short form to what the parser is told of an option."""
        told = super().arg_opts(name, default, taken_names)
        short, other = OPTIONS[name].short, OPTIONS[name].other
        return {**told, "names": [*told["names"], *filter(None, (short, other))]}


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
    fix: bool = False
    yes: bool = False
    bisect: bool = False
    opens_page: bool = False
    fleet: FleetOptions = field(default_factory=FleetOptions)
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
            show_document(value, self.console)


def show_document(value: object, console: Console) -> None:
    """Write a value as one JSON document."""
    import msgspec

    document = msgspec.json.encode(value, enc_hook=str)  # paths
    console.result(msgspec.json.format(document, indent=2).decode())


def command(*names: str, word: str = "") -> Callable[[Callable[[Call], None]], StepTask]:
    """Make an Invoke task of a function of one call; `names` are the options that it takes.

    The value of the option `word` may also stand alone behind the command.
    """

    def make(body: Callable[[Call], None]) -> StepTask:
        def started(context: Context, **given: Any) -> None:  # noqa: ANN401 - Invoke hands over what it parsed
            console = Console(env=os.environ)
            with _exit_statuses(), one_document(console, wanted=bool(given.get("json"))):
                for name, value in given.items():
                    _require_readable(name, value, body.__name__.replace("_", "-"))
                body(_read_call(context, given, console))

        started.__doc__ = body.__doc__
        started.__name__ = body.__name__
        started.word = word  # type: ignore[attr-defined]
        parameters = [Parameter("context", Parameter.POSITIONAL_OR_KEYWORD)]
        parameters += [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=_unsaid(name)) for name in names]
        started.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        several = [name for name in names if OPTIONS[name].is_list]
        return StepTask(started, help={name: _help(name) for name in names}, iterable=several, auto_shortflags=False)

    return make


def _help(name: str) -> str:
    return f"{OPTIONS[name].help} (default: {OPTIONS[name].default_words})"


def _unsaid(name: str) -> object:
    """Return what stands for an option that is not given: by its type Invoke knows a switch."""
    return None if OPTIONS[name].value else False


def _read_call(context: Context, given: dict[str, Any], console: Console) -> Call:
    from burnish.job.options import Options

    console.set_color(given.pop("color", None) or "auto")
    console.set_verbosity(_verbosity(quiet=given.pop("quiet", False), verbose=given.pop("verbose", False)))
    if given.get("report_dir"):
        from burnish.job.places import whole_path

        given["report_dir"] = _utf8(str(whole_path("--report-dir", given["report_dir"], current_folder())))
    if given.get("against"):
        given["against"] = _report_here(given["against"])
    if given.get("history") not in {None, *OPTIONS["history"].values}:
        from burnish.job.places import whole_path

        given["history"] = _utf8(str(whole_path("--history", given["history"], current_folder())))
    given["config"] = [_config_here(each) for each in given.get("config") or ()]
    given |= {name: tuple(given[name] or ()) for name in given if OPTIONS[name].is_list}
    own: dict[str, Any] = {name: given.pop(name) for name in _OF_THE_CALL if name in given}
    own["opens_page"] = given.pop("open", False)
    own["fleet"] = FleetOptions(**{name: given.pop(name) for name in FLEET_OPTIONS if name in given})
    dry = given.pop("dry_run", False) or bool(context.config.run.dry)
    return Call(options=Options(**given), console=console, dry=dry, **own)


def _require_readable(name: str, value: object, step: str) -> None:
    """Raise UsageError for a value of another kind than the option takes, or of a closed set that has it not."""
    option = OPTIONS[name]
    if not isinstance(value, str):
        return
    found, next_command = f"{flags_of(name)[-1]} is {shown(value)}", f"burnish help {step}"
    if option.is_closed and value not in option.values:
        expected = f"one of {', '.join(option.values)}"
        raise UsageError(found + did_you_mean(value, option.values), expected=expected, next_command=next_command)
    try:
        option.read(value)
    except ValueError as error:
        raise UsageError(found, expected=option.expected, next_command=next_command) from error


def _verbosity(*, quiet: bool, verbose: bool) -> Verbosity:
    if quiet and verbose:
        raise UsageError("both --quiet and --verbose are given", expected="one of them")
    return 0 if quiet else 2 if verbose else 1


def _config_here(text: str) -> str:
    """Return what `--config` is given with the whole path of a file, since cargo is started in another folder."""
    path = current_folder() / text
    return _utf8(str(path.resolve())) if is_given_file(current_folder(), text) else text


def _report_here(text: str) -> str:
    """Return what `--against` names with the whole path of a report, in words that a report can hold."""
    is_report = text.endswith(".json") and is_given_file(current_folder(), text)
    return _utf8(str((current_folder() / text).resolve()) if is_report else text)


def _utf8(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{path!r} is not UTF-8", expected="a folder that a report can name") from None
    return path


@contextlib.contextmanager
def one_document(console: Console, *, wanted: bool) -> Iterator[None]:
    """See to it that `--json` gives one document also where a call is refused; what is said of it fits the terminal."""
    try:
        yield
    except BurnishError as error:
        error.message = "\n".join(error_lines(error, console))
        if wanted and not console.has_results:
            show_document({"error": {**error.as_dict(), "exit_status": error.exit_status}}, console)
        raise


def error_lines(error: BurnishError, console: Console) -> Iterator[str]:
    """Yield the lines of an error, folded where they are for a terminal."""
    for line in error.render().splitlines():
        hang = _PART_MARGIN if line.startswith("  ") else len("burnish: ")
        yield from console.folded(line, hang=hang, is_command=line.startswith("  next:"), on_out=False)


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
