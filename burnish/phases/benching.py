"""Benching: both sides built, then run in alternation."""

from __future__ import annotations

from typing import cast

from burnish.cargo import bench as cargo_bench
from burnish.judge.findings import count_of
from burnish.run import Run, SideName


def bench(run: Run) -> None:
    """Build the candidate's benches and run both sides' in alternation."""
    run.side("candidate")
    if run.toolkit.mode != "native":
        return
    build_benches(run, "candidate", "6 bench: cargo bench --no-run")
    has_benches = any(built.executables for built in run.record.benches.values())
    with run.console.step("6 bench: Criterion, both sides in alternation") as step:
        results = cargo_bench.run_benches(
            run.record.benches,
            programs=run.programs,
            settings=run.resolved.settings.benches,
            home=run.project.target_directory / "burnish" / "criterion",
            timeout_seconds=run.limits.bench_seconds,
            on_attempt=lambda attempt, side, bench: step.update(f"attempt {attempt}, {side}, {bench}"),
        )
        step.summary = (
            f"{run.resolved.settings.benches.attempts} attempts a side" if has_benches else "nothing to bench"
        )
    for name, measured in results.items():
        run.note_side(cast("SideName", name), benches=measured)


def build_benches(run: Run, name: SideName, title: str) -> None:
    """Build one side's benches, where they can be judged, and tell which are not."""
    if run.toolkit.mode != "native":
        return
    with run.console.step(title) as step:
        built = cargo_bench.build_benches(run.cargo(name), timeout_seconds=run.limits.build_seconds)
        step.summary = f"{count_of(len(built.executables), 'bench target')}"
    run.leave(benches={**run.record.benches, name: built})
    for target, reason in built.not_judged.items():
        run.warn(f"the benches of {target} are not judged: {reason}")
