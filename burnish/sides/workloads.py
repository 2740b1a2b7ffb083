"""Running workloads: the project's own commands with real input, on the baseline and other binaries beside it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.job.binaries import workloads_beside
from burnish.job.inputs import package_folder
from burnish.job.job import Job
from burnish.job.notebook import Notebook, WorkloadStart
from burnish.job.settings import WorkloadSettings
from burnish.judge.findings import listed
from burnish.judge.workloads_gate import need_more_rounds
from burnish.measure.behaviour import Output, look_at
from burnish.measure.command import Command
from burnish.measure.folders import Folders, choose_working_folder
from burnish.measure.hyperfine import EndedOtherwise, Timer
from burnish.measure.rounds import OnRound, RoundsPlan
from burnish.measure.startup import with_ratio
from burnish.measure.throughput import LEAST_ROUNDS, Throughput, fitted, measure_throughput
from burnish.model import SideName, Startup, Workload
from burnish.sides.starts import floor_of, input_of, key_of, timer_of

BASELINE: SideName = "baseline"
QUICK_SECONDS = 5.0
"""A workload that takes longer is not started once more only to see how it ends."""
_SIDES = 2
# With fewer rounds an interval is wide, however quiet the machine.
_ROUNDS_TO_DECIDE = 5
_TROUBLE = "burnish optimize, after correcting [[package.metadata.burnish.workloads]]"


def workloads_here(job: Job) -> tuple[WorkloadSettings, ...]:
    """Return the project's workloads, none where nothing can be timed."""
    is_timed = job.project.binary is not None and job.opened.toolkit.mode == "native"
    return job.settings.workloads if is_timed else ()


@dataclass(frozen=True, kw_only=True)
class WorkloadRuns:
    """What runs workloads. All programs are for this machine.

    To screen candidates takes less: half the runs, and no rounds beyond the first ones. The best is measured again. The
    `first` side says how a workload ends; where that is not the baseline, it is timed alone if the baseline cannot be.
    """

    job: Job
    notes: Notebook
    screens: bool = False
    first: SideName = BASELINE

    def see(self, settings: WorkloadSettings) -> WorkloadStart:
        """Start a workload of the first side, unless this run has, and return how it is started from now on.

        Raise Refused for one that cannot be timed: it does not end, or not as the project says.
        """
        known = self.notes.record.workloads.get(key_of(settings))
        return known or self._seen_first(settings)

    def _seen_first(self, settings: WorkloadSettings) -> WorkloadStart:
        program = self.notes.copy(self.first)
        seen: list[tuple[Output, float]] = []

        def look(folder: Path) -> Output:
            started = time.monotonic()
            output = self._look(self._command(program, settings, folder))
            seen.append((output, time.monotonic() - started))
            return output

        chosen = choose_working_folder(self._folders, look)
        if chosen.kind == "root" and seen[-1][0].exit_status != (settings.exit_status or 0):
            look(self._folders.root)  # what it needs may lie beside the package, where no copy holds it
        output, seconds = seen[-1]
        _require_usable(settings, output, self.job.limits.workload_seconds)
        if chosen.written:
            place = "a copy of the project" if chosen.kind == "copy" else "the project, and they are there still"
            self.notes.warn(f"the workload {settings.name} writes files in {place}: {listed(chosen.written)}")
        if output.exit_status != 0 and settings.exit_status is None:
            ending = f"ends with {output.exit_status}: if that is meant, say exit_status = {output.exit_status}"
            self.notes.warn(f"the workload {settings.name} {ending}")
        if seconds * _SIDES * _ROUNDS_TO_DECIDE > (most := self.job.settings.throughput.max_seconds):
            advice = f"a smaller input, or more than {most:g} s for throughput.max_seconds, tells more"
            self.notes.warn(f"the workload {settings.name} takes {seconds:.0f} s, so few rounds fit: {advice}")
        start = WorkloadStart(kind=chosen.kind, exit_status=output.exit_status, seconds=seconds)
        self.notes.leave(workloads={**self.notes.record.workloads, key_of(settings): start})
        return start

    def run(
        self,
        settings: WorkloadSettings,
        programs: Mapping[str, Path],
        on_round: OnRound,
        guided: Collection[str] = (),
    ) -> dict[str, Workload]:
        """Time a workload on each program, the baseline's among them, and return what came of each.

        What ends otherwise than the first is left out of the rounds, with the reason. `guided` names the programs
        that were built by a profile, which a workload that trained it does not judge.
        """
        start = self.see(settings)
        failed = self._ends_otherwise(settings, start, programs) if start.seconds < QUICK_SECONDS else {}
        measured: Throughput | None = None
        racing = {name: path for name, path in programs.items() if name not in failed}
        while measured is None and (len(racing) > 1 or len(programs) == 1 or self._is_first_alone(racing)):
            try:
                measured = self._measure(settings, start, racing, on_round)
            except EndedOtherwise as error:
                new = self._culprits(settings, start, racing, error)
                if not new:
                    raise
                failed |= new
                racing = {name: path for name, path in racing.items() if name not in new}
        beside = workloads_beside(self.notes)
        seen = {name: _workload(settings, name, measured, failed.get(name, ""), beside) for name in programs}
        return {
            name: msgspec.structs.replace(workload, trained=settings.train and name in guided)
            for name, workload in seen.items()
        }

    def command(self, settings: WorkloadSettings, program: Path) -> Command:
        """Return a workload of a program, started in a fresh folder and expected to end as the baseline's does."""
        start = self.see(settings)
        return self._command(program, settings, self._fresh(start), start.exit_status)

    def _is_first_alone(self, racing: Mapping[str, Path]) -> bool:
        return self.first != BASELINE and list(racing) == [self.first]

    def repeat(self, settings: WorkloadSettings, program: Path, env: Mapping[str, str], seconds: float) -> int:
        """Carry out a workload again and again for some seconds, once at least; return how often.

        `env` is set for it. Raise Refused where it ends otherwise than in the baseline.
        """
        command = self.command(settings, program)
        command = dataclasses.replace(command, env={**command.env, **env})
        began, runs = time.monotonic(), 0
        while runs == 0 or time.monotonic() - began < seconds:
            ending = _ending(self._look(command), command.exit_status)
            if ending:
                raise Refused(
                    f"the workload {settings.name}, recorded for a profile, {ending}",
                    expected="a workload that ends as it does in the baseline",
                    next_command=_TROUBLE,
                )
            runs += 1
        return runs

    def _culprits(
        self, settings: WorkloadSettings, start: WorkloadStart, racing: Mapping[str, Path], error: EndedOtherwise
    ) -> dict[str, str]:
        """Return which programs ended otherwise, and how: where nobody knows whose it was, each is started alone."""
        if error.name in racing and error.name != self.first:
            return {error.name: error.found}
        return self._ends_otherwise(settings, start, racing) if not error.name else {}

    def _ends_otherwise(
        self, settings: WorkloadSettings, start: WorkloadStart, programs: Mapping[str, Path]
    ) -> dict[str, str]:
        """Start each program but the first side's once, and return how those end that end otherwise."""
        outputs = {
            name: self._look(self._command(program, settings, self._fresh(start)))
            for name, program in programs.items()
            if name != self.first
        }
        return {name: words for name, output in outputs.items() if (words := _ending(output, start.exit_status))}

    def _measure(
        self, settings: WorkloadSettings, start: WorkloadStart, programs: Mapping[str, Path], on_round: OnRound
    ) -> Throughput:
        job, plan = self.job, self.job.settings.throughput
        rounds = RoundsPlan(
            rounds=plan.rounds,
            max_rounds=plan.rounds if self.screens else plan.max_rounds,
            max_seconds=plan.max_seconds / 2 if self.screens else plan.max_seconds,
            least=LEAST_ROUNDS,
        )
        folder = self._fresh(start)
        return measure_throughput(
            {name: self._command(each, settings, folder, start.exit_status) for name, each in programs.items()},
            fitted(self._timer(settings, len(programs)), start.seconds * len(programs), rounds),
            floor=floor_of(job),
            plan=rounds,
            is_undecided=lambda sides: self._is_undecided(settings, sides),
            on_round=on_round,
            clock=job.console.clock,
            places=job.places(job.opened),
        )

    def _timer(self, settings: WorkloadSettings, sides: int) -> Timer:
        plan, limits = self.job.settings.throughput, self.job.limits
        timer = timer_of(self.job, self.notes, runs=max(1, plan.runs // 2) if self.screens else plan.runs)
        return dataclasses.replace(
            timer,
            warmup=plan.warmup,
            timeout_seconds=limits.round_seconds + sides * limits.workload_seconds,
            what=f"workload {settings.name}",
        )

    def _is_undecided(self, settings: WorkloadSettings, sides: Mapping[str, Startup]) -> bool:
        among = len(workloads_here(self.job))
        beside = workloads_beside(self.notes)
        before = _timed(settings, sides[BASELINE if BASELINE in sides else self.first], beside)
        others = (_timed(settings, times, beside) for name, times in sides.items() if name != BASELINE)
        return any(need_more_rounds(before, after, self.job.budget, among) for after in others)

    def _look(self, command: Command) -> Output:
        job = self.job
        limit, places = job.limits.workload_seconds, job.places(job.opened)
        return look_at(command, programs=job.programs, timeout_seconds=limit, places=places)

    def _command(self, program: Path, settings: WorkloadSettings, folder: Path, exit_status: int = 0) -> Command:
        return Command(
            argv=(str(program), *settings.args),
            cwd=folder,
            stdin=input_of(self.job, settings),
            exit_status=exit_status,
            env=settings.env,
        )

    @property
    def _folders(self) -> Folders:
        return Folders(root=package_folder(self.job.project), target=self.job.project.target_directory)

    def _fresh(self, start: WorkloadStart) -> Path:
        return self._folders.fresh(start.kind) or self._folders.root


def _timed(settings: WorkloadSettings, times: Startup, beside: int) -> Workload:
    """Return a workload with its times, judged with so many of other binaries."""
    times = msgspec.structs.replace(times, beside=beside)
    return Workload(name=settings.name, max_seconds=settings.max_seconds, times=times)


def _workload(
    settings: WorkloadSettings, name: str, measured: Throughput | None, failure: str, beside: int
) -> Workload:
    if measured is None or failure:
        return Workload(name=settings.name, max_seconds=settings.max_seconds, failure=failure)
    times, before = measured.sides[name], measured.sides.get(BASELINE)
    return msgspec.structs.replace(
        _timed(settings, with_ratio(times, before) if before is not None and name != BASELINE else times, beside),
        printed=sorted(measured.printed[name]),
    )


def _ending(output: Output, exit_status: int) -> str:
    if output.timed_out:
        return "does not end within the time limit"
    if output.exit_status == exit_status:
        return ""
    return f"gave exit status {output.exit_status} instead of {exit_status}"


def _require_usable(settings: WorkloadSettings, output: Output, limit_seconds: float) -> None:
    """Refuse a workload of the baseline that never ends, dies of a signal, or does not give what the project says."""
    expected = settings.exit_status
    problem = ""
    if output.timed_out:
        problem = f"did not end within {limit_seconds:g} s, which is limits.workload_seconds"
    elif output.exit_status < 0:
        problem = f"was ended by signal {-output.exit_status}"
    elif expected not in {None, output.exit_status}:
        problem = f"gave exit status {output.exit_status}, where the project says {expected}"
    if problem:
        said = output.stderr.decode("utf-8", "replace").strip()
        raise Refused(
            f"the workload {settings.name} cannot be timed: it {problem}{f': {said[:400]}' if said else ''}",
            expected="a command that ends by itself, and as the project says",
            next_command=_TROUBLE,
        )
