"""What this machine, this platform and the user give a search to choose from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from burnish.cargo.project import Project
from burnish.cargo.scan import scan_for_unwinding
from burnish.cargo.vcs import ignored
from burnish.concessions import Concession
from burnish.job.host_flags import hidden_losses
from burnish.job.plan import config_role
from burnish.job.run import Run
from burnish.job.shared_libraries import NO_SHARED_LIBRARY, shared_libraries
from burnish.platforms import load_platforms
from burnish.platforms.finding import find_toolkit
from burnish.resources import config_file
from burnish.transaction.journal import PATHS

_LINKERS = ("ld.bfd", "ld.lld", "mold")
_GLIBC, _MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
_CPUS = ("any", "x86-64-v2", "x86-64-v3", "native")
_ELF = ("linux", "freebsd", "netbsd", "openbsd", "dragonfly", "illumos", "solaris")


def read_facts(run: Run, offered: frozenset[Concession] = frozenset()) -> frozenset[str]:
    """Give the facts that config/search.toml asks for under `needs`, as if the user accepted what is `offered` too."""
    return frozenset(_facts(run, offered))


def _facts(run: Run, offered: frozenset[Concession]) -> Iterator[str]:
    parts = run.triple.split("-")
    if not ({"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"} & run.programs.env.keys() or _is_config_unshared(run)):
        # Either variable, even if empty, silences all flags of the configuration.
        yield "flags"
    if not hidden_losses(run):
        yield "target"
    if parts[0] == "x86_64":
        yield "x86_64"
    if not set(_ELF).isdisjoint(parts):
        yield "elf"
    if "linux" in parts and parts[-1].startswith("gnu"):
        yield "glibc"
    if run.platform.static_rustflags:
        yield "static"
    yield from (name for name in _LINKERS if shutil.which(name, path=run.programs.env.get("PATH", "")))
    if run.triple == _GLIBC:
        yield from _musl(run)
    yield from _of_project(run, offered)
    yield from _CPUS[: _CPUS.index(_oldest_cpu(run, offered)) + 1]


def _of_project(run: Run, offered: frozenset[Concession]) -> Iterator[str]:
    if not shared_libraries(run.project):
        yield NO_SHARED_LIBRARY
    if _has_dependencies(run.project):
        yield "dependencies"
    if run.allows_abort or "unwinding" in offered or not scan_for_unwinding(run.project).places:
        yield "abort"


def _oldest_cpu(run: Run, offered: frozenset[Concession]) -> str:
    """Give the oldest processors that matter: what the setting says, and without a word on them this machine's."""
    is_open = run.resolved.is_default("search.oldest_cpu") and "old-cpus" in run.stated | offered
    return "native" if is_open else run.resolved.settings.search.oldest_cpu


def _is_config_unshared(run: Run) -> bool:
    """Return whether git ignores the configuration: what is written there is in no clone."""
    names = [PATHS[config_role(run.project.root)]]
    is_allowed = run.options.allow_dirty
    return not is_allowed and bool(ignored(run.programs, run.project.root, names, run.limits.query_seconds))


def _has_dependencies(project: Project) -> bool:
    own = {package.name for package in project.members}
    used = {each.name for package in project.members for each in package.dependencies if each.kind is None}
    return not used <= own


def _musl(run: Run) -> Iterator[str]:
    platforms = load_platforms(config_file("platforms.toml").read_bytes())
    found = find_toolkit(run.machine, platforms[_MUSL], _MUSL)
    if not found.lacks:
        yield "musl"
        if found.toolkit.rebuilds_std:
            yield "build-std"
