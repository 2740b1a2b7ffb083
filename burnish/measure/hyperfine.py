"""The timer: one invocation of hyperfine 2 times each of some commands a number of times. All that we know of it."""

from __future__ import annotations

import contextlib
import math
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.measure.command import Command
from burnish.measure.rounds import Round, Runs
from burnish.system.process import Programs

_VERSION_SECONDS = 10.0
HYPERFINE_WHEEL = "astral-dev-toolchain-hyperfine"


@dataclass(frozen=True, kw_only=True)
class Hyperfine:
    """A hyperfine of version 2 or later, and its version."""

    path: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Timer:
    """How one round is timed: `runs` of each command after `warmup`, in `timeout_seconds` for the whole round.

    `folder` takes the files that hyperfine reads and writes, and, where it `keeps_output`, what the last run of each
    command in a round printed. `what` is timed, in words.
    """

    programs: Programs
    hyperfine: Path
    folder: Path
    runs: int
    warmup: int
    timeout_seconds: float
    keeps_output: bool = False
    what: str = "start-up command"

    def output(self, name: str, order: Sequence[str]) -> Path:
        """Return the file of what a command printed in a round of this order."""
        return self.folder / f"stdout-{sorted(order).index(name)}"


class EndedOtherwise(Refused):
    """A timed command ended otherwise than expected: `name` is whose, empty where it took too long and nobody knows."""

    def __init__(self, name: str, found: str, *, expected: str = "") -> None:
        self.name = name
        super().__init__(found, expected=expected, files="")


def find_hyperfine(programs: Programs, scripts: Path) -> Hyperfine:
    """Find hyperfine 2: in `scripts`, the folder of Python's own programs where its wheel puts it, then on the PATH.

    Raise Refused when there is none, or none of version 2.
    """
    found = "there is no hyperfine"
    for folder in (str(scripts), programs.env.get("PATH", "")):
        path = shutil.which("hyperfine", path=folder)
        if path is None:
            continue
        version = _version_of(programs, path)
        if version is not None and int(version.split(".")[0]) >= 2:  # noqa: PLR2004 - schema 2 comes with version 2
            return Hyperfine(path=Path(path), version=version)
        found = f"{path} is {version or 'no hyperfine'}"
    raise Refused(found, expected="hyperfine 2", next_command=f"python -m pip install {HYPERFINE_WHEEL}")


def _version_of(programs: Programs, path: str) -> str | None:
    with contextlib.suppress(Refused):
        finished = programs.ask([path, "--version"], cwd=Path(path).parent, timeout_seconds=_VERSION_SECONDS)
        match = re.match(rb"hyperfine (\d+\.\d+\.\d+\S*)", finished.stdout)
        if finished.ok and match is not None:
            return match[1].decode("ascii", "replace")
    return None


def time_round(commands: Mapping[str, Command], order: Sequence[str], timer: Timer) -> Round:
    """Time one round: one invocation of hyperfine, the commands in `order`.

    Raise EndedOtherwise when a command ends with another exit status than expected, or takes too long, and Refused when
    one does not start, or hyperfine's answer is not what its schema 2 says.
    """
    export = timer.folder / "round.json"
    timer.folder.mkdir(parents=True, exist_ok=True)
    export.unlink(missing_ok=True)
    with timer.programs.turns.timing():
        finished = timer.programs.run(
            hyperfine_argv(commands, order, timer, export),
            cwd=commands[order[0]].cwd,
            timeout_seconds=timer.timeout_seconds,
            env=commands[order[0]].env,
        )
    if finished.timed_out:
        found = f"{timer.runs} runs each of {', '.join(order)} took more than {timer.timeout_seconds:.0f} s"
        raise EndedOtherwise("", f"the {timer.what}: {found}", expected="a command that ends sooner")
    if not finished.ok:
        said = finished.stderr.decode("utf-8", "replace").strip() or f"exit status {finished.exit_status}"
        raise Refused(f"hyperfine could not time {', '.join(order)}: {said}", files="")
    expected = {name: commands[name].exit_status for name in order}
    timed = read_export(export.read_bytes(), expected, timer.runs, what=timer.what)
    return {name: timed[name] for name in commands}


def hyperfine_argv(commands: Mapping[str, Command], order: Sequence[str], timer: Timer, export: Path) -> list[str]:
    """Return hyperfine's arguments for one round; writes the file of the standard input where there is one.

    Without a shell hyperfine splits each command into words as a POSIX shell would, and expands nothing.
    """
    argv = [str(timer.hyperfine), "--shell=none", f"--runs={timer.runs}", f"--warmup={timer.warmup}", "--style=none"]
    argv.append(f"--export-json={export}")
    stdin = commands[order[0]].stdin
    if stdin:
        source = timer.folder / "stdin"
        source.write_bytes(stdin)
        argv.append(f"--input={source}")
    if timer.keeps_output:
        argv += [f"--output={timer.output(name, order)}" for name in order]
    argv += _ignored_failures(commands, timer)
    argv += [f"--command-name={name}" for name in order]
    return [*argv, "--", *(shlex.join(commands[name].argv) for name in order)]


def _ignored_failures(commands: Mapping[str, Command], timer: Timer) -> list[str]:
    """Return which endings do not stop hyperfine: where output is kept all, since the export tells whose they were."""
    expected = sorted({command.exit_status for command in commands.values()} - {0})
    ignored = "all-non-zero" if timer.keeps_output else ",".join(map(str, expected))
    return [f"--ignore-failure={ignored}"] if ignored else []


class _Quantity(msgspec.Struct):
    value: float
    unit: str


class _Run(msgspec.Struct):
    time_wall_clock: _Quantity
    time_user: _Quantity | None = None
    time_system: _Quantity | None = None
    memory_peak_resident: _Quantity | None = None
    # Only where the kernel lets us count: perf_event is refused in many containers and virtual machines.
    instructions: _Quantity | None = None
    exit_code: int | None = None


class _Result(msgspec.Struct):
    name: str
    measurements: list[_Run]


class _Export(msgspec.Struct):
    schema_version: int
    results: list[_Result]


def read_export(content: bytes, expected: Mapping[str, int], runs: int, *, what: str = "start-up command") -> Round:
    """Read hyperfine's JSON export: all runs of the commands in `expected`, which gives their exit status.

    `what` was timed, in words.

    Raise Refused for another schema, unit, order or number of runs, and for a run with another exit status.
    """
    try:
        export = msgspec.json.decode(content, type=_Export)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _strange(str(error)) from error
    if export.schema_version != 2:  # noqa: PLR2004 - the one that this reads
        raise _strange(f"schema version {export.schema_version}")
    if [result.name for result in export.results] != list(expected):
        raise _strange("other commands than asked for")
    for result in export.results:
        _check_runs(result, expected[result.name], runs, what)
    return {result.name: _runs_of(result.measurements) for result in export.results}


def _check_runs(result: _Result, exit_status: int, runs: int, what: str) -> None:
    if len(result.measurements) != runs:
        raise _strange(f"{len(result.measurements)} runs of {result.name}, not {runs}")
    for run in result.measurements:
        if run.exit_code != exit_status:
            ending = "was ended by a signal" if run.exit_code is None else f"gave exit status {run.exit_code}"
            found = f"the {what} of the {result.name} {ending}"
            raise EndedOtherwise(result.name, found, expected=f"exit status {exit_status}")
        if run.time_wall_clock.unit != "second" or not 0 < run.time_wall_clock.value < math.inf:
            raise _strange(f"a time of {run.time_wall_clock.value} {run.time_wall_clock.unit}")


def _runs_of(measured: Sequence[_Run]) -> Runs:
    return Runs(
        wall_seconds=[run.time_wall_clock.value for run in measured],
        user_seconds=_values([run.time_user for run in measured], "second"),
        system_seconds=_values([run.time_system for run in measured], "second"),
        peak_bytes=_values([run.memory_peak_resident for run in measured], "byte"),
        instructions=_values([run.instructions for run in measured], "count"),
    )


def _values(quantities: Sequence[_Quantity | None], unit: str) -> list[float]:
    """Return the values, or none where one is absent or in another unit: a time counts without this evidence too."""
    values = [quantity.value for quantity in quantities if quantity is not None and quantity.unit == unit]
    return values if len(values) == len(quantities) else []


def _strange(what: str) -> Refused:
    return Refused(
        f"hyperfine's export holds {what}",
        expected="JSON of schema version 2, times in seconds",
        files="",
        next_command=f"python -m pip install --upgrade {HYPERFINE_WHEEL}",
    )
