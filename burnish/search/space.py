"""What can be tried here: config/search.toml as far as machine, platform, project and user allow, around a base."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator

from burnish.cargo.benches.bench import sort_benches
from burnish.cargo.flags import variable
from burnish.cargo.lockfiles import local_packages
from burnish.cargo.lockfiles import locked_packages as packages_from_elsewhere
from burnish.cargo.project import Project
from burnish.cargo.vcs import ignored
from burnish.concessions import NAMES, Concession
from burnish.errors import UsageError
from burnish.job.allocating import MUSL, why_no_mimalloc
from burnish.job.host_flags import hidden_losses
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import config_role
from burnish.job.recipe import BASE, Recipe, combine, load_recipes, read_recipe
from burnish.job.shared_libraries import NO_SHARED_LIBRARY, shared_libraries
from burnish.judge.findings import listed
from burnish.platforms import shipped_platforms
from burnish.platforms.finding import Found, find_rebuilding, find_toolkit
from burnish.platforms.folding import folds_functions
from burnish.platforms.profiling import find_profiling
from burnish.platforms.unstable import taken_flags
from burnish.resources import config_file
from burnish.search.choices import Judges, SearchSpace, load_space, needs_of
from burnish.sides.workloads import workloads_here
from burnish.text import did_you_mean
from burnish.transaction.journal import PATHS

_LINKERS = ("ld.bfd", "ld.lld", "mold")
GLIBC = "x86_64-unknown-linux-gnu"
_CPUS = ("any", "x86-64-v2", "x86-64-v3", "native")
_ELF = ("linux", "freebsd", "netbsd", "openbsd", "dragonfly", "illumos", "solaris")
_SETTING = "search.hot"
# How people say that a fact of config/search.toml is not so here, and what to do about it.
_LACKING = {
    "std-source": "the source of the standard library is not here: `rustup component add rust-src`",
    "musl": f"nothing here builds for musl: `rustup target add {MUSL}`",
    "build-std": "the source of the standard library for musl is not here: `rustup component add rust-src`",
    "mimalloc": "mimalloc cannot take the place of musl's allocator here: `burnish doctor` says why",
    "folding": "functions are folded by lld as rustc's own linker, with no linker in cargo's configuration",
    "profiling": "no llvm-profdata of rustc's LLVM is here: `rustup component add llvm-tools`",
    "training": "there are no workloads that may train, and others that judge",
    "flags": 'flags of the configuration count for nothing: RUSTFLAGS is set, git ignores it, or reach is "install"',
    "target": 'a target by name: build scripts would lose a `--cfg` of the rustflags, or reach is "install"',
}
_REASON = f"{_SETTING} names it: it does the work, and is optimised for speed whatever is tried for the rest"


def space_of(job: Job, notes: Notebook, offered: frozenset[Concession] = frozenset()) -> SearchSpace:
    """Return what can be tried in a run, as if some concessions that are `offered` were accepted too."""
    content = config_file("search.toml").read_bytes()
    return load_space(content, read_facts(job, offered), job.accepted(job.opened) | offered, judges_here(job, notes))


def judges_here(job: Job, notes: Notebook) -> Judges:
    """Return what judges here how fast the program is, so that speed is measured and not conceded."""
    built = notes.record.benches.get("baseline")
    judged = built.executables if built else sort_benches(job.project)[0]
    return Judges(
        benches=bool(judged) and job.opened.toolkit.mode == "native",
        workloads=bool(workloads_here(job)) and job.budget.max_workload_ratio is not None,
    )


def untried_for_libraries(job: Job, notes: Notebook) -> Iterator[str]:
    """Yield which settings are not tried since the workspace has shared libraries."""
    content, facts = config_file("search.toml").read_bytes(), read_facts(job)
    if NO_SHARED_LIBRARY not in facts:
        tried = {choice.id for choice in space_of(job, notes).choices}
        otherwise = load_space(content, facts | {NO_SHARED_LIBRARY}, job.accepted(job.opened), judges_here(job, notes))
        names = [choice.words for choice in otherwise.choices if choice.id not in tried]
        libraries = listed(shared_libraries(job.project))
        yield from (f"not tried: {name}: the workspace has a shared library: {libraries}" for name in names)


def base_recipe(job: Job) -> Recipe:
    """Return the recipe that every candidate starts from: the base, and the user's word on hot packages."""
    base = load_recipes(config_file("recipes.toml").read_bytes(), {})[BASE]
    return combine(base.name, base.summary, [base, hot_recipe(job)])


def why_no_trials(job: Job) -> str:
    """Return why nothing can be tried out in a run; empty where it can."""
    if job.project.binary is None and job.project.library is None:
        return "the project has no binary, cdylib or staticlib to try settings on"
    if job.opened.toolkit.mode != "native":
        return f"programs for {job.triple} cannot be timed here: {job.opened.toolkit.mode}"
    return ""


def stands_in(job: Job) -> str:
    """Return why the base stands in for the recipe auto, and what would find the best."""
    reason = why_no_trials(job)
    remedy = "" if reason else "; `burnish tune` finds the best"
    return f"{reason or 'nothing was tuned here yet'}: {BASE} stands in for the recipe auto{remedy}"


def lacking_for(job: Job, ids: Iterable[str]) -> list[str]:
    """Return in words why choices cannot be had here: the names that are none, else each fact that they lack."""
    content, wanted = config_file("search.toml").read_bytes(), list(ids)
    known = {choice.id for choice in load_space(content, needs_of(content), frozenset(NAMES)).choices}
    unknown = [f"{id_} is no choice of this version of burnish" for id_ in wanted if id_ not in known]
    facts = read_facts(job, frozenset(NAMES))
    return unknown or [
        _LACKING.get(need, f"it needs {need}, which this toolchain does not have")
        for need in sorted(needs_of(content, wanted) - facts)
    ]


def read_facts(job: Job, offered: frozenset[Concession] = frozenset()) -> frozenset[str]:
    """Return the facts that config/search.toml asks for by `needs`, as if the user accepted what is `offered` too."""
    return frozenset(_facts(job, offered))


def _facts(job: Job, offered: frozenset[Concession]) -> Iterator[str]:
    parts = job.triple.split("-")
    if job.settings.reach != "install":
        yield from _of_configuration(job)
    if parts[0] == "x86_64":
        yield "x86_64"
    if not set(_ELF).isdisjoint(parts):
        yield "elf"
        # Nobody else needs it, and to find it links a program.
        if "function-addresses" in job.accepted(job.opened) | offered and _folds(job):
            yield "folding"
    if "linux" in parts and parts[-1].startswith("gnu"):
        yield "glibc"
    if job.opened.platform.static_rustflags:
        yield "static"
    yield from (name for name in _LINKERS if shutil.which(name, path=job.programs.env.get("PATH", "")))
    if job.triple == GLIBC:
        yield from _musl(job)
    yield from _of_toolchain(job)
    yield from _of_project(job, offered)
    yield from _CPUS[: _CPUS.index(_oldest_cpu(job, offered)) + 1]


def _folds(job: Job) -> bool:
    """Return whether rustc's own choice of a linker folds functions; what we found for a platform is no such choice."""
    toolkit = job.opened.toolkit
    is_own = variable("target", job.triple, "linker") not in toolkit.env
    return is_own and folds_functions(job.surroundings, job.triple, toolkit.rustc)


def _of_configuration(job: Job) -> Iterator[str]:
    """Yield what the project's configuration can say, which those who install the program do not have."""
    if not ({"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"} & job.programs.env.keys() or _is_config_unshared(job)):
        # Either variable, even if empty, silences all flags of the configuration.
        yield "flags"
    if not hidden_losses(job):
        yield "target"


def _of_toolchain(job: Job) -> Iterator[str]:
    rebuilding = find_rebuilding(job.surroundings, job.triple) if not job.opened.toolkit.arguments else None
    if rebuilding is not None:
        yield "std-source"
        yield from taken_flags(job.surroundings, rebuilding.cargo)
    if any(need.startswith("rustc -Z") for need in needs_of(config_file("search.toml").read_bytes())):
        yield from taken_flags(job.surroundings, "", job.opened.toolkit.rustc)


def _of_project(job: Job, offered: frozenset[Concession]) -> Iterator[str]:
    if not shared_libraries(job.project):
        yield NO_SHARED_LIBRARY
    if _has_dependencies(job.project):
        yield "dependencies"
    if {workload.train for workload in workloads_here(job)} == {True, False}:
        yield "training"
        # Nobody else needs it, and to find it starts programs.
        if find_profiling(job.surroundings, job.triple).program:
            yield "profiling"
    if job.allows_abort or "unwinding" in offered or not job.unwinding.places:
        yield "abort"


def _oldest_cpu(job: Job, offered: frozenset[Concession]) -> str:
    """Return the oldest processors that matter: what the setting says, and without a word on them this machine's."""
    is_open = job.resolved.is_default("search.oldest_cpu") and "old-cpus" in job.stated | offered
    return "native" if is_open else job.settings.search.oldest_cpu


def _is_config_unshared(job: Job) -> bool:
    """Return whether git ignores the configuration: what is written there is in no clone."""
    names = [PATHS[config_role(job.project.root)]]
    is_allowed = job.options.allow_dirty
    return not is_allowed and bool(ignored(job.programs, job.project.root, names, job.limits.query_seconds))


def _has_dependencies(project: Project) -> bool:
    own = {package.name for package in project.members}
    used = {each.name for package in project.members for each in package.dependencies if each.kind is None}
    return not used <= own


def _musl(job: Job) -> Iterator[str]:
    musl = shipped_platforms()[MUSL]
    found = find_toolkit(job.surroundings, musl, MUSL)
    if not found.lacks:
        yield "musl"
        yield from () if _is_fixed(found) else ("musl-pie",)
        if not found.toolkit.rebuilds_std:
            yield "musl-shipped"
        if not why_no_mimalloc(job):
            yield "mimalloc"
    rebuilt = find_toolkit(job.surroundings, musl, MUSL, rebuilt=True)
    if not rebuilt.lacks:
        yield "build-std"
        yield from () if _is_fixed(rebuilt) else ("build-std-pie",)
        yield from taken_flags(job.surroundings, rebuilt.toolkit.cargo)


def _is_fixed(found: Found) -> bool:
    """Return whether a linker is used whose programs are loaded at a fixed address."""
    return any("relocation-model=static" in value for value in found.toolkit.env.values())


def hot_recipe(job: Job) -> Recipe:
    """Return what optimises the hot packages for speed. Raise Refused where there are too many to write."""
    hot = job.settings.search.hot
    packages = {name: {"opt-level": {"value": 3, "reason": _REASON}} for name in hot}
    return read_recipe("hot packages", {"profile": {"package": packages}}, _SETTING)


def require_known(job: Job) -> None:
    """Raise UsageError for a hot package that is not in Cargo.lock; without that file nothing is known."""
    known = locked_packages(job) if job.settings.search.hot else set()
    unknown = [name for name in job.settings.search.hot if known and name not in known]
    if unknown:
        raise UsageError(
            f'{_SETTING} names "{unknown[0]}", which is no package in Cargo.lock{did_you_mean(unknown[0], known)}',
            expected="names of packages that the program is made of",
            next_command="cargo tree, which lists them",
        )


def locked_packages(job: Job) -> set[str]:
    """Return the names of the packages in Cargo.lock, none where that file is not there."""
    lockfile = job.state.image("lockfile").content
    return {*packages_from_elsewhere(lockfile), *local_packages(lockfile)}
