"""Benching: both sides built, then run in alternation until every bench is decided or no more may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from burnish.cargo.benches import bench as cargo_bench
from burnish.cargo.benches.bench_runs import BenchRuns, Process, looks_of
from burnish.cargo.build import Cargo
from burnish.cargo.toolkit import Toolkit
from burnish.job.run import Run, SideName
from burnish.judge.benches_gate import undecided
from burnish.judge.findings import count_of
from burnish.system.console import Step


def bench(run: Run) -> None:
    """Build the candidate's benches and run both sides' in alternation."""
    run.side("candidate")
    if run.toolkit.mode != "native":
        return
    build_benches(run, "candidate", "6 bench: cargo bench, built and not run")
    with run.console.step("6 bench: Criterion, both sides in alternation") as step:
        attempts = _run_until_decided(run, step)
        step.summary = f"{attempts} attempts a side" if run.has_benches else "nothing to bench"
    for side in (run.report.baseline, run.report.candidate):
        _warn_of(run, side.benches.not_judged if side and side.benches else {})


def build_benches(run: Run, name: SideName, title: str) -> None:
    """Build one side's benches, where they can be judged, and tell which are not."""
    if run.toolkit.mode != "native":
        return
    with run.console.step(title) as step:
        cargo = _cargo_of(run, name)
        runner = run.machine.configured(cargo.toolkit.triple, "runner")
        built = cargo_bench.build_benches(cargo, runner=runner, timeout_seconds=run.limits.build_seconds)
        step.summary = f"{count_of(len(built.executables), 'bench target')}"
    run.leave(benches={**run.record.benches, name: built})
    _warn_of(run, built.not_judged)


def _cargo_of(run: Run, name: SideName) -> Cargo:
    """Give cargo for benches: they are of the library, which its users build for their own platform."""
    home = run.report.platform.triple
    if run.triple == home:
        return run.cargo(name)
    run.warn(f"benches are built for {home}, as users of the library build it: {run.triple} is the binary's")
    return replace(run.cargo(name), toolkit=Toolkit(triple=home, arguments=("--target", home)))


def _warn_of(run: Run, not_judged: Mapping[str, str]) -> None:
    for words in cargo_bench.not_judged_words(not_judged):
        run.warn(words)


def _run_until_decided(run: Run, step: Step) -> int:
    """Run all benches, then those that are undecided, look by look; give the number of attempts."""
    runs = _bench_runs(run, step)
    done, only = 0, None
    for look in looks_of(run.resolved.settings.benches):
        runs.run(range(done + 1, look + 1), only)
        done, only = look, _undecided(run, runs)
        if not only or step.elapsed_seconds >= run.resolved.settings.benches.max_seconds:
            break
    return done


def _undecided(run: Run, runs: BenchRuns) -> set[str]:
    """Note what the benches took so far, and give those that further attempts could decide."""
    for name, measured in runs.results().items():
        run.note_side(cast("SideName", name), benches=measured)
    before, after = run.report.baseline, run.report.candidate
    return undecided(before, after, run.budget) if before and after else set()


def _bench_runs(run: Run, step: Step) -> BenchRuns:
    looks = looks_of(run.resolved.settings.benches)

    def show(process: Process, left_seconds: float | None) -> None:
        planned = next(look for look in looks if look >= process.attempt)
        left = "" if left_seconds is None else f", about {left_seconds:.0f} s to go"
        step.update(f"{process.target}, {process.side}, attempt {process.attempt} of {planned}{left}")

    return BenchRuns(
        sides=run.record.benches,
        programs=run.programs,
        settings=run.resolved.settings.benches,
        home=run.project.target_directory / "burnish" / "criterion",
        timeout_seconds=run.limits.bench_seconds,
        on_process=show,
        places=run.places,
    )
