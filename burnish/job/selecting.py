"""Choosing what of a project is built, from the command line and the project's metadata, and what cannot be built."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from burnish.cargo.command_lines import metadata_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.profiles import BUILT_IN, can_be_named, is_defined
from burnish.cargo.project import Package, Project
from burnish.cargo.selection import Selection, Wanted, named_once
from burnish.errors import AS_LEFT, Refused, UsageError
from burnish.job.job import Job
from burnish.job.options import Options
from burnish.job.settings import BuildSettings
from burnish.model import SelectionPart, Toolchain
from burnish.text import did_you_mean

# What decides how the settings of a platform are found is known before them.
_NOT_SHIPPED = {
    "dev": "the profile of debug builds, and a release profile is what is made small and proven here",
    "test": "the profile by which cargo builds tests, and no program",
    "bench": "the profile by which cargo builds benches; what is written into release reaches it",
}
_BEFORE_PLATFORM = ("package", "workspace", "bin", "target", "config")


def wanted_by(options: Options) -> Wanted:
    """Return what of the workspace the options name. Raise UsageError where they name one thing in two ways."""
    ways = {
        "--package": options.package and options.workspace and "--workspace",
        "--bin": options.bin and ((options.bins and "--bins") or (options.lib and "--lib")),
        "--bins": options.bins and options.lib and "--lib",
    }
    for one, other in ways.items():
        if other:
            raise UsageError(f"{one} and {other} are given together", expected="one of them")
    return Wanted(
        packages=named_once(options.package),
        workspace=options.workspace,
        bins=named_once(options.bin),
        only="bins" if options.bins else "lib" if options.lib else "",
    )


def require_same_start(chosen: BuildSettings, resolved: BuildSettings, triple: str) -> None:
    """Raise Refused where a platform's own settings say what the platform was found by."""
    for name in _BEFORE_PLATFORM:
        if getattr(chosen, name) != getattr(resolved, name):
            raise Refused(
                f"build.{name} is set for the platform {triple} alone, and is needed before the platform is known",
                expected=f"build.{name} in [package.metadata.burnish] or [workspace.metadata.burnish] itself",
                next_command="burnish plan, after moving it there",
            )


def require_profile(name: str, profiles: Mapping[str, Any]) -> None:
    """Raise UsageError for a profile that is none to ship, and for a name that cargo takes for none.

    A name that nobody has and that is near to one of the project's is taken for a slip; any other is to be made.
    """
    if name in _NOT_SHIPPED:
        raise UsageError(
            f"--profile {name} is {_NOT_SHIPPED[name]}",
            expected="release, or a profile of the project's own for what is shipped, such as dist",
        )
    known = [each for each in (*BUILT_IN, *profiles) if is_defined(profiles, each)]
    near = did_you_mean(name, known) if name not in known else ""
    if near or not can_be_named(name):
        shipped = dict.fromkeys(each for each in known if each not in _NOT_SHIPPED)
        raise UsageError(
            f'there is no profile "{name}"{near}' if near else f'cargo takes "{name}" for no name of a profile',
            expected=f"one of {', '.join(shipped)}, or a new name",
        )


def require_features(project: Project) -> None:
    """Raise UsageError for features that none of the selected packages has, and for those of another package."""
    for feature in project.selection.features:
        if not any(package.own_features([feature]) for package in project.selected):
            raise _no_feature(project, feature)


def _no_feature(project: Project, feature: str) -> UsageError:
    owner = feature.partition("/")[0].rstrip("?")
    packages = ", ".join(package.name for package in project.selected)
    others = [member.name for member in project.members if member not in project.selected]
    both = [word for name in (*(package.name for package in project.selected), owner) for word in ("--package", name)]
    if "/" in feature and owner in others:
        return UsageError(
            f"--features {feature} is for the package {owner}, and {packages} is worked on",
            expected="features of the packages that are worked on",
            next_command=shlex.join(["burnish", "plan", *both, "--features", feature]),
        )
    known = list(_features(project.selected))
    return UsageError(
        f'there is no feature "{feature}" in {packages}{did_you_mean(feature.rpartition("/")[2], known)}',
        expected=f"one of {', '.join(known)}" if known else "no feature: there is none",
    )


def _features(packages: Sequence[Package]) -> Iterator[str]:
    yield from dict.fromkeys(name for package in packages for name in package.features)


def require_lockfile(job: Job) -> None:
    """Raise Refused, in cargo's own words, where cargo may not do what it would have to, to resolve the project.

    Without `--locked` cargo would write Cargo.lock to answer, so nothing is asked then: the baseline's build tells.
    """
    selection = job.project.selection
    if not (selection.locked or selection.frozen):
        return
    command = ["cargo", *metadata_command(job.project, job.triple)]
    answer = job.programs.run(command, cwd=job.project.root, timeout_seconds=job.limits.build_seconds)
    if not answer.ok:
        given = " ".join(selection.lock_arguments)
        raise Refused(
            f"cargo cannot resolve the project with {given}: {first_error(answer.stderr.decode('utf-8', 'replace'))}",
            expected="a Cargo.lock that is there and up to date, and with --frozen all packages on this machine",
            next_command="cargo fetch, which brings both up to date; then the same again",
        )


def selection_part(project: Project, triple: str, toolchain: str | None) -> SelectionPart:
    """Return the selection as the report tells it."""
    selection = project.selection
    return SelectionPart(
        packages=[package.name for package in project.selected],
        bins=list(project.named) or ([project.binary] if project.binary is not None else []),
        features=list(selection.features),
        all_features=selection.all_features,
        no_default_features=selection.no_default_features,
        profile=selection.profile,
        target=triple,
        toolchain=toolchain,
        config=list(selection.config),
        locked=selection.locked,
        offline=selection.offline,
        frozen=selection.frozen,
        jobs=selection.jobs or None,
    )


def require_same_selection(earlier: SelectionPart | None, now: SelectionPart) -> None:
    """Raise UsageError where a step would go on with another selection than its run began with.

    What makes no other file may change on the way: the rules for the lockfile, and the number of jobs.
    """
    if earlier is None:
        return
    before, after = _words(earlier), _words(now)
    if before != after:
        raise UsageError(
            f"this step would build {after}, and this run is of {before}",
            expected="what the run began with, or nothing said of it",
            files=AS_LEFT,
            next_command=f"burnish baseline{_typed(now)}, which begins a run of its own",
        )


def _words(part: SelectionPart) -> str:
    what = " ".join([*part.packages, *(f"--bin={name}" for name in part.bins)])
    return f"{what} for {part.target}{_typed(part)}"


def selection_of(part: SelectionPart) -> Selection:
    """Return what a report's selection told cargo of the file that was built."""
    return Selection(
        profile=part.profile,
        features=tuple(part.features),
        all_features=part.all_features,
        no_default_features=part.no_default_features,
        config=tuple(part.config),
    )


def _typed(part: SelectionPart) -> str:
    return "".join(f" {shlex.quote(word)}" for word in selection_of(part).identity)


def require_same_toolchain(earlier: Toolchain, now: Toolchain) -> None:
    """Raise UsageError where a step would build with another compiler than its run began with."""
    if (earlier.rustc, earlier.cargo) != (now.rustc, now.cargo):
        raise UsageError(
            f"this step would build with {now.rustc}, and this run is of {earlier.rustc}",
            expected="the toolchain that the run began with",
            files=AS_LEFT,
            next_command="burnish baseline, which begins a run of its own",
        )
