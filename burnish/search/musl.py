"""Static binaries with musl: what of it is lacking here, for those who would have one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from burnish.job.allocating import MUSL
from burnish.job.job import Job
from burnish.platforms import shipped_platforms
from burnish.platforms.finding import Lack, find_toolkit
from burnish.resources import config_file
from burnish.search.choices import load_space
from burnish.search.space import GLIBC, locked_packages, read_facts

_CHOICE, _FACT = "link.musl", "musl"
# By these names the crate cc looks for a compiler.
_COMPILERS = ("x86_64-linux-musl-gcc", "musl-gcc")
# What is said to `tune` alone.
_OF_A_SEARCH = ("report_dir", "max_trials", "time_budget", "all_gates", "steps")
# What the doctor is not told.
_OF_A_RUN = (*_OF_A_SEARCH, "history", "allow_dirty", "allow_abort", "test_runner")


def remedies(job: Job) -> list[str]:
    """Return what would give the search more to choose from here, each with its commands."""
    return list(_remedies(job))


def _remedies(job: Job) -> Iterator[str]:
    if musl_lacks(job):
        fixing = shlex.join(["burnish", "doctor", "--fix", *job.options.words(without=_OF_A_RUN)])
        again = shlex.join(["burnish", "optimize", *job.options.words(without=_OF_A_SEARCH)])
        yield f"a static binary with musl is smaller and starts sooner than one with glibc: `{fixing}`, then `{again}`"


def musl_lacks(job: Job) -> tuple[Lack, ...]:
    """Return what a static binary with musl takes and this machine has not; nothing where it would not be picked."""
    facts = read_facts(job)
    if job.triple != GLIBC or _FACT in facts or not _is_taken(job, facts | {_FACT}):
        return ()
    return find_toolkit(job.surroundings, shipped_platforms()[MUSL], MUSL).lacks


def has_no_c_compiler(job: Job) -> bool:
    """Return whether static musl may be picked, but what builds C code, for tests too, finds no compiler for it."""
    return (
        job.triple == job.surroundings.host == GLIBC
        and _is_taken(job, read_facts(job) | {_FACT})
        and "cc" in locked_packages(job)
        and not any(map(job.surroundings.which, _COMPILERS))
    )


def _is_taken(job: Job, facts: frozenset[str]) -> bool:
    """Return whether the user accepts what static musl takes, and the project can be linked so."""
    space = load_space(config_file("search.toml").read_bytes(), facts, job.accepted(job.opened))
    return any(choice.id == _CHOICE for choice in space.choices)
