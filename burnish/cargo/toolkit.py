"""The toolkit: how cargo builds for one platform on this machine, and how what it built is started."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from burnish.report.model import Mode


@dataclass(frozen=True, kw_only=True)
class Toolkit:
    """All that a build for one platform takes beyond the project. None of it is written into the user's files.

    `arguments` follow the words of cargo's subcommand, in which `builder` stands for `build`; `env` is set for it.
    `runner` goes before the command line of what was built, and `runner_env` is set for that. `programs` are the
    versions of what is used, by name.
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

    def command(self, command: Sequence[str]) -> list[str]:
        """Give the argument list by which cargo carries out `command` for the platform."""
        first, *others = command
        words = [self.builder if first == "build" else first, *takewhile(lambda word: not word.startswith("-"), others)]
        return [self.cargo, *words, *self.arguments, *command[len(words) :]]

    def typed(self, command: Sequence[str]) -> str:
        """Give the same as a user types it into a shell."""
        settings = (f"{name}={shlex.quote(value)}" for name, value in self.env.items())
        return " ".join((*settings, shlex.join(self.command(command))))
