"""Timing many candidates at once: all sides in the same rotating rounds, the better ones for longer."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.startup import Timer, measure_startup
from burnish.report.model import Startup
from burnish.search.halving import Stage

BASELINE = "baseline"


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """The start-up of a candidate, and of the baseline in the same rounds."""

    own: Startup
    baseline: Startup


@dataclass(frozen=True, kw_only=True)
class Stopwatch:
    """What candidates are timed with. `folder` keeps each stage's times, by what was timed."""

    timer: Timer
    floor: FloorBinary | None
    folder: Path
    on_round: Callable[[int, int], None]
    on_warning: Callable[[str], None]

    def time(
        self,
        commands: Mapping[str, Command],
        digests: Mapping[str, str],
        stages: Sequence[Stage],
        order: Callable[[Mapping[str, Timed]], Sequence[str]],
    ) -> dict[str, Timed]:
        """Time the candidates in stages; after each, `order` says which of those that were in it are the best.

        `commands` and `digests` (of the binaries) are by name, the baseline's among them.
        """
        timed: dict[str, Timed] = {}
        names = [name for name in commands if name != BASELINE]
        earlier: dict[str, Startup] = {}
        key = ""
        for stage in stages:
            racing = [BASELINE, *names[: stage.sides]]
            key = _key(key, stage, {name: digests[name] for name in racing}, self.timer, commands[BASELINE])
            earlier = self._stage({name: commands[name] for name in racing}, stage.rounds, earlier, key)
            latest = {name: Timed(own=earlier[name], baseline=earlier[BASELINE]) for name in racing[1:]}
            timed |= latest
            names = list(order(latest))
        return timed

    def _stage(
        self, commands: Mapping[str, Command], rounds: int, earlier: Mapping[str, Startup], key: str
    ) -> dict[str, Startup]:
        path = self.folder / f"{key}.json"
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Startup])
        before = {name: earlier[name] for name in commands} if earlier else {}
        startups = measure_startup(
            commands, self.timer, floor=self.floor, rounds=rounds, on_round=self.on_round, earlier=before
        )
        for warning in startups.warnings:
            self.on_warning(warning)
        self.folder.mkdir(parents=True, exist_ok=True)
        spare = path.with_suffix(".new")
        spare.write_bytes(msgspec.json.encode(startups.sides))
        spare.replace(path)
        return dict(startups.sides)


def _key(before: str, stage: Stage, digests: Mapping[str, str], timer: Timer, command: Command) -> str:
    parts = [before, str(stage.rounds), str(timer.runs), str(timer.warmup), *command.argv[1:]]
    parts += [f"{name}={digests[name]}" for name in sorted(digests)]
    return hashlib.sha256("\0".join(parts).encode() + command.stdin).hexdigest()[:24]
