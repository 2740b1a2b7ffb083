"""Building the benches: which bench targets are Criterion's, their executables, and how cargo starts each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from burnish.cargo.benches.bench_starts import CargoStart, record_starts
from burnish.cargo.build import Artifact, Built, Cargo, build_with
from burnish.cargo.command_lines import bench_command
from burnish.cargo.harness import why_not_judged
from burnish.cargo.project import Package, Project, Target
from burnish.toml.reading import read_toml

_SOURCE_BYTES = 1024 * 1024
_NOT_STARTED = "cargo built it, and it was not seen how cargo starts it"


class BenchExecutable(msgspec.Struct, frozen=True, kw_only=True):
    """A Criterion bench target, built: `name` as cargo names the target.

    `folder` is where cargo starts it, `env` what cargo adds to the environment for it, and `runner` the program before
    it, where the user has configured one.
    """

    package: str
    name: str
    path: str
    folder: str
    env: dict[str, str] = {}
    runner: list[str] = []


class BuiltBenches(msgspec.Struct, frozen=True, kw_only=True):
    """The bench executables of one side, and what is not judged, with the reason.

    `unread` are those of them that cargo built and whose start nobody saw: they may run well for the user.
    """

    executables: list[BenchExecutable]
    not_judged: dict[str, str]
    unread: list[str] = []


def build_benches(cargo: Cargo, *, runner: Sequence[str] = (), timeout_seconds: float) -> BuiltBenches:
    """Build the Criterion benches of the selected packages; one that cannot be built stops no other.

    `runner` is what the user's configuration puts before each executable.
    """
    judged, not_judged = sort_benches(cargo.project)
    if not judged:
        return BuiltBenches(executables=[], not_judged=not_judged)
    with record_starts(cargo) as recorded:
        artifacts = _build(cargo, judged, recorded.arguments, timeout_seconds=timeout_seconds)
        executables = list(_executables(artifacts, judged, recorded.read(), runner))
    named = {(package.id, name): f"{package.name}/{name}" for package, name in judged}
    started = {f"{made.package}/{made.name}" for made in executables}
    built = {named[key] for made in artifacts if (key := (made.package_id, made.target)) in named}
    reasons = {name: _NOT_STARTED if name in built else "cargo could not build it" for name in named.values()}
    not_judged |= {name: reason for name, reason in sorted(reasons.items()) if name not in started}
    return BuiltBenches(executables=executables, not_judged=not_judged, unread=sorted(built - started))


def _build(
    cargo: Cargo, judged: Sequence[tuple[Package, str]], options: Sequence[str], *, timeout_seconds: float
) -> list[Artifact]:
    """Build all targets at once, and each alone where that fails: cargo stops at the first that does not compile."""
    project = cargo.project

    def bench(*chosen: str, by: Cargo = cargo) -> Built:
        command = bench_command(project.selection, *options, *chosen)
        return build_with(by, command, timeout_seconds=timeout_seconds)

    first = cargo.without_failures if len(judged) > 1 else cargo
    names = sorted({f"--bench={name}" for _, name in judged})
    together = bench(*project.package_arguments, *project.selection.feature_arguments, *names, by=first)
    if together.ok or len(judged) == 1:
        return _benches_of(together)
    alone = [
        bench(f"--package={package.spec}", *project.features_for(package.id), f"--bench={name}")
        for package, name in judged
    ]
    return [artifact for built in alone for artifact in _benches_of(built)]


def _benches_of(built: Built) -> list[Artifact]:
    return [artifact for artifact in built.artifacts if "bench" in artifact.kind]


def sort_benches(project: Project) -> tuple[list[tuple[Package, str]], dict[str, str]]:
    """Sort the bench targets of the selected packages into Criterion's, and others by name with the reason."""
    judged: list[tuple[Package, str]] = []
    not_judged: dict[str, str] = {}
    for package in project.selected:
        own_mains = _own_mains(package)
        for target in (target for target in package.targets if "bench" in target.kind):
            has_own_main = target.name in own_mains
            reason = why_not_judged(package, target, has_own_main=has_own_main, source=_source(target))
            if reason:
                not_judged[f"{package.name}/{target.name}"] = reason
            else:
                judged.append((package, target.name))
    return judged, not_judged


def not_judged_words(not_judged: Mapping[str, str]) -> list[str]:
    """Return of each bench target that is not judged why it is not."""
    return [f"the benches of {target} are not judged: {reason}" for target, reason in not_judged.items()]


def _source(target: Target) -> str:
    """Return the beginning of a target's source. A project from elsewhere may name a pipe, which would never end."""
    path = Path(target.src_path)
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(_SOURCE_BYTES).decode("utf-8", "replace")


def _own_mains(package: Package) -> set[str]:
    """Return the bench targets with a main function of their own (`harness = false`); cargo metadata does not tell."""
    path = Path(package.manifest_path)
    tables = read_toml(path.read_bytes(), str(path)).get("bench", [])
    return {table["name"] for table in tables if table.get("harness") is False and "name" in table}


def _executables(
    artifacts: Sequence[Artifact],
    judged: Sequence[tuple[Package, str]],
    starts: Mapping[Path, CargoStart],
    runner: Sequence[str],
) -> Iterator[BenchExecutable]:
    packages = {(package.id, name): package for package, name in judged}
    for artifact in artifacts:
        package = packages.get((artifact.package_id, artifact.target))
        start = starts.get(artifact.executable)
        if package is not None and start is not None:
            yield BenchExecutable(
                package=package.name,
                name=artifact.target,
                path=str(artifact.executable),
                folder=start.folder,
                env=start.env,
                runner=list(runner),
            )
