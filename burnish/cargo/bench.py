"""Benching: Criterion's executables, built once for each side and run in alternation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from burnish.cargo.build import Built, Cargo, build_with
from burnish.cargo.criterion import read_benches
from burnish.cargo.project import Package, Project
from burnish.cargo.toml import read_toml
from burnish.process import Programs
from burnish.report.model import Bench, Benches
from burnish.settings import BenchSettings


class BenchExecutable(msgspec.Struct, frozen=True, kw_only=True):
    """A Criterion bench target, built: `name` as cargo names the target, `folder` the package's own."""

    package: str
    name: str
    path: str
    folder: str


class BuiltBenches(msgspec.Struct, frozen=True, kw_only=True):
    """The bench executables of one side, and what is not judged, with the reason."""

    executables: list[BenchExecutable]
    not_judged: dict[str, str]


def build_benches(cargo: Cargo, *, timeout_seconds: float) -> BuiltBenches:
    """Build the Criterion benches of the selected packages by cargo's `bench --no-run`."""
    judged, not_judged = sort_benches(cargo.project)
    if not judged:
        return BuiltBenches(executables=[], not_judged=not_judged)
    targets = sorted({name for _, name in judged})
    command = ["bench", "--no-run", *cargo.project.selection, *(f"--bench={name}" for name in targets)]
    built = build_with(cargo, command, timeout_seconds=timeout_seconds)
    if not built.ok:
        not_judged |= {f"{package.name}/{name}": "cargo could not build it" for package, name in judged}
    return BuiltBenches(executables=_executables(built, judged) if built.ok else [], not_judged=not_judged)


def sort_benches(project: Project) -> tuple[list[tuple[Package, str]], dict[str, str]]:
    """Sort the bench targets of the selected packages into Criterion's, and others by name with the reason."""
    judged: list[tuple[Package, str]] = []
    not_judged: dict[str, str] = {}
    for package in project.selected:
        own_main = _own_mains(package)
        has_criterion = any("criterion" in dependency.name for dependency in package.dependencies)
        for name in (target.name for target in package.targets if "bench" in target.kind):
            if name not in own_main:
                not_judged[f"{package.name}/{name}"] = "libtest's own bench harness, which stable Rust does not run"
            elif not has_criterion:
                not_judged[f"{package.name}/{name}"] = "its package does not depend on Criterion"
            else:
                judged.append((package, name))
    return judged, not_judged


def _own_mains(package: Package) -> set[str]:
    """Give the bench targets with a main function of their own (`harness = false`); cargo metadata does not tell."""
    path = Path(package.manifest_path)
    tables = read_toml(path.read_bytes(), str(path)).get("bench", [])
    return {table["name"] for table in tables if table.get("harness") is False and "name" in table}


def _executables(built: Built, judged: Sequence[tuple[Package, str]]) -> list[BenchExecutable]:
    packages = {(package.id, name): package for package, name in judged}
    return [
        BenchExecutable(
            package=packages[artifact.package_id, artifact.target].name,
            name=artifact.target,
            path=str(artifact.executable),
            folder=str(packages[artifact.package_id, artifact.target].folder),
        )
        for artifact in built.artifacts
        if (artifact.package_id, artifact.target) in packages
    ]


def run_benches(
    sides: Mapping[str, BuiltBenches],
    *,
    programs: Programs,
    settings: BenchSettings,
    home: Path,
    timeout_seconds: float,
    on_attempt: Callable[[int, str, str], None],
) -> dict[str, Benches]:
    """Run the benches of all sides in alternation, the order turned with each attempt.

    One attempt is one process of one bench target. Criterion writes below `home`, never into the project. `on_attempt`
    gets the attempt's number from 1, the side and the bench target. A target that fails or runs out of time is
    named as not judged, and the judge sees that its benches are missing.
    """
    means: dict[str, dict[str, list[float]]] = {side: {} for side in sides}
    not_judged = {side: dict(sides[side].not_judged) for side in sides}
    for attempt in range(settings.attempts):
        order = list(sides) if attempt % 2 == 0 else list(sides)[::-1]
        for side in order:
            for executable in sides[side].executables:
                on_attempt(attempt + 1, side, executable.name)
                results = _run_once(executable, programs, settings, home / side, timeout_seconds)
                if not results:
                    not_judged[side][f"{executable.package}/{executable.name}"] = "it gave nothing when it ran"
                for bench_id, seconds in results.items():
                    means[side].setdefault(f"{executable.name}/{bench_id}", []).append(seconds)
    return {side: _benches(means[side], not_judged[side]) for side in sides}


def _benches(means: Mapping[str, list[float]], not_judged: dict[str, str]) -> Benches:
    measured = [Bench(id=bench_id, attempts=attempts) for bench_id, attempts in sorted(means.items())]
    return Benches(measured=measured, not_judged=not_judged)


def _run_once(
    executable: BenchExecutable, programs: Programs, settings: BenchSettings, home: Path, timeout_seconds: float
) -> dict[str, float]:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    times = ["--warm-up-time", str(settings.warm_up_seconds), "--measurement-time", str(settings.measurement_seconds)]
    finished = programs.run(
        [executable.path, "--bench", "--noplot", *times],
        cwd=Path(executable.folder),
        timeout_seconds=timeout_seconds,
        env={
            "CRITERION_HOME": str(home),
            "CARGO_MANIFEST_DIR": executable.folder,
            "CARGO_PKG_NAME": executable.package,
        },
    )
    return read_benches(home) if finished.ok else {}
