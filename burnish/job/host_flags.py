"""The rustflags that build scripts and proc macros get today, and lose where a target is built for by name.

Cargo gives its rustflags to all that it compiles, until it is told a target: then to what is built for that target only
(cargo#14934). A build script that needs one of them no longer builds then, or does something else.
"""

from __future__ import annotations

from collections.abc import Iterator

from burnish.cargo.flags import normalise
from burnish.cargo.project import Project
from burnish.cargo.targets import configured_targets
from burnish.job.candidate import Candidate
from burnish.job.job import Job

_HOST_KINDS = {"custom-build", "proc-macro"}
# What code may be compiled otherwise for, without a word: the build tells nothing of that.
_SEEN_BY_CODE = ("--cfg ", "-C debug-assertions")


def host_flags(job: Job) -> tuple[str, ...]:
    """Return the flags that build scripts and proc macros get in the project as it is, one to an item.

    There are none where cargo is told a target already, and where the project has no such code.
    """
    around, env = job.surroundings, job.programs.env
    is_told = job.triple != around.host or configured_targets(around.layers, env, around.host)
    if is_told or not _has_host_code(job.project):
        return ()
    return normalise(around.rustflags(around.host).flags)


def _has_host_code(project: Project) -> bool:
    """Return whether there may be build scripts or proc macros: what dependencies have is not known."""
    kinds = {kind for package in project.members for target in package.targets for kind in target.kind}
    return bool(kinds & _HOST_KINDS) or any(package.dependencies for package in project.members)


def hidden_losses(job: Job) -> tuple[str, ...]:
    """Return those of the flags whose loss a build may not tell: code asks for them, and is another without them."""
    return tuple(flag for flag in host_flags(job) if flag.startswith(_SEEN_BY_CODE))


def untried_words(job: Job) -> Iterator[str]:
    """Yield which settings a search leaves out for them, and why."""
    hidden = hidden_losses(job)
    if hidden:
        yield (
            "settings that need a target of their own are not tried: build scripts and proc macros would lose "
            f"{' '.join(hidden)}, and a build need not tell"
        )


def lost_flags(job: Job, candidate: Candidate, target: str | None) -> tuple[str, ...]:
    """Return the flags that a run's recipe takes from them: by the `target` that it writes, or its own platform."""
    is_told = target is not None or candidate.triple != job.triple
    return host_flags(job) if is_told else ()


def loss_notes(lost: tuple[str, ...]) -> Iterator[str]:
    """Yield beforehand what a recipe takes."""
    if lost:
        yield (
            f"with a target of its own the recipe takes {' '.join(lost)} from build scripts and proc macros, which get "
            "all rustflags today: one that needs them no longer builds (cargo#14934)"
        )


def loss_remark(lost: tuple[str, ...]) -> str:
    """Return what may be why a build failed; empty where nothing was taken."""
    return f"build scripts and proc macros no longer get {' '.join(lost)}, which may be why" if lost else ""
