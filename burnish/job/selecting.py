"""Choosing what of a project is built, from the command line and the project's metadata, and what cannot be built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.cargo.command_lines import metadata_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.project import Package, Project
from burnish.cargo.selection import Selection
from burnish.errors import AS_LEFT, Refused, UsageError
from burnish.job.job import Job
from burnish.job.options import Options
from burnish.job.settings import BuildSettings
from burnish.model import SelectionPart, Toolchain
from burnish.text import did_you_mean

# What decides how the settings of a platform are found is known before them.
_BEFORE_PLATFORM = ("package", "bin", "target", "config")


def require_same_start(chosen: BuildSettings, resolved: BuildSettings, triple: str) -> None:
    """Raise Refused where a platform's own settings say what the platform was found by."""
    for name in _BEFORE_PLATFORM:
        if getattr(chosen, name) != getattr(resolved, name):
            raise Refused(
                f"build.{name} is set for the platform {triple} alone, and is needed before the platform is known",
                expected=f"build.{name} in [package.metadata.burnish] or [workspace.metadata.burnish] itself",
                next_command="burnish plan, after moving it there",
            )


def require_features(project: Project) -> None:
    """Raise UsageError for features that none of the selected packages has, and for those of another package."""
    for feature in project.selection.features:
        if not any(package.own_features([feature]) for package in project.selected):
            raise _no_feature(project, feature)


def _no_feature(project: Project, feature: str) -> UsageError:
    owner = feature.partition("/")[0].rstrip("?")
    packages = ", ".join(package.name for package in project.selected)
    if "/" in feature and any(owner == member.name for member in project.members):
        return UsageError(
            f"--features {feature} is for the package {owner}, and {packages} is worked on",
            expected="features of one package at a time",
            next_command=f"burnish plan --package {owner} --features {feature.partition('/')[2]}",
        )
    known = list(_features(project.selected))
    return UsageError(
        f'there is no feature "{feature}" in {packages}{did_you_mean(feature, known)}',
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
        bins=[project.binary] if project.binary is not None else [],
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


def _typed(part: SelectionPart) -> str:
    selection = Selection(
        profile=part.profile,
        features=tuple(part.features),
        all_features=part.all_features,
        no_default_features=part.no_default_features,
        config=tuple(part.config),
    )
    return "".join(f" {word}" for word in selection.identity)


def require_same_toolchain(earlier: Toolchain, now: Toolchain) -> None:
    """Raise UsageError where a step would build with another compiler than its run began with."""
    if (earlier.rustc, earlier.cargo) != (now.rustc, now.cargo):
        raise UsageError(
            f"this step would build with {now.rustc}, and this run is of {earlier.rustc}",
            expected="the toolchain that the run began with",
            files=AS_LEFT,
            next_command="burnish baseline, which begins a run of its own",
        )


def toolchain_named(options: Options, env: dict[str, str]) -> str | None:
    """Return the toolchain that is asked of rustup: by our option, or as `cargo +NAME burnish` says it."""
    return options.toolchain or env.get("RUSTUP_TOOLCHAIN") or None
