"""Workloads: how long the program takes at its real work, on both sides in alternation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.settings import WorkloadSettings
from burnish.judge.findings import count_of
from burnish.model import SideName, Workload
from burnish.sides.workloads import BASELINE, WorkloadRuns, workloads_here
from burnish.text import format_seconds


def see_workloads(job: Job, notes: Notebook, first: SideName = BASELINE) -> None:
    """Start each workload of the first side once: one that cannot be timed is refused before more is done."""
    workloads = workloads_here(job)
    if workloads:
        title = "0 baseline" if first == BASELINE else "check"
        with job.console.step(f"{title}: its workloads, once each") as step:
            starts = [WorkloadRuns(job=job, notes=notes, first=first).see(each) for each in workloads]
            step.summary = (
                f"{count_of(len(starts), 'workload')}, {format_seconds(sum(each.seconds for each in starts))}"
            )


def measure_workloads(job: Job, notes: Notebook, candidate: Candidate, first: SideName = BASELINE) -> None:
    """Time the workloads on what is built, both sides in rotating rounds, and compare what they print."""
    workloads = workloads_here(job)
    if not workloads or candidate.toolkit.mode != "native" or not notes.built_sides:
        return
    guided = ["candidate"] if candidate.guide and first == BASELINE else []
    runs = WorkloadRuns(job=job, notes=notes, first=first)
    measured = [_measured(runs, settings, guided) for settings in workloads]
    for name in notes.built_sides:
        notes.note_side(name, workloads=[seen[name] for seen in measured])


def _measured(runs: WorkloadRuns, settings: WorkloadSettings, guided: Collection[str]) -> Mapping[str, Workload]:
    job, notes = runs.job, runs.notes
    programs: dict[str, Path] = {name: notes.copy(name) for name in notes.built_sides}
    with job.console.step(f"4 measure: the workload {settings.name}, both sides in rotating rounds") as step:
        seen = runs.run(settings, programs, step.count_rounds, guided)
        step.summary = _said(seen[notes.built_sides[-1]])
    return seen


def _said(workload: Workload) -> str:
    times = workload.times
    if times is None:
        return workload.failure
    ratio = f", {times.ratio_to_baseline.mean:.3f} of the baseline" if times.ratio_to_baseline else ""
    return f"{format_seconds(times.mean_seconds)}{ratio}"
