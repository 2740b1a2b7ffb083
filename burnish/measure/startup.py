"""Start-up time: rounds of hyperfine, each with every side and the floor in it, in an order that rotates.

Runs of one invocation share layout, frequency and neighbours; rounds do not. So the interval is taken over the means of
the rounds (Kalibera & Jones 2013), and whether a round was disturbed is judged by the floor alone.
"""

from __future__ import annotations

import contextlib
import math
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.statistics import mean, median, t_interval
from burnish.process import Programs
from burnish.report.model import Floor, Startup, Timing

FLOOR = "floor"
DISTURBED_RATIO = 1.5
"""A round whose floor takes this many times the median round's floor is disturbed, and repeated."""
REPEATED_SHARE = 0.5
"""At most this share of the rounds asked for is repeated; after that a disturbed round counts as it is."""

_VERSION_SECONDS = 10.0
_WHEEL = "astral-dev-toolchain-hyperfine"

Round = dict[str, list[float]]
"""One round: wall-clock seconds of every run, by side."""


@dataclass(frozen=True, kw_only=True)
class Hyperfine:
    """A hyperfine of version 2 or later, and its version."""

    path: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Timer:
    """How one round is timed: `runs` of each side after `warmup`, in `timeout_seconds` for the whole round.

    `folder` takes the files that hyperfine reads and writes.
    """

    programs: Programs
    hyperfine: Path
    folder: Path
    runs: int
    warmup: int
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class Startups:
    """The start-up of each side, and what there is to say about the measuring."""

    sides: dict[str, Startup]
    warnings: tuple[str, ...] = ()


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
    raise Refused(found, expected="hyperfine 2", next_command=f"python -m pip install {_WHEEL}")


def _version_of(programs: Programs, path: str) -> str | None:
    with contextlib.suppress(Refused):
        finished = programs.run([path, "--version"], cwd=Path(path).parent, timeout_seconds=_VERSION_SECONDS)
        match = re.match(rb"hyperfine (\d+\.\d+\.\d+\S*)", finished.stdout)
        if finished.ok and match is not None:
            return match[1].decode("ascii", "replace")
    return None


def measure_startup(
    sides: Mapping[str, Command],
    timer: Timer,
    *,
    floor: FloorBinary | None,
    rounds: int,
    on_round: Callable[[int, int], None],
    earlier: Mapping[str, Startup] | None = None,
) -> Startups:
    """Time the sides and the floor together, in `rounds` more rounds than `earlier` holds.

    `earlier` is what a call for the same sides gave, with the same number of runs. `on_round(done, planned)` is called
    after every round of this call.

    Raise Refused when a side does not start, ends with another exit status than expected, or takes too long, and when
    hyperfine's answer is not what its schema 2 says. The sides must agree on folder and standard input.
    """
    commands = _with_floor(sides, floor)
    old = _rounds_of(earlier or {})
    planned = rounds

    def next_round(done: int) -> Round:
        timed = time_round(commands, plan_order(tuple(commands), len(old) + done), timer)
        on_round(done + 1, planned)
        return timed

    new = [next_round(done) for done in range(rounds)]
    limit = math.ceil(rounds * REPEATED_SHARE)
    repeated = 0
    while (bad := _first_disturbed(old, new)) is not None and repeated < limit:
        planned += 1
        new[bad] = next_round(rounds + repeated)
        repeated += 1
    return Startups(
        sides={name: _summarise(name, commands, [*old, *new], floor) for name in sides},
        warnings=_warnings(repeated, rounds, floor, still=bad is not None),
    )


def _with_floor(sides: Mapping[str, Command], floor: FloorBinary | None) -> dict[str, Command]:
    first = next(iter(sides.values()))
    if any((side.cwd, side.stdin) != (first.cwd, first.stdin) for side in sides.values()):
        raise ValueError("the sides of one round need the same folder and standard input")
    if FLOOR in sides:
        raise ValueError("no side can be called floor")
    if floor is None:
        return dict(sides)
    return {**sides, FLOOR: Command(argv=(str(floor.path),), cwd=first.cwd, stdin=first.stdin)}


def _rounds_of(earlier: Mapping[str, Startup]) -> list[Round]:
    raw = {name: side.raw for name, side in earlier.items()}
    for side in earlier.values():
        if side.floor is not None:
            raw[FLOOR] = side.floor.timing.raw
    return [dict(zip(raw, samples, strict=True)) for samples in zip(*raw.values(), strict=True)]


def plan_order(names: Sequence[str], round_number: int) -> tuple[str, ...]:
    """Give the order of a round: every name comes first in turn, then all over again backwards.

    So over 2 * len(names) rounds each name stands equally often in each place, before and after each neighbour.
    """
    turn = round_number % len(names)
    order = (*names[turn:], *names[:turn])
    return order if round_number // len(names) % 2 == 0 else order[::-1]


def time_round(commands: Mapping[str, Command], order: Sequence[str], timer: Timer) -> Round:
    """Time one round: one invocation of hyperfine, the commands in `order`.

    Raise Refused as `measure_startup` does.
    """
    export = timer.folder / "round.json"
    timer.folder.mkdir(parents=True, exist_ok=True)
    export.unlink(missing_ok=True)
    finished = timer.programs.run(
        hyperfine_argv(commands, order, timer, export),
        cwd=commands[order[0]].cwd,
        timeout_seconds=timer.timeout_seconds,
    )
    if finished.timed_out:
        raise Refused(
            f"{timer.runs} runs each of {', '.join(order)} took more than {timer.timeout_seconds:.0f} s",
            expected="a start-up command that ends at once",
            files="",
        )
    if not finished.ok:
        said = finished.stderr.decode("utf-8", "replace").strip() or f"exit status {finished.exit_status}"
        raise Refused(f"hyperfine could not time {', '.join(order)}: {said}", files="")
    timed = read_export(export.read_bytes(), {name: commands[name].exit_status for name in order}, timer.runs)
    return {name: timed[name] for name in commands}


def hyperfine_argv(commands: Mapping[str, Command], order: Sequence[str], timer: Timer, export: Path) -> list[str]:
    """Give hyperfine's arguments for one round; writes the file of the standard input where there is one.

    Without a shell hyperfine splits each command into words as a POSIX shell would, and expands nothing.
    """
    argv = [str(timer.hyperfine), "--shell=none", f"--runs={timer.runs}", f"--warmup={timer.warmup}", "--style=none"]
    argv.append(f"--export-json={export}")
    stdin = commands[order[0]].stdin
    if stdin:
        source = timer.folder / "stdin"
        source.write_bytes(stdin)
        argv.append(f"--input={source}")
    ignored = sorted({command.exit_status for command in commands.values()} - {0})
    if ignored:
        argv.append("--ignore-failure=" + ",".join(map(str, ignored)))
    argv += [f"--command-name={name}" for name in order]
    return [*argv, "--", *(shlex.join(commands[name].argv) for name in order)]


class _Quantity(msgspec.Struct):
    value: float
    unit: str


class _Run(msgspec.Struct):
    time_wall_clock: _Quantity
    exit_code: int | None = None


class _Result(msgspec.Struct):
    name: str
    measurements: list[_Run]


class _Export(msgspec.Struct):
    schema_version: int
    results: list[_Result]


def read_export(content: bytes, expected: Mapping[str, int], runs: int) -> Round:
    """Read hyperfine's JSON export: the seconds of all runs of the sides in `expected`, which gives their exit status.

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
        _check_runs(result, expected[result.name], runs)
    return {result.name: [run.time_wall_clock.value for run in result.measurements] for result in export.results}


def _check_runs(result: _Result, exit_status: int, runs: int) -> None:
    if len(result.measurements) != runs:
        raise _strange(f"{len(result.measurements)} runs of {result.name}, not {runs}")
    for run in result.measurements:
        if run.exit_code != exit_status:
            ending = "was ended by a signal" if run.exit_code is None else f"gave exit status {run.exit_code}"
            raise Refused(
                f"the start-up command of the {result.name} {ending}", expected=f"exit status {exit_status}", files=""
            )
        if run.time_wall_clock.unit != "second" or not 0 < run.time_wall_clock.value < math.inf:
            raise _strange(f"a time of {run.time_wall_clock.value} {run.time_wall_clock.unit}")


def _strange(what: str) -> Refused:
    return Refused(
        f"hyperfine's export holds {what}",
        expected="JSON of schema version 2, times in seconds",
        files="",
        next_command=f"python -m pip install --upgrade {_WHEEL}",
    )


def _first_disturbed(old: Sequence[Round], new: Sequence[Round]) -> int | None:
    """Give the first of the new rounds in which the floor was disturbed. Only the floor is looked at."""
    floors = [mean(timed[FLOOR]) for timed in (*old, *new) if FLOOR in timed]
    if not floors:
        return None
    limit = DISTURBED_RATIO * median(floors)
    return next((i for i, timed in enumerate(new) if mean(timed[FLOOR]) > limit), None)


def _warnings(repeated: int, rounds: int, floor: FloorBinary | None, *, still: bool) -> tuple[str, ...]:
    warnings = []
    if floor is None:
        warnings.append("no floor could be built here: disturbed rounds cannot be told from others")
    if repeated:
        warnings.append(f"{repeated} start-up rounds beyond {rounds}: the floor was disturbed in those they replace")
    if still:
        warnings.append("the floor stayed disturbed: the machine is too busy for steady times")
    return tuple(warnings)


def _summarise(
    name: str, commands: Mapping[str, Command], rounds: Sequence[Round], floor: FloorBinary | None
) -> Startup:
    timing = summarise(commands[name].argv, [timed[name] for timed in rounds])
    beside = None
    if floor is not None:
        floor_timing = summarise(commands[FLOOR].argv, [timed[FLOOR] for timed in rounds])
        beside = Floor(kind=floor.kind, timing=floor_timing)
    return Startup(**{field: getattr(timing, field) for field in Timing.__struct_fields__}, floor=beside)


def summarise(argv: Sequence[str], raw: Sequence[Sequence[float]]) -> Timing:
    """Sum up rounds x runs of seconds: the mean of the rounds' means with its t interval, the median of all runs.

    `runs` of the result is the number in each round.
    """
    interval = t_interval([mean(samples) for samples in raw])
    return Timing(
        command=list(argv),
        mean_seconds=interval.mean,
        ci95_seconds=(interval.low, interval.high),
        median_seconds=median([seconds for samples in raw for seconds in samples]),
        runs=len(raw[0]),
        rounds=len(raw),
        raw=[list(samples) for samples in raw],
    )
