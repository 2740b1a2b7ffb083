"""The phases: each does one step of the flow on a run, and leaves what it found in the run's report, on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo import bench as benching
from burnish.cargo import build as building
from burnish.cargo import test as testing
from burnish.cargo.libtest import compare
from burnish.cargo.vcs import uncommitted
from burnish.errors import Refused
from burnish.judge import gates
from burnish.judge.verdict import overall, startup_needs_more_rounds
from burnish.measure.behaviour import observe
from burnish.measure.floor import find_floor
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.measure.startup import Command, Stopwatch, find_hyperfine
from burnish.plan import Plan, linkage_wanted, make_plan, require_in_force
from burnish.report.model import Side, VerdictName
from burnish.run import Run, SideName
from burnish.settings import CommandSettings
from burnish.transaction.change import Change, FileEdit

AS_LEFT = "as the steps before left them"


def plan(run: Run) -> Plan:
    """Work out what would be written, and describe it in the report; write nothing."""
    made = make_plan(run)
    run.describe(made.edits, made.settings)
    return made


def preflight(run: Run, *, owner: str) -> None:
    """Refuse, before anything is touched, whatever would fail or lose something later."""
    live = Change.load(run.state)
    if live is not None and live.journal.owner != owner:
        raise Refused(
            "a change is applied here already, by a run that did not end",
            expected="no live change",
            files=AS_LEFT,
            next_command="burnish rollback",
        )
    made = plan(run)
    require_in_force(made)
    if run.project.binary is not None:
        find_hyperfine(run.programs.env)
    names = [] if run.options.allow_dirty or live is not None else [edit.name for edit in made.edits]
    dirty = uncommitted(run.programs, run.project.root, names, run.limits.query_seconds) if names else []
    if dirty:
        raise Refused(
            f"{', '.join(dirty)}: uncommitted changes",
            expected="files whose present content git would bring back",
            next_command="git commit, or the same with --allow-dirty: a rollback then restores them as they are now",
        )
    for note in made.notes:
        run.warn(note)


def baseline(run: Run) -> None:
    """Build and measure the project as it is, in a target folder of its own; its tests and benches too."""
    built = _build(run, "baseline", "0 baseline: cargo build --release, as it is")
    if not built.ok:
        raise Refused(
            f"the project does not build as it is; cargo says:\n{built.errors}",
            expected="`cargo build --release` to complete before anything is changed",
            next_command="cargo build --release",
        )
    _inspect(run, "baseline", built)
    _observe(run, "baseline")
    _run_tests(run, "baseline", "0 baseline: cargo test --release")
    _build_benches(run, "baseline", "0 baseline: cargo bench --no-run")


def apply_profile(run: Run) -> None:
    """Write the recipe's profile into the manifest, under the journal."""
    _apply(run, "1 apply-profile", plan(run).manifest_edit())


def write_config(run: Run) -> None:
    """Write the recipe's link settings into the cargo configuration, under the journal."""
    _apply(run, "2 write-config", plan(run).config_edit())


def _apply(run: Run, title: str, edit: FileEdit) -> None:
    with run.console.step(f"{title}: {edit.path}") as step:
        if edit.before == edit.after:
            step.summary = "holds the recipe already" if edit.after else "needs nothing"
            return
        change = Change.load(run.state) or Change.begin(run.state, owner="steps", pid=os.getpid())
        for warning in change.apply([edit]):
            run.warn(warning)
        step.summary = "written"


def build(run: Run) -> bool:
    """Build the candidate by the user's own command, and say whether it builds."""
    built = _build(run, "candidate", "3 build: cargo build --release")
    if built.ok:
        _inspect(run, "candidate", built)
    return built.ok


def _build(run: Run, name: SideName, title: str) -> building.Built:
    with run.console.step(title) as step:
        built = building.build(run.cargo(name), timeout_seconds=run.limits.build_seconds)
        step.summary = "built" if built.ok else "does not build"
    side = Side(command=list(built.command), build_seconds=built.seconds, build_error=built.errors)
    run.note(**{name: side})
    return built


def _inspect(run: Run, name: SideName, built: building.Built) -> None:
    """Read size, digest and linkage of the artefact, and keep a copy: cargo's tests may overwrite it."""
    artifact = built.binary(run.project)
    if artifact is None:
        return
    size_bytes, sha256 = size_and_digest(artifact)
    copy = run.project.target_directory / "burnish" / "artifacts" / name / artifact.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(artifact, copy)
    run.leave(copies={**run.record.copies, name: str(copy)})
    run.note_side(
        name,
        artifact=run.relative(artifact),
        size_bytes=size_bytes,
        sha256=sha256,
        linkage=read_linkage(artifact),
    )
    run.console.say(f"    {run.relative(artifact)}: {size_bytes:,} bytes")


def measure(run: Run) -> None:
    """Observe the behaviour of both sides, and time their start-up and the floor's in rotating rounds."""
    if run.project.binary is None:
        run.console.say("==> 4 measure: there is no binary to measure", "title")
        return
    for name in run.built_sides():
        _observe(run, name)
    with run.console.step("4 measure: start-up") as step:
        stopwatch = _stopwatch(run)
        rounds = run.resolved.settings.startup.rounds
        limit = run.resolved.settings.startup.max_rounds
        while rounds:
            _time(run, stopwatch, rounds, step.update)
            rounds = min(rounds, limit - stopwatch.rounds) if _is_undecided(run) else 0
        step.summary = f"{stopwatch.rounds} rounds of {run.resolved.settings.startup.runs} runs"
    for warning in stopwatch.warnings:
        run.warn(warning)
"""
