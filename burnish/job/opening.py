"""Opening a job: from the command line and the surroundings to the project, its settings and its recipe."""

from __future__ import annotations

import os
import platform as python_platform
import secrets
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from burnish import __version__
from burnish.cargo.flags import ConfigLayer
from burnish.cargo.given_config import is_given_file
from burnish.cargo.layers import given_layers, known_secrets
from burnish.cargo.locate import workspace_root
from burnish.cargo.profiles import merged_profiles
from burnish.cargo.project import Project, examine_manifest, find_manifest, read_project
from burnish.cargo.surroundings import QUERY_SECONDS, Surroundings, cargo_home, surroundings_of
from burnish.cargo.targets import configured_targets
from burnish.cargo.toolchain import RustToolchain, read_toolchain, with_toolchain
from burnish.errors import AS_LEFT, Refused, UsageError
from burnish.job.binaries import require_known_bins, with_own_settings
from burnish.job.candidate import Candidate
from burnish.job.given import COMMAND_LINE, budget_in_force, command_line_layers
from burnish.job.inputs import require_inputs
from burnish.job.job import Job
from burnish.job.notebook import Notebook, Record, read_record, utc_now
from burnish.job.options import UNSAID, Options
from burnish.job.places import locate_start
from burnish.job.recipe import AUTO, BASE, Recipe, load_recipes, pick_recipe
from burnish.job.selecting import (
    require_features,
    require_lockfile,
    require_profile,
    require_same_selection,
    require_same_start,
    require_same_toolchain,
    selection_part,
    wanted_by,
)
from burnish.job.settings import BuildSettings, Layer, Resolved, defaults_layer, metadata_layers, resolve
from burnish.job.shared_libraries import links_libc_statically, without_shared
from burnish.job.wanted import with_kept_symbols
from burnish.model import Machine, PlatformPart, ProjectPart, RecipePart, Report, Tool, Toolchain
from burnish.model import Run as RunPart
from burnish.platforms import pick_platform, shipped_platforms
from burnish.platforms.finding import Found, find_toolkit
from burnish.resources import config_file
from burnish.system.console import Console
from burnish.system.process import Programs
from burnish.toml.reading import read_toml
from burnish.transaction.files import read_image
from burnish.transaction.journal import StateFolder
from burnish.transaction.registry import user_state
from burnish.transaction.sealed import Sealed


class Opened(NamedTuple):
    """A job and the notebook of its run."""

    job: Job
    notes: Notebook


def open_job(options: Options, *, console: Console, env: Mapping[str, str], cwd: Path, fresh: bool) -> Opened:
    """Read the project and its settings. Nothing is written.

    A run that is not `fresh` goes on with the record, and the options, of the steps before it.

    Raise Refused or UsageError for whatever cannot be used, before anything is touched.
    """
    manifest = locate(options, cwd=cwd, console=console)
    examine_manifest(manifest)
    programs = Programs(env=env, secrets=known_secrets(manifest.parent, cargo_home(env), env))
    record = _earlier_record(programs, manifest, fresh=fresh)
    options = _going_on(options, record.options) if record else options
    if options.toolchain is not None:
        programs = with_toolchain(programs, options.toolchain, manifest.parent, QUERY_SECONDS)
    project, chosen, given = _chosen(options, programs, manifest)
    programs = replace(programs, secrets=known_secrets(manifest.parent, cargo_home(env), env, given))
    around = replace(surroundings_of(programs, project.root, given), is_named=options.toolchain is not None)
    targets = configured_targets(around.layers, env, around.host)
    triple = _triple(chosen.target or None, targets, around.host)
    platforms = shipped_platforms()
    platform = pick_platform(platforms, triple, around.host)
    resolved = resolve(_layers(options, project, triple, [*platforms, triple]))
    require_same_start(chosen, resolved.settings.build, triple)
    project = replace(project, selection=resolved.settings.build.selection)
    _require_selection(project, around)
    require_known_bins(project, resolved)
    if project.binary is not None:
        resolved = with_own_settings(resolved, project.binary)
    require_inputs(project, resolved)
    around = replace(around, timeout_seconds=resolved.settings.limits.query_seconds)
    project = _as_made(project, around, triple)
    found = _for_one_target(find_toolkit(around, platform, triple), targets)
    job = Job(
        options=options,
        console=console,
        surroundings=around,
        project=project,
        start=_start(cwd, manifest.parent, project.root),
        resolved=resolved,
        budget=budget_in_force(options, resolved),
        state=StateFolder(project.root),
        opened=Candidate(recipe=_recipe(resolved), triple=triple, platform=platform, found=found),
    )
    if resolved.settings.recipe not in resolved.settings.recipes:  # a recipe of the project's own is the user's word
        job = replace(job, opened=with_kept_symbols(job, job.opened))
    toolchain = read_toolchain(programs, project.root, QUERY_SECONDS, rustc=found.toolkit.rustc)
    require_lockfile(job)
    record = _record(record, options, _first_report(job, toolchain))
    return Opened(job, Notebook(console=console, state=job.state, sealed=job.sealed, record=record))


def _chosen(
    options: Options, programs: Programs, manifest: Path
) -> tuple[Project, BuildSettings, Sequence[ConfigLayer]]:
    """Choose in the project what is built, and read what `--config` gives; the platform's own settings come later."""
    wanted = wanted_by(options)

    def read(config: Sequence[str]) -> Project:
        return read_project(
            programs,
            manifest,
            wanted=wanted,
            timeout_seconds=QUERY_SECONDS,
            config=config,
        )

    project = read(())
    resolved = resolve(_layers(options, project))
    chosen = resolved.settings.build
    if resolved.origins["build.bin"] == COMMAND_LINE and chosen.bin != project.named:
        raise UsageError("build.bin is set by --set", expected="--bin NAME, by which binaries are named")
    for key, asked in (("package", wanted.packages), ("workspace", wanted.workspace)):
        if resolved.origins[f"build.{key}"] == COMMAND_LINE and getattr(chosen, key) != asked:
            raise UsageError(f"build.{key} is set by --set", expected=f"--{key}, by which packages are named")
    whole = (str(project.root / each) if is_given_file(project.root, each) else each for each in chosen.config)
    chosen = msgspec.structs.replace(chosen, config=tuple(whole))
    given = given_layers(chosen.config, project.root)
    return (read(chosen.config) if chosen.config else project), chosen, given


def _as_made(project: Project, around: Surroundings, triple: str) -> Project:
    """Return the project with the library that is made for the platform in place of one that is not."""
    is_shared = project.library is not None and project.library[1] == "cdylib"
    if is_shared and links_libc_statically(triple, around.cfg(triple), around.rustflags(triple).flags):
        return _without_shared(project, triple)
    return project


def _without_shared(project: Project, triple: str) -> Project:
    made = without_shared(project)
    if made.library is None and project.only == "lib":
        raise UsageError(
            f"--lib: {triple} links statically here, so that cargo makes no cdylib, and there is no staticlib",
            expected="a platform that makes the library, or no --lib",
        )
    return made


def _require_selection(project: Project, around: Surroundings) -> None:
    manifest = read_toml(read_image(project.manifest).content or b"", str(project.manifest))
    require_profile(project.selection.profile, merged_profiles(manifest, around.layers))
    require_features(project)


def _start(cwd: Path, named: Path, root: Path) -> Path:
    """Return the folder in which the user starts cargo: the current one, or the named one where that is elsewhere.

    Cargo reads its configuration from there, also where `--manifest-path` names a manifest in another folder.
    """
    here, top = cwd.resolve(), root.resolve()
    return root / here.relative_to(top) if here.is_relative_to(top) else named


def _recipe(resolved: Resolved) -> Recipe:
    """Return the recipe that is named; the base is in the place of `auto`."""
    named = resolved.settings.recipe
    shipped, own = config_file("recipes.toml").read_bytes(), resolved.settings.recipes
    recipes = load_recipes(shipped, own, resolved.names["recipes"])
    return pick_recipe(recipes, BASE if named == AUTO else named)


def locate(options: Options, *, cwd: Path, console: Console) -> Path:
    """Find the manifest to work on, and say so where it is the bundled crate's copy."""
    start = locate_start(options, cwd=cwd)
    if (options.project, options.manifest_path) == (None, None) and start != cwd:
        console.say(f"working on the bundled crate, in a copy: {os.path.relpath(start, cwd)}")
    return find_manifest(start)


def _earlier_record(programs: Programs, manifest: Path, *, fresh: bool) -> Record | None:
    if fresh:
        return None
    root = workspace_root(programs, manifest.parent, QUERY_SECONDS)
    if root is None:
        return None
    return read_record(StateFolder(root), Sealed(root=root, user_state=user_state()))


def _going_on(options: Options, earlier: Options) -> Options:
    """Lay a step's options over those of the run that it goes on with. What is worked on cannot change on the way."""
    for name in ("package", "workspace", "bin", "bins", "lib", "platform"):
        given, before = getattr(options, name), getattr(earlier, name)
        if given not in UNSAID and given != before:
            told, known = (shlex.join(_typed(name, each)) if each not in UNSAID else "" for each in (given, before))
            raise UsageError(
                f"{told} begins something new, and this run is of {known or 'what was chosen without it'}",
                expected=f"no --{name}, or the one that the run began with",
                files=AS_LEFT,
                next_command=f"burnish baseline {shlex.join(_typed(name, given))}",
            )
    return options.over(earlier)


def _typed(name: str, given: object) -> list[str]:
    """Return an option as it is typed: a flag, one value, or several."""
    if given is True:
        return [f"--{name}"]
    values = given if isinstance(given, tuple) else (given,)
    return [word for each in values for word in (f"--{name}", str(each))]


def _record(earlier: Record | None, options: Options, first: Report) -> Record:
    """Return the record to go on with: the earlier one, under the options and settings that hold now."""
    if earlier is None:
        return Record(options=options, report=first)
    if first.selection is not None:
        require_same_selection(earlier.report.selection, first.selection)
    require_same_toolchain(earlier.report.toolchain, first.toolchain)
    report = msgspec.structs.replace(earlier.report, settings=first.settings, selection=first.selection)
    return msgspec.structs.replace(earlier, options=options, report=report)


def _triple(asked_for: str | None, configured: Sequence[str], host: str) -> str:
    """Return the target triple.

    Another platform is asked of cargo by `--target`, the host's own by nothing: raise Refused where that gives another,
    or several.
    """
    if asked_for is None and len(configured) > 1:
        chosen = host if host in configured else configured[0]
        raise Refused(
            f"cargo builds for several targets here: {', '.join(configured)}",
            expected="one of them, chosen by --platform",
            next_command=f"burnish plan --platform {chosen}",
        )
    if configured and host not in configured and asked_for == host:
        raise Refused(
            f"--platform {asked_for} is not what cargo builds here: it is configured for {', '.join(configured)}",
            expected="`build.target` of the cargo configuration, or CARGO_BUILD_TARGET, to agree",
            next_command="burnish doctor, without --platform",
        )
    return asked_for or next(iter(configured), host)


def _for_one_target(found: Found, configured: Sequence[str]) -> Found:
    """Let cargo build for the toolkit's target only, where it would build for others too."""
    toolkit = found.toolkit
    if len(configured) <= 1 or "--target" in toolkit.arguments:
        return found
    return replace(found, toolkit=replace(toolkit, arguments=("--target", toolkit.triple, *toolkit.arguments)))


def _layers(options: Options, project: Project, triple: str = "", platforms: Collection[str] = ()) -> list[Layer]:
    """Return the cascade, without what is for one platform where no `triple` is known yet."""
    return [
        defaults_layer(config_file("defaults.toml").read_bytes()),
        *metadata_layers(project.workspace_metadata, "[workspace.metadata.burnish]", triple, platforms),
        *metadata_layers(project.package_metadata, "[package.metadata.burnish]", triple, platforms),
        *command_line_layers(options),
    ]


def _first_report(job: Job, toolchain: RustToolchain) -> Report:
    now, project, toolkit = utc_now(), job.project, job.opened.toolkit
    return Report(
        tool=Tool(version=__version__),
        run=RunPart(id=f"{now.replace(':', '')}-{secrets.token_hex(3)}", command=command_line(sys.argv), started=now),
        machine=_machine(),
        toolchain=Toolchain(
            rustc=toolchain.rustc, cargo=toolchain.cargo, host=toolchain.host, programs=dict(toolkit.programs)
        ),
        project=ProjectPart(
            root=str(project.root),
            package=project.package.name if project.package else None,
            version=project.package.version if project.package else None,
            binary=project.binary,
        ),
        platform=PlatformPart(name=toolkit.triple, triple=toolkit.triple, mode=toolkit.mode),
        recipe=RecipePart(name=job.opened.recipe.name, settings=[]),
        settings=job.resolved.as_text(),
        selection=selection_part(project, job.triple, job.programs.env.get("RUSTUP_TOOLCHAIN")),
    )


def command_line(argv: Sequence[str]) -> list[str]:
    """Return the command as typed, with the program's name in place of its path."""
    return [Path(argv[0]).name, *argv[1:]]


def _machine() -> Machine:
    return Machine(
        system=f"{python_platform.system()} {python_platform.release()}",
        architecture=python_platform.machine(),
        cpu=_cpu_name(),
        cores=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
    )


def _cpu_name() -> str:
    """Return the processor's name; Python's own answer is empty on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return python_platform.processor() or python_platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else python_platform.machine()
