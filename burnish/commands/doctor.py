"""The doctor: what this machine and project have and lack, each line with its remedy."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from burnish.cargo.benches.bench import sort_benches
from burnish.cargo.tests import nextest
from burnish.cargo.tests.nextest import NEXTEST_WHEEL
from burnish.cargo.vcs import uncommitted
from burnish.commands import fixing
from burnish.commands.calls import Call
from burnish.errors import BurnishError, Refused
from burnish.job.allocating import MUSL, builds_for_musl, why_no_mimalloc
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.options import Options
from burnish.job.pin import PIN_NAME, read_pin
from burnish.job.plan import Plan, make_plan
from burnish.job.session import live_change
from burnish.judge.findings import listed
from burnish.measure.command import Command
from burnish.measure.hyperfine import HYPERFINE_WHEEL, Timer, find_hyperfine
from burnish.measure.instructions import VALGRIND, CannotCountError, KernelCounter
from burnish.platforms import shipped_platforms
from burnish.platforms.allocator import CRATE, CRATE_VERSION
from burnish.platforms.finding import find_rebuilding
from burnish.platforms.installing import (
    Remedy,
    musl_gcc_remedies,
    profiling_remedies,
    python_remedy,
    remedies_here,
    remedies_of,
    source_remedy,
    valgrind_remedies,
)
from burnish.platforms.profiling import find_profiling
from burnish.search.kept import kept_build
from burnish.search.musl import has_no_c_compiler, musl_lacks
from burnish.system.console import ColorRole, Console
from burnish.system.process import Programs
from burnish.text import neutral

State = Literal["ok", "note", "missing"]
_CARGO = "cargo, as a fresh clone's `cargo test` runs them"
_ELSE = "see `to install`"
_ROLES: dict[State, ColorRole] = {"ok": "good", "note": "doubt", "missing": "bad"}


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: `missing` stops a run, `note` does not.

    `remedy` is what to do about it, in words; `fixes` are the commands of those remedies that install something here.
    """

    subject: str
    state: State
    found: str
    remedy: str = ""
    fixes: tuple[Remedy, ...] = ()


def examine(job: Job, notes: Notebook) -> list[Examined]:
    """Look at everything that a run would need."""
    return [*_machine(job, notes), *_project(job), *_files(job), *_kept_build(job, notes)]


def show_findings(findings: list[Examined], console: Console) -> None:
    """Print the findings, one line each, and a second line for the remedy."""
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        state, margin = finding.state.ljust(len("missing")), " " * (len("missing") + width + 4)
        text = f"{state}  {finding.subject.ljust(width)}  {neutral(finding.found)}"
        first, *more = console.folded(text, hang=len(margin))
        console.result(console.paint(state, _ROLES[finding.state]) + first.removeprefix(state))
        if finding.remedy:
            remedy = f"{margin}remedy: {neutral(finding.remedy)}"
            more += console.folded(remedy, hang=len(margin) + len("remedy: "), is_command=True)
        for line in more:
            console.result(line)


def require_nothing_missing(findings: list[Examined], call: Call) -> None:
    """Raise Refused when something is missing without which a run would be refused."""
    missing = [finding for finding in findings if finding.state == "missing"]
    if missing:
        can_fix = any(finding.fixes for finding in missing) and not call.fix
        raise Refused(
            f"missing: {', '.join(dict.fromkeys(finding.subject for finding in missing))}",
            expected="every line to be ok",
            next_command=fixing_command(call.options) if can_fix else "the remedies above",
        )


def fixing_command(options: Options) -> str:
    """Return what carries out the remedies of what was looked at."""
    return shlex.join(["burnish", "doctor", "--fix", *options.words(without=("steps",))])


def fix(findings: list[Examined], call: Call) -> bool:
    """Carry out the remedies that install something, and return whether there are any.

    With Invoke's `--dry`, or `--dry-run`, they are only shown. Raise Refused where the user does not agree.
    """
    remedies = list(dict.fromkeys(remedy for finding in findings for remedy in finding.fixes))
    if not remedies:
        call.console.say("nothing that can be installed here is lacking")
        return False
    fixing.show_remedies(remedies, call.console)
    if not call.dry:
        fixing.require_consent(remedies, call.console, yes=call.yes, command=fixing_command(call.options))
        fixing.carry_out(remedies, Programs(env=call.env), call.root(), call.console)
    return True


def _machine(job: Job, notes: Notebook) -> Iterator[Examined]:
    yield Examined(subject="rustc", state="ok", found=notes.report.toolchain.rustc)
    yield Examined(subject="cargo", state="ok", found=notes.report.toolchain.cargo)
    yield Examined(subject="platform", state="ok", found=f"{job.triple}, {job.opened.toolkit.mode} on this host")
    yield from _toolkit(job.opened, lambda program: job.surroundings.which(program) is not None)
    yield from _source(job)
    yield from _static_musl(job)
    try:
        yield Examined(subject="hyperfine", state="ok", found=_hyperfine(job))
    except Refused as error:
        fix = python_remedy(HYPERFINE_WHEEL, "what times nothing: plan, status and rollback")
        yield _lacking("hyperfine", error.found, fix)


def _lacking(subject: str, found: str, *fixes: Remedy, otherwise: str = "", state: State = "missing") -> Examined:
    """Return something that is missing, or could be had as well, with what installs it."""
    remedy = "; ".join(fix.text_of_user if fix.as_root and not fixing.is_root() else fix.text for fix in fixes)
    return Examined(subject=subject, state=state, found=found, remedy=remedy or otherwise, fixes=fixes)


def _source(job: Job) -> Iterator[Examined]:
    """Look whether the standard library can be rebuilt, which the search tries where it can."""
    around = job.surroundings
    if job.triple != around.host or find_rebuilding(around, job.triple) or not around.which("rustup"):
        return
    fix = source_remedy()
    found = "none: the standard library is not rebuilt smaller, which is much of a small program"
    yield Examined(subject="library source", state="note", found=found, remedy=fix.text, fixes=(fix,))


def _static_musl(job: Job) -> Iterator[Examined]:
    """Look whether a static binary with musl can be had, and tested, where the user would take one."""
    lacks, has = musl_lacks(job), lambda program: job.surroundings.which(program) is not None
    if lacks:
        found = f"none, and the smallest and quickest candidates need it: {lacks[0].found}"
        fixes = tuple(remedies_here(lacks[0].subject, shipped_platforms()[MUSL], MUSL, has))
        yield _lacking("static musl", found, *fixes, state="note")
    if has_no_c_compiler(job):
        found = "none for musl: crates that build C code with the crate cc, for tests too, cannot be built for it"
        fixes = tuple(musl_gcc_remedies(has))
        yield _lacking("C compiler", found, *fixes, state="note")


def _toolkit(candidate: Candidate, has: Callable[[str], bool]) -> Iterator[Examined]:
    platform, triple, lacks = candidate.platform, candidate.triple, candidate.found.lacks
    for name, version in candidate.toolkit.programs.items():
        yield Examined(subject=name, state="ok", found=version)
    told: set[Remedy] = set()
    for lack in lacks:
        fixes = tuple(remedies_here(lack.subject, platform, triple, has))
        finding = _lacking(lack.subject, lack.found, *fixes, otherwise=_ELSE)
        yield msgspec.structs.replace(finding, remedy="the same") if told.intersection(fixes) else finding
        told |= set(fixes)
    for system, remedy in remedies_of(platform, triple).items() if lacks else ():
        if remedy not in told:
            yield Examined(subject="to install", state="note", found=f"{system}: {remedy.text}")


def _runner(job: Job) -> Iterator[Examined]:
    try:
        yield Examined(subject="tests", state="ok", found=f"run by {_nextest(job) if job.uses_nextest else _CARGO}")
    except Refused as error:
        fix = python_remedy(NEXTEST_WHEEL, 'all, with tests.runner = "cargo"')
        yield _lacking("tests", error.found, fix)


def _nextest(job: Job) -> str:
    return nextest.version(job.programs, job.surroundings.scripts, job.project.root, job.limits.query_seconds)


def _hyperfine(job: Job) -> str:
    hyperfine = find_hyperfine(job.programs, job.surroundings.scripts)
    return f"{hyperfine.version}, {hyperfine.path}"


def _project(job: Job) -> Iterator[Examined]:
    project = job.project
    yield Examined(subject="project", state="ok", found=str(project.root))
    if project.binary is None and project.library is not None:
        name, kind = project.library
        how = "its file and its load time" if project.may_be_started else "its file"
        yield Examined(subject="library", state="ok", found=f"the {kind} {name}, judged by {how}")
    elif project.binary is None:
        reason = "it has none: linkage, behaviour, size and start-up are not applicable"
        yield Examined(subject="binary", state="note", found=reason)
    else:
        yield Examined(subject="binary", state="ok", found="; beside it ".join(_binaries(job, project.binary)))
    yield from _runner(job)
    judged, _ = sort_benches(project)  # the others are among the plan's notes
    names = ", ".join(f"{package.name}/{name}" for package, name in judged) or "none"
    yield Examined(subject="benches", state="ok" if judged else "note", found=f"Criterion: {names}")
    yield from _workloads(job)
    yield from _instructions(job)


def _binaries(job: Job, first: str) -> Iterator[str]:
    """Yield the binary that is worked on, and those that are judged beside it where cargo makes them."""
    yield first
    every = [name for package in job.project.selected for name in package.binaries]
    others = [name for name in job.project.named or every if name != first]
    if others:
        yield listed(others)


def _instructions(job: Job) -> Iterator[Examined]:
    """Yield who counts instructions here, where a program can be started."""
    if job.project.binary is None or job.opened.toolkit.mode != "native":
        return
    valgrind = job.surroundings.which(VALGRIND)
    if _kernel_counts(job):
        yield Examined(subject="instructions", state="ok", found="counted by the kernel")
    elif valgrind:
        yield Examined(subject="instructions", state="ok", found=f"counted by {valgrind}")
    else:
        found = "not counted: the kernel gives no counter here, and there is no valgrind"
        fixes = tuple(valgrind_remedies(lambda program: job.surroundings.which(program) is not None))
        yield _lacking("instructions", found, *fixes, state="note")


def _kernel_counts(job: Job) -> bool:
    """Return whether the timer is told how many instructions a program takes: tried with the timer itself."""
    with contextlib.suppress(BurnishError, CannotCountError), tempfile.TemporaryDirectory() as folder:
        path = find_hyperfine(job.programs, job.surroundings.scripts).path
        timer = Timer(
            programs=job.programs,
            hyperfine=path,
            folder=Path(folder),
            runs=1,
            warmup=0,
            timeout_seconds=job.limits.query_seconds,
        )
        return KernelCounter(timer=timer).count(Command(argv=(str(path), "--version"), cwd=Path(folder))) > 0
    return False


def _workloads(job: Job) -> Iterator[Examined]:
    names = [workload.name for workload in job.settings.workloads]
    if names:
        yield Examined(subject="workloads", state="ok", found=listed(names))
        yield from _profiling(job)
        yield from _mimalloc(job)
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
        has = job.surroundings.which
        fixes = tuple(profiling_remedies(profiling.wanted, lambda program: has(program) is not None))
        yield _lacking("profiles", found, *fixes, state="note")


def _mimalloc(job: Job) -> Iterator[Examined]:
    """Yield whether a program for musl that is too slow can have another allocator, where musl can be built here."""
    if not builds_for_musl(job):
        return
    reason = why_no_mimalloc(job)
    found = f"mimalloc, of {CRATE} {CRATE_VERSION}, in place of musl's where that is too slow; cargo brings its source"
    state: State = "note" if reason else "ok"
    yield Examined(subject="allocator", state=state, found=f"musl's only: {reason}" if reason else found)


def _files(job: Job) -> Iterator[Examined]:
    candidate = job.opened
    try:
        plan = make_plan(job, candidate)
    except BurnishError as error:
        yield Examined(subject="plan", state="missing", found=error.found, remedy=error.expected)
        return
    yield Examined(subject="rustflags", state="ok", found=_effective_flags(plan))
    for note in plan.notes:
        yield Examined(subject="effect", state="note", found=note)
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


def _kept_build(job: Job, notes: Notebook) -> Iterator[Examined]:
    """Look whether `burnish build` can follow the repository's pin here."""
    try:
        pin = read_pin(job.state.image("pin").content)
        if pin is None or not pin.choices:
            return
        kept = kept_build(job, notes)
        found = kept.lacking or f"`burnish build` makes {kept.name}, as {PIN_NAME} says"
        yield Examined(subject="kept build", state="note" if kept.lacking else "ok", found=found)
    except Refused as error:
        yield Examined(subject="kept build", state="missing", found=error.found, remedy=error.expected)


def _effective_flags(plan: Plan) -> str:
    effective = plan.effective
    if effective.source == "none":
        return "none"
    where = f" ({', '.join(effective.where)})" if effective.where else ""
    return f"from {effective.source}{where}: {' '.join(effective.flags) or 'none'}"


def _shadows(plan: Plan) -> Iterator[Examined]:
    for each in plan.beaten:
        yield Examined(subject="shadowed", state="missing", found=each.sentence, remedy=each.remedy)
