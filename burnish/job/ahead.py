"""What cargo reads in a project, now and once a plan is written: what of that plan would not be in force, and where."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.cargo.flags import ConfigLayer, EffectiveFlags, effective_rustflags, merge
from burnish.cargo.overrides import Override
from burnish.cargo.precedence import Beaten, Configuration, beaten_settings, with_file
from burnish.cargo.profiles import is_defined, lineage, merged_profiles
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.model import RELEASE
from burnish.toml.data import TomlValue
from burnish.toml.edit import TextEdit
from burnish.toml.reading import read_toml


@dataclass(frozen=True, kw_only=True)
class Present:
    """What stands in a project now: its manifest, and the configuration's files, the nearest first.

    `effective` are the flags that cargo takes. `own_layers` and `own_flags` are those of the project alone: what only
    this machine has is not there where somebody else builds, does not count, and is not written down.
    """

    manifest: bytes
    data: Mapping[str, Any]
    layers: Sequence[ConfigLayer]
    cfg: Sequence[str]
    effective: EffectiveFlags
    own_layers: Sequence[ConfigLayer]
    own_flags: EffectiveFlags
    profile: str

    @property
    def line(self) -> tuple[str, ...]:
        """Return the profile that is built, and those from which it inherits."""
        return lineage(merged_profiles(self.data, self.layers), self.profile)

    @property
    def inherits(self) -> str | None:
        """Return what the profile is to be made from; None where it is there."""
        return None if is_defined(merged_profiles(self.data, self.layers), self.profile) else RELEASE


def read_present(job: Job, candidate: Candidate) -> Present:
    """Read what a candidate would be written beside. Raise Refused where a file cannot be read."""
    triple, cfg = candidate.triple, job.surroundings.cfg(candidate.triple)
    layers = job.surroundings.layers_in(job.project.root)
    own_layers = [layer for layer in layers if layer.is_own]
    manifest = job.state.image("manifest").content or b""
    return Present(
        manifest=manifest,
        data=read_toml(manifest, "Cargo.toml"),
        layers=layers,
        cfg=cfg,
        effective=effective_rustflags(layers, job.programs.env, triple, cfg),
        own_layers=own_layers,
        own_flags=effective_rustflags(own_layers, {}, triple, cfg),
        profile=job.project.selection.profile,
    )


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What will be written, against what cargo reads in a folder then."""

    job: Job
    candidate: Candidate
    present: Present
    config: TextEdit
    profile: Mapping[str, TomlValue]
    flags: tuple[str, ...]
    overrides: Sequence[Override]

    @cached_property
    def beaten(self) -> tuple[Beaten, ...]:
        """Return what would not be in force where the user builds."""
        return self.beaten_in(self.job.start)

    def beaten_in(self, folder: Path) -> tuple[Beaten, ...]:
        """Find what would not be in force where cargo is started in a folder."""
        root = self.job.project.root
        there = self.job.surroundings.layers_in(folder)
        below = len(there) - len(self.present.layers) + len(self.job.surroundings.given)
        if self.config.changed:
            path = str(root / self.config.name)
            written = ConfigLayer(path=path, data=read_toml(self.config.after, path))
            there = with_file(there, written, below=below)
        env = {**self.job.programs.env, **self.candidate.toolkit.env}
        configuration = Configuration(
            layers=there, env=env, triple=self.candidate.triple, cfg=self.present.cfg, profile=self.present.profile
        )
        return tuple(beaten_settings(configuration, self.profile, self.flags))

    def beaten_elsewhere(self) -> Iterator[str]:
        """Find what would not be in force in the folders of members that have a configuration of their own."""
        here = {each.sentence for each in self.beaten}
        for member in self.job.project.members:
            with contextlib.suppress(Refused):  # what cargo cannot read there it will say itself
                there = [each.sentence for each in self.beaten_in(member.folder) if each.sentence not in here]
                if there:
                    yield f"where cargo is started in {self.job.relative(member.folder)}, {'; '.join(there)}"

    def silenced(self) -> list[str]:
        """Find the flags that would go unheard beside ours, where cargo is started in the root or in a member."""
        job = self.job
        found: dict[str, None] = {}
        for folder in (job.project.root, *(member.folder for member in job.project.members)) if self.flags else ():
            with contextlib.suppress(Refused):
                layers = job.surroundings.layers_in(folder)
                effective = effective_rustflags(layers, job.programs.env, self.candidate.triple, self.present.cfg)
                found |= dict.fromkeys(_silenced(effective, self.present.own_flags))
        return list(found)


def _silenced(effective: EffectiveFlags, own: EffectiveFlags) -> Iterator[str]:
    """Yield which flags of `build.rustflags` go unheard beside those of the target, which are written at the root."""
    configured = effective.configured or effective
    lost = merge(own.flags, configured.silenced_by_target).added
    if lost:
        yield (
            f"{shlex.join(lost)} of build.rustflags ({', '.join(configured.where)}) is not the root's own "
            f"and is not written there: cargo does not see it beside flags of [target.{own.triple}], so have it in "
            "that table to keep it"
        )
