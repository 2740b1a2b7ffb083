"""How many instructions a program executes: they hardly differ from run to run, however busy the machine is.

Those of the program's own process, in user space: work, not time. The kernel counts them, by way of hyperfine, where
it lets programs read the processor's counters; else valgrind's cachegrind does, at about fifty times the run's time.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from burnish.errors import BurnishError
from burnish.measure.command import Command
from burnish.measure.hyperfine import EndedOtherwise, Timer, time_round
from burnish.model import CountedBy, SideName
from burnish.system.process import Finished, Programs

VALGRIND = "valgrind"
_SUMMARY = re.compile(rb"^summary:\s*(\d+)", re.MULTILINE)
_MAX_WORDS = 200


class CannotCountError(Exception):
    """A start whose instructions could not be counted; its text says why."""


class Counter(Protocol):
    """What counts the instructions of one start."""

    @property
    def by(self) -> CountedBy:
        """Return who counts."""

    def count(self, command: Command) -> int:
        """Start a command and return how many instructions it executed. Raise CannotCountError where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class KernelCounter:
    """The processor's own counter, as hyperfine reads it. `timer` says by which program, and where it writes."""

    timer: Timer
    by: CountedBy = "kernel"

    def count(self, command: Command) -> int:
        """Start a command once and return the count of that run. Raise CannotCountError where none is told."""
        once = dataclasses.replace(self.timer, runs=1, warmup=0)
        try:
            runs = time_round({"counted": command}, ["counted"], once)["counted"]
        except EndedOtherwise as error:
            raise CannotCountError(error.found) from error
        if not runs.instructions:
            raise CannotCountError("the kernel told no count")
        return round(runs.instructions[0])


@dataclass(frozen=True, kw_only=True)
class ValgrindCounter:
    """Valgrind's cachegrind, without its caches. `folder` is where it writes."""

    programs: Programs
    valgrind: str
    folder: Path
    timeout_seconds: float
    by: CountedBy = "valgrind"

    def count(self, command: Command) -> int:
        """Run a command under valgrind and return what it counted.

        Raise CannotCountError where the command ends otherwise than expected or takes too long there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        written, log = self.folder / "cachegrind.out", self.folder / "valgrind.log"
        written.unlink(missing_ok=True)
        try:
            finished = self.programs.run(
                [*_cachegrind(self.valgrind, written, log), *command.argv],
                cwd=command.cwd,
                stdin=command.stdin,
                env=command.env,
                timeout_seconds=self.timeout_seconds,
            )
        except BurnishError as error:
            raise CannotCountError(error.found) from error
        return self._read(finished, command, written, log)

    def _read(self, finished: Finished, command: Command, written: Path, log: Path) -> int:
        if finished.timed_out:
            raise CannotCountError(f"it takes more than {self.timeout_seconds:g} s under valgrind")
        if finished.exit_status != command.exit_status:
            ending = f"it gave exit status {finished.exit_status} under valgrind, not {command.exit_status}"
            raise CannotCountError("; ".join(filter(None, [ending, _last_line(log)])))
        summary = _SUMMARY.search(written.read_bytes()) if written.is_file() else None
        if summary is None:
            raise CannotCountError("; ".join(filter(None, ["valgrind wrote no count", _last_line(log)])))
        return int(summary[1])


def _cachegrind(valgrind: str, written: Path, log: Path) -> list[str]:
    """Return the beginning of a command under cachegrind. No file of the user's, nor of the project's, adds options."""
    return [
        valgrind,
        "--command-line-only=yes",
        "--tool=cachegrind",
        "--cache-sim=no",
        # Valgrind expands percent signs in these names.
        f"--cachegrind-out-file={str(written).replace('%', '%%')}",
        f"--log-file={str(log).replace('%', '%%')}",
    ]


def _last_line(log: Path) -> str:
    lines = log.read_bytes()[-4096:].decode("utf-8", "replace").split("\n") if log.is_file() else []
    said = [re.sub(r"^==\d+== ?", "", line).strip() for line in lines]
    return next((line for line in reversed(said) if line), "")[:_MAX_WORDS]


@dataclass(frozen=True, kw_only=True)
class CountPlan:
    """How often each command is counted: so many rounds, more while it is undecided, and none begun late; seconds.

    The `least` rounds are counted however long they take.
    """

    rounds: int
    max_rounds: int
    max_seconds: float
    least: int = 1


def count_in_rounds(
    commands: Mapping[SideName, Command],
    counter: Counter,
    plan: CountPlan,
    *,
    is_undecided: Callable[[Mapping[SideName, Sequence[int]]], bool],
    clock: Callable[[], float],
    on_round: Callable[[int, int], None],
) -> dict[SideName, list[int]]:
    """Count the commands in turn, round by round, and return the counts of each.

    Raise CannotCountError at the first start that cannot be counted.
    """
    counts: dict[SideName, list[int]] = {name: [] for name in commands}
    began, done = clock(), 0
    while done < plan.rounds or (done < plan.max_rounds and is_undecided(counts)):
        spent = clock() - began
        if done >= plan.least and spent + spent / done > plan.max_seconds:
            break
        for name, command in commands.items():
            counts[name].append(counter.count(command))
        done += 1
        on_round(done, max(done, plan.rounds))
    return counts
