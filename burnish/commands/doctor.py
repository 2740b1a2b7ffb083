"""The doctor: what this machine and project have and lack, each line with its remedy. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from burnish.cargo.benches.bench import sort_benches
from burnish.cargo.tests import nextest
from burnish.cargo.vcs import uncommitted
from burnish.errors import BurnishError, Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import Plan, make_plan
from burnish.job.session import live_change
from burnish.judge.findings import listed
from burnish.measure.hyperfine import find_hyperfine
from burnish.platforms.installing import install_commands
from burnish.platforms.profiling import find_profiling
from burnish.system.console import ColorRole, Console
from burnish.text import neutral

State = Literal["ok", "note", "missing"]
_CARGO = "cargo, as a fresh clone's `cargo test` runs them"
_ROLES: dict[State, ColorRole] = {"ok": "good", "note": "doubt", "missing": "bad"}


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: `missing` stops a run, `note` does not. `remedy` is what to do about it."""

    subject: str
    state: State
    found: str
    remedy: str = ""


def examine(job: Job, notes: Notebook) -> list[Examined]:
    """Look at everything that a run would need."""
    return [*_machine(job, notes), *_project(job), *_files(job)]


def show_findings(findings: list[Examined], console: Console) -> None:
    """Print the findings, one line each, and a second line for the remedy."""
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        state = console.paint(finding.state.ljust(len("missing")), _ROLES[finding.state])
        console.result(f"{state}  {finding.subject.ljust(width)}  {neutral(finding.found)}")
        if finding.remedy:
            console.result(f"         {' ' * width}  remedy: {neutral(finding.remedy)}")


def require_nothing_missing(findings: list[Examined]) -> None:
    """Raise Refused when something is missing without which a run would be refused."""
    missing = [finding.subject for finding in findings if finding.state == "missing"]
    if missing:
        raise Refused(
            f"missing: {', '.join(missing)}", expected="every line to be ok", next_command="the remedies above"
        )


def _machine(job: Job, notes: Notebook) -> Iterator[Examined]:
    yield Examined(subject="rustc", state="ok", found=notes.report.toolchain.rustc)
    yield Examined(subject="cargo", state="ok", found=notes.report.toolchain.cargo)
    yield Examined(subject="platform", state="ok", found=f"{job.triple}, {job.opened.toolkit.mode} on this host")
    yield from _toolkit(job.opened)
    try:
        yield Examined(subject="hyperfine", state="ok", found=_hyperfine(job))
    except Refused as error:
        yield Examined(subject="hyperfine", state="missing", found=error.found, remedy=error.next_command)


def _toolkit(candidate: Candidate) -> Iterator[Examined]:
    for name, version in candidate.toolkit.programs.items():
        yield Examined(subject=name, state="ok", found=version)
    for lack in candidate.found.lacks:
        yield Examined(subject=lack.subject, state="missing", found=lack.found, remedy="see `to install`")
    commands = install_commands(candidate.platform, candidate.triple) if candidate.found.lacks else {}
    for system, command in commands.items():
        yield Examined(subject="to install", state="note", found=f"{system}: {command}")


def _runner(job: Job) -> Iterator[Examined]:
    try:
        yield Examined(subject="tests", state="ok", found=f"run by {_nextest(job) if job.uses_nextest else _CARGO}")
    except Refused as error:
        yield Examined(subject="tests", state="missing", found=error.found, remedy=error.next_command)


def _nextest(job: Job) -> str:
    return nextest.version(job.programs, job.surroundings.scripts, job.project.root, job.limits.query_seconds)


def _hyperfine(job: Job) -> str:
    hyperfine = find_hyperfine(job.programs, job.surroundings.scripts)
    return f"{hyperfine.version}, {hyperfine.path}"


def _project(job: Job) -> Iterator[Examined]:
    project = job.project
    yield Examined(subject="project", state="ok", found=str(project.root))
    if project.binary is None:
        reason = "it has none: linkage, behaviour, size and start-up are not applicable"
        yield Examined(subject="binary", state="note", found=reason)
    else:
        yield Examined(subject="binary", state="ok", found=project.binary)
    yield from _runner(job)
    judged, _ = sort_benches(project)  # the others are among the plan's notes
    names = ", ".join(f"{package.name}/{name}" for package, name in judged) or "none"
    yield Examined(subject="benches", state="ok" if judged else "note", found=f"Criterion: {names}")
    yield from _workloads(job)


def _workloads(job: Job) -> Iterator[Examined]:
    names = [workload.name for workload in job.settings.workloads]
    if names:
        yield Examined(subject="workloads", state="ok", found=listed(names))
        yield from _profiling(job)
    elif job.project.binary is not None:
        found = "none: where the program gets slower at its real work, nobody sees it"
        yield Examined(subject="workloads", state="note", found=found, remedy="burnish workloads --suggest")


def _profiling(job: Job) -> Iterator[Examined]:
    """Yield what guides a build, where the project has workloads that may train one."""
    if not any(workload.train for workload in job.settings.workloads):
        return
    profiling = find_profiling(job.surroundings, job.triple)
    if profiling.program:
        yield Examined(subject="profiles", state="ok", found=f"{profiling.program}, LLVM {profiling.version} as rustc")
    else:
        found = f"no build is guided by a profile: {profiling.lacking}"
        yield Examined(subject="profiles", state="note", found=found, remedy=profiling.remedy)


def _files(job: Job) -> Iterator[Examined]:
    candidate = job.opened
    try:
        plan = make_plan(job, candidate)
    except BurnishError as error:
        yield Examined(subject="plan", state="missing", found=error.found, remedy=error.expected)
        return
    yield Examined(subject="rustflags", state="ok", found=_effective_flags(plan))
    for note in plan.notes:
        yield Examined(subject="note", state="note", found=note)
    yield from _shadows(plan)
    if plan.reliances:
        yield Examined(
            subject="panic",
            state="note" if job.allows_abort else "missing",
            found=f'panic = "abort" would make this dead: {listed(plan.reliances)}',
            remedy="another recipe, --allow-abort, or allow_abort = true in the metadata",
        )
    if live_change(job) is not None:
        yield Examined(
            subject="change", state="missing", found="one is applied and not final", remedy="burnish rollback, or keep"
        )
    names = [edit.name for edit in plan.edits]
    for name in uncommitted(job.programs, job.project.root, names, job.limits.query_seconds):
        yield Examined(
            subject="uncommitted", state="missing", found=f"{name} has changes", remedy="git commit, or --allow-dirty"
        )
    state: State = "note" if plan.edits else "ok"
    found = ", ".join(edit.name for edit in plan.edits) or "nothing: the files hold the recipe"
    yield Examined(subject=f"recipe {candidate.recipe.name}", state=state, found=f"would edit {found}")


def _effective_flags(plan: Plan) -> str:
    effective = plan.effective
    where = f" ({', '.join(effective.where)})" if effective.where else ""
    return f"from {effective.source}{where}: {' '.join(effective.flags) or 'none'}"


def _shadows(plan: Plan) -> Iterator[Examined]:
    for each in plan.beaten:
        yield Examined(subject="shadowed", state="missing", found=each.sentence, remedy=each.remedy)
