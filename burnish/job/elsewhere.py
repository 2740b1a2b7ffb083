"""Builds of trials on other machines, as a search asks for them: who carries them out is given to its session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from burnish.cargo.build import Built, Cargo
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.system.turns import Turns


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A build that another machine may make: the `cargo` and the command that would make it here.

    The command names the file `overlay`, if there is one.
    """

    cargo: Cargo
    command: tuple[str, ...]
    overlay: Path | None = None


class Elsewhere(Protocol):
    """Other machines that build for this one."""

    @property
    def places(self) -> int:
        """Return how many builds they may make at once, as far as is known."""

    def build(
        self, job: Job, notes: Notebook, errands: Sequence[Errand], on_end: Callable[[], None]
    ) -> list[Built | None]:
        """Build; return for each errand what it made, None for what is to be built here. `on_end` counts each."""


@dataclass(frozen=True, kw_only=True)
class Helpers:
    """What a session has beside its machine: other machines that build, and whose turn it then is to time here."""

    turns: Turns | None = None
    elsewhere: Elsewhere | None = None
