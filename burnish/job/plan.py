"""The plan: from recipe, platform and what the project has, to the edits of its files. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.cargo.config import edit_config
from burnish.cargo.flags import EffectiveFlags, flags_to_write
from burnish.cargo.manifest import edit_profile
from burnish.cargo.overrides import Override, find_overrides, kept_in_own_tables, overriding
from burnish.cargo.precedence import Beaten
from burnish.cargo.profiles import in_force, merged_profiles
from burnish.cargo.project import Project
from burnish.errors import Refused
from burnish.job.ahead import Ahead, Present, read_present
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.pin import edit_pin
from burnish.job.plan_notes import notes_before
from burnish.job.reach import beyond_install
from burnish.job.wanted import (
    STRIPS_SYMBOLS,
    guided_flags,
    link_flags,
    needs_target,
    profile_table,
    settings_of,
    target_to_write,
)
from burnish.judge.findings import listed
from burnish.judge.in_force import Wanted
from burnish.model import RELEASE, Setting
from burnish.toml.data import TomlValue
from burnish.toml.edit import TextEdit
from burnish.toml.reading import read_toml
from burnish.transaction.journal import PATHS, EditRole


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be written: an edit for each file, the settings behind them, and what to know first.

    `profile_name` is the profile that is edited, and `inherits` what it is made from where it is not there. `profile`,
    `flags` (of the target, those carried over included) and `build_target` are the same as values. `reliances` are
    where code relies on unwinding, which the recipe takes away. `beaten` are the settings that would not be in force.
    `beyond` is what does not reach those who install the program.
    `overrides` are the user's own settings for single packages, which beat the recipe there.
    """

    profile_name: str = RELEASE
    inherits: str | None = None
    profile: Mapping[str, TomlValue]
    flags: tuple[str, ...]
    build_target: str | None
    manifest: TextEdit
    config: TextEdit
    config_role: EditRole
    pin: TextEdit
    settings: tuple[Setting, ...]
    notes: tuple[str, ...]
    reliances: tuple[str, ...]
    effective: EffectiveFlags
    beyond: tuple[str, ...] = ()
    beaten: tuple[Beaten, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def edits(self) -> list[TextEdit]:
        """Return the edits that change something."""
        return [edit for edit in (self.manifest, self.config, self.pin) if edit.changed]

    def keys(self, role: EditRole) -> tuple[str, ...]:
        """Return the keys that are set in one of the two files, for messages."""
        in_manifest = role == "manifest"
        ours = [each for each in self.settings if (each.where == profile_table(self.profile_name)) == in_manifest]
        return tuple(dict.fromkeys(f"{each.where.strip('[]')}.{each.key}"[:200] for each in ours))

    @property
    def is_empty(self) -> bool:
        """Return whether the files hold the recipe already."""
        return not self.edits


def make_plan(job: Job, candidate: Candidate) -> Plan:
    """Work out the edits of a candidate's recipe on the project. Raise Refused where a file cannot be edited safely."""
    present = read_present(job, candidate)
    target = target_to_write(job, candidate, present.own_layers)
    profile = _profile(job, candidate, present)
    name, inherits = present.profile, present.inherits
    manifest = edit_profile(present.manifest, profile, profile=name, inherits=inherits)
    flags = link_flags(candidate.recipe, candidate.platform, candidate.toolkit.mode)
    written = flags_to_write(present.own_flags, present.own_layers, flags) if flags else ()
    config = _edited_config(job, candidate, present, written, target)
    overrides = tuple(overriding(find_overrides(present.data, present.layers, present.line), profile))
    ahead = Ahead(
        job=job,
        candidate=candidate,
        present=present,
        config=config,
        profile=profile,
        flags=flags,
        overrides=overrides,
    )
    before, after = _in_force(manifest.before, name), _in_force(manifest.after, name)
    scan = job.unwinding if _aborts(after) and not _aborts(before) else None
    return Plan(
        profile_name=name,
        inherits=inherits,
        profile=profile,
        flags=written,
        build_target=target,
        manifest=manifest,
        config=config,
        config_role=config_role(job.project.root),
        pin=edit_pin(job, candidate),
        settings=tuple(settings_of(candidate, target, profile_name=name, inherits=inherits)),
        notes=tuple(notes_before(ahead, target, scan, begins_to_strip=_strips(after) and not _strips(before))),
        reliances=scan.places if scan else (),
        effective=present.effective,
        beyond=tuple(beyond_install(candidate, target, job.project.selection)),
        beaten=ahead.beaten,
        overrides=overrides,
    )


def _profile(job: Job, candidate: Candidate, present: Present) -> dict[str, TomlValue]:
    """Return the recipe's profile, with what has to stand in the packages' own tables too to be in force there."""
    profile = {key: setting.value for key, setting in candidate.recipe.profile.items()}
    sources = [present.data, *(layer.data for layer in present.layers)]
    judged = job.project.package.id if job.project.package else None
    return {**profile, **kept_in_own_tables(sources, profile, shipped_packages(job.project), judged, present.line)}


def _edited_config(
    job: Job, candidate: Candidate, present: Present, flags: tuple[str, ...], target: str | None
) -> TextEdit:
    role = config_role(job.project.root)
    return edit_config(
        job.state.image(role).content,
        triple=candidate.triple,
        flags=flags,
        build_target=target,
        as_string=present.effective.as_string,
        name=PATHS[role],
    )


def shipped_packages(project: Project) -> list[str]:
    """Return the ids of the packages with a program, whose own tables cargo takes for it."""
    return [member.id for member in project.members if member.binaries]


def wanted_in_force(job: Job, candidate: Candidate, plan: Plan) -> Wanted:
    """Return what must stand on rustc's command lines when the recipe is in force."""
    return Wanted(
        profile=plan.profile,
        flags=(*link_flags(candidate.recipe, candidate.platform, candidate.toolkit.mode), *guided_flags(candidate)),
        target=candidate.triple if needs_target(candidate) else None,
        members=frozenset(member.id for member in job.project.members),
        overrides=plan.overrides,
    )


def config_role(root: Path) -> EditRole:
    """Return the role of the configuration file that cargo reads: where the legacy one is there, it hides the other."""
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


def _in_force(manifest: bytes | None, profile: str) -> dict[str, Any]:
    return in_force(merged_profiles(read_toml(manifest or b"", "Cargo.toml"), ()), profile)


def _aborts(profile: Mapping[str, Any]) -> bool:
    return bool(profile.get("panic") == "abort")


def _strips(profile: Mapping[str, Any]) -> bool:
    return profile.get("strip") in STRIPS_SYMBOLS


def require_no_reliance(plan: Plan, *, allowed: bool) -> None:
    """Raise Refused when the recipe makes panics abort that the project's code catches, unless the user has said so."""
    if plan.reliances and not allowed:
        raise Refused(
            f'the recipe sets panic = "abort", and code relies on unwinding: {listed(plan.reliances)}',
            expected="no such code, since it passes its tests and is dead in the binary",
            next_command="the same with --allow-abort (or allow_abort = true in the metadata), or another --recipe",
        )
