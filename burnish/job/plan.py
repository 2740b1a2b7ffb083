"""The plan: from recipe, platform and what the project has, to the edits of its two files. Nothing is written."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cargo.benches.bench import not_judged_words, sort_benches
from burnish.cargo.build import release_command
from burnish.cargo.config import edit_config
from burnish.cargo.flags import ConfigLayer, EffectiveFlags, effective_rustflags, flags_to_write, merge
from burnish.cargo.inheritance import heirs_of_release
from burnish.cargo.layers import config_layers
from burnish.cargo.manifest import edit_profile
from burnish.cargo.overrides import Override, find_overrides, kept_in_own_tables, overriding
from burnish.cargo.precedence import Beaten, Configuration, beaten_settings, with_file
from burnish.cargo.project import Project
from burnish.cargo.scan import UnwindingScan
from burnish.cargo.targets import configured_targets
from burnish.cargo.unwinding import KNOWN_PATTERNS
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.host_flags import loss_notes, lost_flags
from burnish.job.job import Job
from burnish.job.kept_symbols import keep_symbols, stated_symbols
from burnish.job.portability import THIS_PROCESSOR, left_out
from burnish.job.recipe import FlagSetting, Recipe
from burnish.job.shared_libraries import library_notes
from burnish.judge.findings import count_of, listed
from burnish.judge.in_force import Wanted
from burnish.judge.linkage_gate import LinkageWanted
from burnish.model import Mode, Setting
from burnish.platforms import Platform
from burnish.toml.data import TomlValue
from burnish.toml.edit import TextEdit
from burnish.toml.reading import read_toml
from burnish.transaction.journal import PATHS, EditRole

_PROFILE = "[profile.release]"
_STRIPS_SYMBOLS = (True, "symbols")
_STRIP_NOTE = "strip: the binary runs as before; backtraces of its panics, and profilers, name none of its functions"
_WINS = {"-C target-feature crt-static": "for static linking rustc takes any `+`"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be written: an edit for each of the two files, the settings behind them, and what to know first.

    `profile`, `flags` (of the target, those carried over included) and `build_target` are the same as values.
    `reliances` are where code relies on unwinding, which the recipe takes away. `beaten` are the settings that would
    not be in force. `overrides` are the user's own settings for single packages, which beat the recipe there.
    """

    profile: Mapping[str, TomlValue]
    flags: tuple[str, ...]
    build_target: str | None
    manifest: TextEdit
    config: TextEdit
    config_role: EditRole
    settings: tuple[Setting, ...]
    notes: tuple[str, ...]
    reliances: tuple[str, ...]
    effective: EffectiveFlags
    beaten: tuple[Beaten, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def edits(self) -> list[TextEdit]:
        """Give the edits that change something."""
        return [edit for edit in (self.manifest, self.config) if edit.changed]

    def keys(self, role: EditRole) -> tuple[str, ...]:
        """Give the keys that are set in one of the two files, for messages."""
        in_manifest = role == "manifest"
        ours = [each for each in self.settings if (each.where == _PROFILE) == in_manifest]
        return tuple(dict.fromkeys(f"{each.where.strip('[]')}.{each.key}"[:200] for each in ours))

    @property
    def is_empty(self) -> bool:
        """Say whether the files hold the recipe already."""
        return not self.edits


def make_plan(job: Job, candidate: Candidate) -> Plan:
    """Work out the edits of a candidate's recipe on the project. Raise Refused where a file cannot be edited safely."""
    env = job.programs.env
    layers = config_layers(job.project.root, job.surroundings.cargo_home)
    cfg = job.surroundings.cfg(candidate.triple)
    effective = effective_rustflags(layers, env, candidate.triple, cfg)
    # What only this machine has is not there where somebody else builds: it does not count, and is not written down.
    own_layers = [layer for layer in layers if layer.is_own]
    own_flags = effective_rustflags(own_layers, {}, candidate.triple, cfg)
    flags = link_flags(candidate.recipe, candidate.platform, candidate.toolkit.mode)
    target = target_to_write(job, candidate, own_layers)
    content = job.state.image("manifest").content or b""
    data = read_toml(content, "Cargo.toml")
    found = find_overrides(data, layers)
    profile = {key: setting.value for key, setting in candidate.recipe.profile.items()}
    sources = [data, *(layer.data for layer in layers)]
    judged = job.project.package.id if job.project.package else None
    profile |= kept_in_own_tables(sources, profile, shipped_packages(job.project), judged)
    manifest = edit_profile(content, profile)
    overrides = tuple(overriding(found, profile))
    aborts = _begins_to_abort(manifest)
    scan = job.unwinding if aborts else None
    role = config_role(job.project.root)
    wanted = flags_to_write(own_flags, own_layers, flags) if flags else ()
    config = edit_config(
        job.state.image(role).content,
        triple=candidate.triple,
        flags=wanted,
        build_target=target,
        as_string=effective.as_string,
        name=PATHS[role],
    )
    ahead = Ahead(job=job, candidate=candidate, layers=layers, cfg=cfg, config=config, profile=profile, flags=flags)
    beaten = ahead.beaten_in(job.start)
    return Plan(
        profile=profile,
        flags=wanted,
        build_target=target,
        manifest=manifest,
        config=config,
        config_role=role,
        settings=tuple(_settings(candidate, target)),
        notes=(
            *candidate.recipe.left_out,
            *_notes(job, candidate, target),
            *loss_notes(lost_flags(job, candidate, target)),
            *_library_notes(job, candidate, target),
            *_legacy_files(layers),
            *_conflicts(effective, flags, {each.key for each in beaten}),
            *ahead.silenced(own_flags),
            *_overridden(overrides),
            *ahead.beaten_elsewhere(),
            *(heir.sentence for heir in heirs_of_release(data, layers, profile)),
            *([_abort_note(scan)] if scan else ()),
            *([_STRIP_NOTE] if _strips_symbols(manifest.after) and not _strips_symbols(manifest.before) else ()),
            *not_judged_words(sort_benches(job.project)[1]),
        ),
        reliances=scan.places if scan else (),
        effective=effective,
        beaten=beaten,
        overrides=overrides,
    )


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What will be written, against what cargo reads in a folder: `layers` are those of the root as it is now."""

    job: Job
    candidate: Candidate
    layers: Sequence[ConfigLayer]
    cfg: Sequence[str]
    config: TextEdit
    profile: Mapping[str, TomlValue]
    flags: tuple[str, ...]

    def beaten_in(self, folder: Path) -> tuple[Beaten, ...]:
        """Find what would not be in force where cargo is started in a folder."""
        root = self.job.project.root
        there = config_layers(folder, self.job.surroundings.cargo_home, root)
        below = len(there) - len(self.layers)
        if self.config.changed:
            path = str(root / self.config.name)
            written = ConfigLayer(path=path, data=read_toml(self.config.after, path))
            there = with_file(there, written, below=below)
        env = {**self.job.programs.env, **self.candidate.toolkit.env}
        configuration = Configuration(layers=there, env=env, triple=self.candidate.triple, cfg=self.cfg)
        return tuple(beaten_settings(configuration, self.profile, self.flags))

    def beaten_elsewhere(self) -> Iterator[str]:
        """Find what would not be in force in the folders of members that have a configuration of their own."""
        here = {each.sentence for each in self.beaten_in(self.job.start)}
        for member in self.job.project.members:
            with contextlib.suppress(Refused):  # what cargo cannot read there it will say itself
                there = [each.sentence for each in self.beaten_in(member.folder) if each.sentence not in here]
                if there:
                    yield f"where cargo is started in {self.job.relative(member.folder)}, {'; '.join(there)}"

    def silenced(self, own: EffectiveFlags) -> list[str]:
        """Find the flags that would go unheard beside ours, where cargo is started in the root or in a member."""
        job = self.job
        found: dict[str, None] = {}
        for folder in (job.project.root, *(member.folder for member in job.project.members)) if self.flags else ():
            with contextlib.suppress(Refused):
                layers = config_layers(folder, job.surroundings.cargo_home, job.project.root)
                effective = effective_rustflags(layers, job.programs.env, self.candidate.triple, self.cfg)
                found |= dict.fromkeys(_silenced(effective, own))
        return list(found)


def shipped_packages(project: Project) -> list[str]:
    """Return the ids of the packages with a program, whose own tables cargo takes for it."""
    return [member.id for member in project.members if member.binaries]


def _silenced(effective: EffectiveFlags, own: EffectiveFlags) -> Iterator[str]:
    """Tell which flags of `build.rustflags` go unheard beside those of the target, which are written at the root."""
    configured = effective.configured or effective
    lost = merge(own.flags, configured.flags).added if configured.source == "build" else ()
    if lost:
        yield (
            f"{shlex.join(lost)} of build.rustflags ({', '.join(configured.where)}) is not the root's own "
            f"and is not written there: cargo does not see it beside flags of [target.{own.triple}], so have it in "
            "that table to keep it"
        )


def _overridden(overrides: Sequence[Override]) -> Iterator[str]:
    for each in overrides:
        yield f"{each.sentence} beats the recipe for what it names: take it out to have the recipe's there"


def wanted_in_force(job: Job, candidate: Candidate, plan: Plan) -> Wanted:
    """Return what must stand on rustc's command lines when the recipe is in force."""
    return Wanted(
        profile=plan.profile,
        flags=link_flags(candidate.recipe, candidate.platform, candidate.toolkit.mode),
        target=candidate.triple if _needs_target(candidate) else None,
        members=frozenset(member.id for member in job.project.members),
        overrides=plan.overrides,
    )


def with_kept_symbols(job: Job, candidate: Candidate) -> Candidate:
    """Return the candidate with a recipe that leaves symbols and debug information which the user keeps on purpose."""
    manifest = read_toml(job.state.image("manifest").content or b"", "Cargo.toml")
    package = job.project.package.name if job.project.package else None
    stated = stated_symbols(manifest, job.surroundings.layers, job.programs.env, package)
    return candidate.with_recipe(keep_symbols(candidate.recipe, stated, job.said))


def link_flags(recipe: Recipe, platform: Platform, mode: Mode) -> tuple[str, ...]:
    """Give the rustflags of a recipe on a platform; static linking is the platform's to say."""
    own = tuple(flag for setting in _own_flags(recipe, mode) for flag in setting.flag.split(" ", 1))
    return (*own, *platform.static_rustflags) if recipe.static else own


def _own_flags(recipe: Recipe, mode: Mode) -> list[FlagSetting]:
    """Give the recipe's flags, without this machine's processor for what is to run on another machine."""
    return [setting for setting in recipe.rustflags if mode == "native" or setting.flag != THIS_PROCESSOR]


def linkage_wanted(candidate: Candidate) -> LinkageWanted:
    """Return what the recipe asks of the link where the platform can give it."""
    strip = candidate.recipe.profile.get("strip")
    return LinkageWanted(
        static=candidate.links_statically,
        stripped=strip is not None and strip.value in _STRIPS_SYMBOLS,
    )


def target_to_write(job: Job, candidate: Candidate, layers: Sequence[ConfigLayer]) -> str | None:
    """Give the `build.target` that keeps flags away from build scripts and proc macros, if one is needed."""
    if not _needs_target(candidate):
        return None
    # Any target that the configuration names keeps the flags away, and is the user's to change.
    return None if configured_targets(layers, {}, job.surroundings.host) else candidate.triple


def _needs_target(candidate: Candidate) -> bool:
    is_static = candidate.recipe.static and bool(candidate.platform.static_target)
    return (is_static or candidate.recipe.own_target) and "--target" not in candidate.toolkit.arguments


def config_role(root: Path) -> EditRole:
    """Give the role of the configuration file that cargo reads: the legacy one, where it is there, hides the other."""
    return "config-legacy" if (root / PATHS["config-legacy"]).exists() else "config"


def require_in_force(plan: Plan) -> None:
    """Raise Refused when something else would beat what the plan writes."""
    if plan.beaten:
        raise Refused(
            not_in_force(plan),
            expected=f"nothing that beats it: {'; '.join(dict.fromkeys(each.remedy for each in plan.beaten))}",
            next_command="burnish doctor, which names each and its remedy",
        )


def not_in_force(plan: Plan) -> str:
    """Return what of the plan would not be in force, and why; empty where all would."""
    found = "; ".join(each.sentence for each in plan.beaten)
    return f"the recipe would not be in force: {found}" if found else ""


def _begins_to_abort(manifest: TextEdit) -> bool:
    """Say whether an edit of the manifest makes panics abort that do not yet."""
    return _aborts(manifest.after) and not _aborts(manifest.before)


def _aborts(manifest: bytes | None) -> bool:
    return bool(_release(manifest).get("panic") == "abort")


def _strips_symbols(manifest: bytes | None) -> bool:
    return _release(manifest).get("strip") in _STRIPS_SYMBOLS


def _release(manifest: bytes | None) -> dict[str, Any]:
    release: dict[str, Any] = read_toml(manifest or b"", "Cargo.toml").get("profile", {}).get("release", {})
    return release


def require_no_reliance(plan: Plan, *, allowed: bool) -> None:
    """Raise Refused when the recipe makes panics abort that the project's code catches, unless the user has said so."""
    if plan.reliances and not allowed:
        raise Refused(
            f'the recipe sets panic = "abort", and code relies on unwinding: {listed(plan.reliances)}',
            expected="no such code, since it passes its tests and is dead in the binary",
            next_command="the same with --allow-abort (or allow_abort = true in the metadata), or another --recipe",
        )


def _abort_note(scan: UnwindingScan) -> str:
    """Say what a scan gave. That nothing was found says nothing of what was not looked for, and where."""
    if scan.places:
        return f'panic = "abort" makes code dead that relies on unwinding: {listed(scan.places)}'
    patterns = f"{len(KNOWN_PATTERNS)} known patterns ({', '.join(KNOWN_PATTERNS[:3])}, ...)"
    return (
        f'panic = "abort": none of {patterns} was found in {count_of(scan.files, "file")} of the workspace, its path '
        "dependencies and vendored packages; registry dependencies were not searched"
    )


def _settings(candidate: Candidate, target: str | None) -> Iterator[Setting]:
    for key, profile in candidate.recipe.profile.items():
        yield Setting(where=_PROFILE, key=key, value=str(profile.value), reason=profile.reason, origin=profile.origin)
    section = f"[target.{candidate.triple}]"
    for flag in _own_flags(candidate.recipe, candidate.toolkit.mode):
        yield Setting(where=section, key="rustflags", value=flag.flag, reason=flag.reason, origin=flag.origin)
    if candidate.recipe.static:
        for name in candidate.platform.static_rustflags[1::2]:
            reason = candidate.recipe.static_reason or "static linking, as this platform has it"
            yield Setting(
                where=section, key="rustflags", value=f"-C {name}", reason=reason, origin="config/platforms.toml"
            )
    if target:
        reason = "keeps the flags away from build scripts and proc macros, which cannot take them"
        yield Setting(where="[build]", key="target", value=target, reason=reason, origin="config/platforms.toml")


def _legacy_files(layers: Sequence[ConfigLayer]) -> Iterator[str]:
    for layer in layers:
        if layer.is_legacy:
            yield f"{layer.path}: cargo reads this file without extension, and no config.toml beside it"


def _conflicts(effective: EffectiveFlags, ours: Sequence[str], beaten: Collection[str]) -> Iterator[str]:
    for conflict in merge(effective.flags, ours).conflicts:
        if conflict.option in beaten:
            continue
        yield (
            f"your rustflags set {conflict.option} to {conflict.theirs}, the recipe sets it to {conflict.ours}: "
            f"{_WINS.get(conflict.option, 'rustc takes the last one')}, which is the recipe's"
        )


def _library_notes(job: Job, candidate: Candidate, target: str | None) -> Iterator[str]:
    """Say what of the workspace the recipe would keep from being built."""
    if candidate.triple != job.triple and candidate.toolkit.arguments:
        return  # a command of its own builds the program, and plain cargo whatever else there is
    # Windows has a static C runtime for libraries too.
    is_static = candidate.links_statically and "windows" not in candidate.triple
    has_target = bool(target or _is_told(job, candidate))
    yield from library_notes(job.project, candidate.recipe, is_static=is_static, has_target=has_target)


def _is_told(job: Job, candidate: Candidate) -> bool:
    machine = job.surroundings
    configured = configured_targets(machine.layers, job.programs.env, machine.host)
    return bool(configured) or "--target" in candidate.toolkit.arguments


def _notes(job: Job, candidate: Candidate, target: str | None) -> Iterator[str]:
    if candidate.recipe.static and not candidate.platform.static_rustflags:
        yield f"static linking is left out: {candidate.platform.static_why_not or 'this platform has none'}"
    if target:
        yield f"`build.target` moves the output: `cargo build --release` then writes to target/{target}/release"
    # Of panics more is said where the code was searched for what relies on unwinding.
    takes = candidate.takings
    yield from (taking.sentence for taking in takes if taking.concession != "unwinding")
    yield from left_out(candidate.recipe, candidate.toolkit.mode)
    if candidate.toolkit.arguments:
        own = job.own_target(candidate, "candidate")
        place = ["--target-dir", job.relative(own)] if own else []
        command = candidate.toolkit.typed([*release_command(job.project), *place])
        yield f"what is judged is built by: {command}"
