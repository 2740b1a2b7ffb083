"""Running the benches: Criterion's executables of both sides in alternation, and what they gave."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from burnish.cargo.benches.bench import BenchExecutable, BuiltBenches
from burnish.cargo.benches.criterion import read_benches
from burnish.errors import Refused
from burnish.measure.traces import Places, without_places
from burnish.model import Bench, Benches
from burnish.system.process import Finished, Programs

# Criterion estimates by resampling what we only read; fewer resamples than this make it warn.
_RESAMPLES = "1001"


class BenchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How benches are run; seconds."""

    attempts: int
    max_attempts: int
    max_seconds: float
    warm_up_seconds: float
    measurement_seconds: float


class Process(NamedTuple):
    """One run of one bench target: the `attempt` from 1, the side, and what the report calls the target."""

    attempt: int
    side: str
    target: str
    executable: BenchExecutable


def looks_of(settings: BenchSettings) -> list[int]:
    """Plan at which numbers of attempts the benches are judged: the first, and doubled up to the most."""
    looks = [settings.attempts]
    while looks[-1] * 2 <= settings.max_attempts:
        looks.append(looks[-1] * 2)
    return looks


@dataclass(kw_only=True)
class BenchRuns:
    """Runs the bench targets of all sides, and keeps the time of every bench in every attempt.

    One attempt is one process of a target on each side, one right after the other, the order turned with each attempt.
    Criterion writes below `home`, never into the project. A bench that names itself by one of the `places` is named
    without it, so that both sides have one name for it. `on_process` gets each process before it starts, and the
    seconds that are left of this call, None while nothing is known of them. A target that fails on a side, or runs out
    of time, is named and started no more, and the judge sees that its benches are missing. Where it fails in the way
    in which we start it, it is started once more as `cargo bench` does: what runs then could have been judged.
    """

    sides: Mapping[str, BuiltBenches]
    programs: Programs
    settings: BenchSettings
    home: Path
    timeout_seconds: float
    on_process: Callable[[Process, float | None], None]
    places: Places
    _times: dict[tuple[str, str], dict[str, dict[int, float]]] = field(default_factory=dict)
    _spelled: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _failures: dict[tuple[str, str], tuple[BenchExecutable, str]] = field(default_factory=dict)
    _unread: set[tuple[str, str]] = field(default_factory=set)
    _bench_seconds: dict[str, float] = field(default_factory=dict)

    def run(self, attempts: range, only: Container[str] | None = None) -> None:
        """Run these attempts, of all benches or `only` of those with these ids."""
        chosen = {target: self._chosen(target, only) for target in self._targets}
        planned = [process for process in self._planned(attempts) if chosen[process.target] != []]
        with self.programs.turns.timing():
            for number, process in enumerate(planned):
                if process.target in {target for _, target in self._failures}:
                    continue
                self.on_process(process, self._left(planned[number:], chosen))
                self._run_once(process, chosen[process.target])

    def results(self) -> dict[str, Benches]:
        """Return what each side's benches took, in the attempts in which every side that has the bench gave a time."""
        return {side: self._results_of(side) for side in self.sides}

    @cached_property
    def _targets(self) -> dict[str, dict[str, BenchExecutable]]:
        """Return each target by what the report calls it, with its executables by side."""
        targets: dict[str, dict[str, BenchExecutable]] = defaultdict(dict)
        packages = defaultdict(set)
        for executable in (each for built in self.sides.values() for each in built.executables):
            packages[executable.name].add(executable.package)
        for side, built in self.sides.items():
            for each in built.executables:
                name = each.name if len(packages[each.name]) == 1 else f"{each.package}/{each.name}"
                targets[name][side] = each
        return targets

    def _planned(self, attempts: range) -> Iterator[Process]:
        for attempt in attempts:
            for target, executables in self._targets.items():
                for side in list(self.sides)[:: 1 if attempt % 2 else -1]:
                    if side in executables:
                        yield Process(attempt, side, target, executables[side])

    def _chosen(self, target: str, only: Container[str] | None) -> list[str] | None:
        """Return the benches of a target to run, by Criterion's ids; None for all."""
        if only is None:
            return None
        return [full_id for name, full_id in self._times if name == target and f"{name}/{full_id}" in only]

    def _left(self, processes: list[Process], chosen: Mapping[str, list[str] | None]) -> float | None:
        """Estimate how long these processes take, by how long the targets took so far for each of their benches."""
        seconds = 0.0
        for process in processes:
            if process.target not in self._bench_seconds:
                return None
            names = chosen[process.target]
            known = sum(name == process.target for name, _ in self._times)
            seconds += self._bench_seconds[process.target] * (known if names is None else len(names))
        return seconds

    def _run_once(self, process: Process, chosen: list[str] | None) -> None:
        home = self.home / process.side
        finished = self._start(process, home, chosen)
        try:
            benches = read_benches(home)
            reason = self._failure(finished) or ("" if benches else "it wrote no result of Criterion's when it ran")
        except Refused as error:
            benches, reason = {}, error.found
        if reason:
            self._failures[process.side, process.target] = process.executable, reason
            if not finished.timed_out and self._runs_as_cargo_starts_it(process.executable, home):
                self._unread.add((process.side, process.target))
            return
        self._bench_seconds[process.target] = finished.seconds / len(benches)
        names = self._named(benches)
        self._spelled[process.side, process.target] = {name: full_id for full_id, name in names.items()}
        for full_id, seconds in benches.items():
            sides = self._times.setdefault((process.target, names[full_id]), defaultdict(dict))
            sides[process.side][process.attempt] = seconds

    def _named(self, full_ids: Iterable[str]) -> dict[str, str]:
        """Return the name of each bench; two that differ by a place only keep it."""
        names = {full_id: without_places(full_id, self.places) for full_id in full_ids}
        counts = Counter(names.values())
        return {full_id: name if counts[name] == 1 else full_id for full_id, name in names.items()}

    def _start(self, process: Process, home: Path, chosen: list[str] | None) -> Finished:
        times = (self.settings.warm_up_seconds, self.settings.measurement_seconds)
        options = ["--noplot", "--nresamples", _RESAMPLES]
        options += ["--warm-up-time", str(times[0]), "--measurement-time", str(times[1])]
        if chosen is not None:
            spelled = self._spelled.get((process.side, process.target), {})
            options.append(filter_of([spelled.get(name, name) for name in chosen]))
        return self._run(process.executable, home, options)

    def _runs_as_cargo_starts_it(self, executable: BenchExecutable, home: Path) -> bool:
        return self._run(executable, home, []).ok

    def _run(self, executable: BenchExecutable, home: Path, options: list[str]) -> Finished:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        return self.programs.run(
            [*executable.runner, executable.path, "--bench", *options],
            cwd=Path(executable.folder),
            timeout_seconds=self.timeout_seconds,
            env={**executable.env, "CRITERION_HOME": str(home)},
        )

    def _failure(self, finished: Finished) -> str:
        if finished.timed_out:
            return f"it reached its time limit of {self.timeout_seconds:.0f} s"
        return "" if finished.ok else f"it failed when it ran, with exit status {finished.exit_status}"

    def _results_of(self, side: str) -> Benches:
        measured = []
        for (target, full_id), sides in sorted(self._times.items()):
            shared = set.intersection(*(set(attempts) for attempts in sides.values()))
            if side in sides:
                times = [sides[side][attempt] for attempt in sorted(shared)]
                measured.append(Bench(id=f"{target}/{full_id}", attempts=times))
        failed = {key: failure for key, failure in self._failures.items() if key[0] == side}
        names = {key: f"{executable.package}/{executable.name}" for key, (executable, _) in failed.items()}
        not_judged = {names[key]: reason for key, (_, reason) in failed.items()}
        return Benches(
            measured=measured,
            not_judged={**self.sides[side].not_judged, **not_judged},
            unread=sorted({*self.sides[side].unread, *(names[key] for key in names.keys() & self._unread)}),
            looks=looks_of(self.settings),
        )


def filter_of(full_ids: list[str]) -> str:
    """Write Criterion's filter, a regular expression of Rust's, for exactly these benches."""
    escaped = (re.sub(r"[\\.+*?()|\[\]{}^$#&~-]", r"\\\g<0>", full_id) for full_id in full_ids)
    return f"^(?:{'|'.join(escaped)})$"
