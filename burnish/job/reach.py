"""Whom a recipe reaches: `cargo install` reads a package's own profile, and no configuration of its project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.cargo.selection import Selection
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.wanted import link_flags
from burnish.judge.findings import listed
from burnish.model import RELEASE


def beyond_install(candidate: Candidate, target: str | None, selection: Selection) -> Iterator[str]:
    """Yield what of a recipe does not reach those who install the program, in words; `target` is what is written."""
    flags = link_flags(candidate.recipe, candidate.platform, candidate.toolkit.mode)
    if flags:
        yield f"the rustflags {' '.join(flags)}"
    if target:
        yield f"build.target = {target}"
    if candidate.choices and candidate.toolkit.arguments:
        yield "the command of its own"
    if selection.profile != RELEASE:
        yield f"the profile {selection.profile}, unless they say --profile {selection.profile}"


def reach_notes(job: Job, candidate: Candidate, target: str | None) -> Iterator[str]:
    """Yield which part of the gain reaches those who install the program, where that is not all of it."""
    package = job.project.package
    if package is None or job.project.binary is None or not package.may_be_published:
        return
    beyond = list(beyond_install(candidate, target, job.project.selection))
    if package.folder != job.project.root:
        yield (
            f"`cargo install {package.name}` from a registry gets none of this: the profile stands in the workspace's "
            f"Cargo.toml, which is not published with {package.name}; with --git or --path the profile is in force"
        )
    elif beyond:
        yield (
            f"`cargo install {package.name}` gives {_profile(candidate, job)}, and not {listed(beyond)}; "
            "`--reach install` tries only what reaches its users"
        )


def _profile(candidate: Candidate, job: Job) -> str:
    keys: Sequence[str] = list(candidate.recipe.profile) if job.project.selection.profile == RELEASE else []
    return f"the profile's {', '.join(keys)}" if keys else "nothing of this"


def require_reach(job: Job, beyond: Sequence[str]) -> None:
    """Raise Refused where something must reach those who install the program, and is `beyond` that."""
    if job.settings.reach == "install" and beyond:
        raise Refused(
            f"`cargo install` does not give {listed(beyond)}, and reach is install",
            expected="a recipe of profile keys only",
            next_command="burnish plan --recipe portable, or the same with --reach clone",
        )
