"""The selection: what of a project is built beside its package and binary, as cargo's own options say it. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from burnish.model import RELEASE

Only = Literal["", "bins", "lib"]


def named_once(said: str | Sequence[str]) -> tuple[str, ...]:
    """Return what is named by one text or a list, each once."""
    names = [said] if isinstance(said, str) else said
    return tuple(dict.fromkeys(filter(None, names)))


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of a workspace is worked on: packages, or with `workspace` all of them; and what of them is judged.

    `bins` are binaries by name. `only` says that of all targets the binaries are judged, or the library.
    """

    packages: tuple[str, ...] = ()
    workspace: bool = False
    bins: tuple[str, ...] = ()
    only: Only = ""


NOTHING_NAMED = Wanted()
"""What cargo takes by itself."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What cargo is told in each build, test and bench: features, profile, configuration, and rules for its lockfile.

    `config` are KEY=VALUE texts and paths, as `--config` takes them. `jobs` is 0 where cargo chooses.
    """

    profile: str = RELEASE
    features: tuple[str, ...] = ()
    all_features: bool = False
    no_default_features: bool = False
    config: tuple[str, ...] = ()
    locked: bool = False
    offline: bool = False
    frozen: bool = False
    jobs: int = 0

    @property
    def profile_arguments(self) -> list[str]:
        """Return the argument that chooses the profile, as people type it."""
        return ["--release"] if self.profile == RELEASE else [f"--profile={self.profile}"]

    @property
    def feature_arguments(self) -> list[str]:
        """Return the arguments that choose the features of the selected packages."""
        return self.features_of(self.features)

    def features_of(self, features: Sequence[str]) -> list[str]:
        """Return the same with some of the features only."""
        return [
            *(["--all-features"] if self.all_features else []),
            *(["--no-default-features"] if self.no_default_features else []),
            *([f"--features={','.join(features)}"] if features else []),
        ]

    @property
    def lock_arguments(self) -> list[str]:
        """Return the arguments that bind cargo to its lockfile and to what is on this machine."""
        given = {"--locked": self.locked, "--offline": self.offline, "--frozen": self.frozen}
        return [name for name, is_given in given.items() if is_given]

    @property
    def config_arguments(self) -> list[str]:
        """Return the arguments by which every cargo command gets the configuration."""
        return [f"--config={each}" for each in self.config]

    @property
    def common_arguments(self) -> list[str]:
        """Return what every command of cargo takes."""
        return [*self.lock_arguments, *self.config_arguments]

    @property
    def jobs_arguments(self) -> list[str]:
        """Return the argument for the number of jobs, of commands that build."""
        return [f"--jobs={self.jobs}"] if self.jobs else []

    @property
    def is_usual(self) -> bool:
        """Return whether nothing but what a plain `cargo build --release` builds is asked for."""
        return not self.identity

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what decides which file is built, as cargo's arguments; empty for a plain release build.

        What only binds cargo to its lockfile, or says how many jobs it has, makes no other file.
        """
        words = [*self.profile_arguments, *self.feature_arguments, *self.config_arguments]
        return tuple(word for word in words if word != "--release")

    def told(self, *words: str) -> str:
        """Return a command of cargo as people say it, profile, features and configuration included."""
        profile = self.profile_arguments
        if words[:1] == ("nextest",) and self.profile != RELEASE:
            profile = [f"--cargo-profile={self.profile}"]
        return shlex.join(["cargo", *words, *profile, *self.feature_arguments, *self.config_arguments])

    def without_features(self) -> Selection:
        """Return the same for packages whose features nobody has chosen."""
        return msgspec.structs.replace(self, features=(), all_features=False, no_default_features=False)


USUAL = Selection()
"""What plain `cargo build --release` builds."""


def read_features(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the features in what was given to `--features`, which takes them with commas or blanks between."""
    found = (name for text in texts for name in re.split(r"[,\s]+", text))
    return tuple(dict.fromkeys(filter(None, found)))
