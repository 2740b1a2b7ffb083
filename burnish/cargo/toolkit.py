"""The toolkit: how cargo builds for one platform on this machine, and how what it built is started."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from burnish.model import Mode

# Cargo lets the harness of tests and benches unwind whatever their profile says, but rebuilds the standard library as
# the profile says: with `panic = "abort"` the two meet in one program, and rustc refuses it. So the profile unwinds for
# them, and with it the program that integration tests start.
_PROFILES_WITH_HARNESS = {"test": "release", "nextest": "release", "bench": "bench"}
_PROFILE_OPTIONS = {"test": "--profile=", "nextest": "--cargo-profile=", "bench": "--profile="}


@dataclass(frozen=True, kw_only=True)
class Toolkit:
    """All that a build for one platform takes beyond the project. None of it is written into the user's files.

    `arguments` follow the words of cargo's subcommand, in which `builder` stands for `build`; `env` is set for it.
    `runner` goes before the command line of what was built, and `runner_env` is set for that. `programs` are the
    versions of what is used, by name. `variant` tells a toolkit from the usual one of its platform, for which cargo
    would compile all anew in one folder.
    """

    triple: str
    mode: Mode = "native"
    cargo: str = "cargo"
    rustc: str = "rustc"
    builder: str = "build"
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    runner: tuple[str, ...] = ()
    runner_env: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""

    @property
    def folder_name(self) -> str:
        """Return what a target folder of its own is called."""
        return f"{self.triple}-{self.variant}" if self.variant else self.triple

    @property
    def rebuilds_std(self) -> bool:
        """Return whether cargo builds the standard library too, from source."""
        return any(argument.startswith("build-std=") for argument in self.arguments)

    def command(self, command: Sequence[str]) -> list[str]:
        """Return the argument list by which cargo carries out `command` for the platform."""
        first, *others = command
        words = [self.builder if first == "build" else first, *takewhile(lambda word: not word.startswith("-"), others)]
        return [self.cargo, *words, *self.arguments, *self._unwinding(first, others), *command[len(words) :]]

    def typed(self, command: Sequence[str]) -> str:
        """Return the same as a user types it into a shell."""
        settings = (f"{name}={shlex.quote(value)}" for name, value in self.env.items())
        return " ".join((*settings, shlex.join(self.command(command))))

    def _unwinding(self, subcommand: str, arguments: Sequence[str]) -> tuple[str, ...]:
        option = _PROFILE_OPTIONS.get(subcommand)
        named = (each.removeprefix(option) for each in arguments if option and each.startswith(option))
        profile = next(named, _PROFILES_WITH_HARNESS.get(subcommand))
        return ("--config", f'profile.{profile}.panic="unwind"') if profile and self.rebuilds_std else ()
