"""Benching: both sides built, then run in alternation until every bench is decided or no more may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from burnish.cargo.benches import bench as cargo_bench
from burnish.cargo.benches.bench_runs import BenchRuns, Process, looks_of
from burnish.cargo.build import Cargo
from burnish.cargo.toolkit import Toolkit
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.judge.benches_gate import unbenched, undecided
from burnish.judge.findings import count_of
from burnish.measure.traces import Places
from burnish.model import SIDES, SideName
from burnish.sides.references import ReferenceBuilds
from burnish.sides.side import cargo_of
from burnish.system.console import Step

_CHECKED = "check: cargo bench, built and not run"


def bench_candidate(job: Job, notes: Notebook, candidate: Candidate) -> None:
    """Build the candidate's benches and run both sides' in alternation."""
    notes.side("candidate")
    if candidate.toolkit.mode != "native":
        return
    build_benches_of(job, notes, candidate, "candidate", "6 bench: cargo bench, built and not run")
    _run_benches(job, notes, job.places(candidate), "6 bench: Criterion, both sides in alternation")


def bench_project(job: Job, notes: Notebook, candidate: Candidate, name: SideName) -> None:
    """Build the benches of the project as it stands, and run them alone."""
    if candidate.toolkit.mode == "native":
        build_benches_of(job, notes, candidate, name, _CHECKED)
        _run_benches(job, notes, job.places(candidate), "check: Criterion")


def bench_change(job: Job, notes: Notebook, candidate: Candidate, builds: ReferenceBuilds) -> None:
    """Build the benches of the project and of a commit, which is checked out meanwhile, and run both in alternation."""
    if candidate.toolkit.mode != "native":
        return
    build_benches_of(job, notes, candidate, "candidate", _CHECKED)
    with builds.checkout() as root:
        there = builds.job_in(root)
        title = f"check: cargo bench, at {builds.revision.told}"
        build_benches_of(there, notes, candidate, "baseline", title, target=builds.target)
        _run_benches(job, notes, replace(job.places(candidate), checkout=root), "check: Criterion")


def _run_benches(job: Job, notes: Notebook, places: Places, title: str) -> None:
    """Run what was built of both sides, or of one, and tell what could not be judged."""
    with job.console.step(title) as step:
        attempts = _run_until_decided(job, notes, _bench_runs(job, notes, places, step), step)
        step.summary = f"{attempts} attempts a side" if notes.has_benches else "nothing to bench"
    for side in (notes.report.baseline, notes.report.candidate):
        _warn_of(notes, side.benches.not_judged if side and side.benches else {})


def build_benches_of(
    job: Job, notes: Notebook, candidate: Candidate, name: SideName, title: str, *, target: Path | None = None
) -> None:
    """Build one side's benches, where they can be judged, and tell which are not; `target` may be another folder."""
    if candidate.toolkit.mode != "native":
        return
    with job.console.step(title) as step:
        cargo = _cargo_of(job, notes, candidate, name)
        cargo = replace(cargo, target_directory=target or cargo.target_directory)
        runner = job.surroundings.configured(cargo.toolkit.triple, "runner")
        built = cargo_bench.build_benches(cargo, runner=runner, timeout_seconds=job.limits.build_seconds)
        step.summary = f"{count_of(len(built.executables), 'bench target')}"
    notes.leave(benches={**notes.record.benches, name: built})
    _warn_of(notes, built.not_judged)


def _cargo_of(job: Job, notes: Notebook, candidate: Candidate, name: SideName) -> Cargo:
    """Return cargo for benches: they are of the library, which its users build for their own platform."""
    home = job.triple
    if candidate.triple == home:
        return cargo_of(job, candidate, name)
    notes.warn(f"benches are built for {home}, as users of the library build it: {candidate.triple} is the binary's")
    return replace(cargo_of(job, candidate, name), toolkit=Toolkit(triple=home, arguments=("--target", home)))


def _warn_of(notes: Notebook, not_judged: Mapping[str, str]) -> None:
    for words in cargo_bench.not_judged_words(not_judged):
        notes.warn(words)


def _run_until_decided(job: Job, notes: Notebook, runs: BenchRuns, step: Step) -> int:
    """Run all benches, then those that are undecided, look by look; return the number of attempts."""
    done, only = 0, None
    for look in looks_of(job.settings.benches):
        runs.run(range(done + 1, look + 1), only)
        done, only = look, _undecided(job, notes, runs)
        if not only or step.elapsed_seconds >= job.settings.benches.max_seconds:
            break
    return done


def _undecided(job: Job, notes: Notebook, runs: BenchRuns) -> set[str]:
    """Note what the benches took so far, and return those that further attempts could decide."""
    for name, measured in runs.results().items():
        notes.note_side(cast("SideName", name), benches=measured)
    before, after = notes.report.baseline, notes.report.candidate
    own = after or before
    if own is None:
        return set()
    return undecided(before if before and before.benches else unbenched(own), own, job.budget)


def _bench_runs(job: Job, notes: Notebook, places: Places, step: Step) -> BenchRuns:
    looks = looks_of(job.settings.benches)

    def show(process: Process, left_seconds: float | None) -> None:
        planned = next(look for look in looks if look >= process.attempt)
        step.count(process.attempt - 1, planned, "attempts")
        step.expect(left_seconds)
        step.update(f"{process.target}, {process.side}")

    return BenchRuns(
        # The baseline first, so that what fails in the candidate alone has gone on the baseline's side.
        sides={name: benches for name in SIDES if (benches := notes.record.benches.get(name))},
        programs=job.programs,
        settings=job.settings.benches,
        home=job.builds / "criterion",
        timeout_seconds=job.limits.bench_seconds,
        on_process=show,
        places=places,
    )
