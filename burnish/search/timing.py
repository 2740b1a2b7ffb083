"""Timing many candidates at once: all sides in the same rotating rounds, the better ones for longer.

Successive halving: a few rounds for all, more for those that are still in question. Jamieson & Talwalkar,
"Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.hyperfine import Timer
from burnish.measure.rounds import FLOOR
from burnish.measure.startup import Startups, measure_startup
from burnish.model import Startup
from burnish.transaction.sealed import Sealed

BASELINE = "baseline"
FINALISTS = 4
# What is odd about one candidate's runs is no news among twenty; what is odd about the machine is.
_TOLD = {"no-floor", "floor-disturbed"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """So many more `rounds` for the best `sides`."""

    sides: int
    rounds: int


def plan_stages(sides: int, *, first_rounds: int, all_rounds: int) -> list[Stage]:
    """Return the stages for so many sides: each halves them and doubles what has been timed.

    Four finalists stay in, and have `all_rounds` in the end.
    """
    stages: list[Stage] = []
    done = 0
    while done < all_rounds:
        is_last = sides <= FINALISTS
        until = all_rounds if is_last else min(all_rounds, 2 * done or first_rounds)
        stages.append(Stage(sides=sides, rounds=until - done))
        done = until
        sides = max(min(sides, FINALISTS), -(-sides // 2))
    return stages


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The start-up of one binary of a candidate, and of the baseline's in the same rounds."""

    own: Startup
    baseline: Startup


class Timed(Pair, frozen=True, kw_only=True):
    """The same of the first binary, and `beside` it of the others, in their order."""

    beside: tuple[Pair, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stopwatch:
    """What candidates are timed with. `folder` keeps each stage's times, by what was timed, in `sealed` files.

    `anew` is whether they were timed before, and found slower than the baseline: these are other times.
    """

    timer: Timer
    floor: FloorBinary | None
    folder: Path
    sealed: Sealed
    on_round: Callable[[int, int], None]
    on_warning: Callable[[str], None]
    anew: bool = False

    def time(
        self,
        commands: Mapping[str, Sequence[Command]],
        digests: Mapping[str, str],
        stages: Sequence[Stage],
        order: Callable[[Mapping[str, Timed]], Sequence[str]],
        more: Callable[[Mapping[str, Timed]], Stage | None] = lambda _latest: None,
    ) -> dict[str, Timed]:
        """Time the candidates in stages; after each, `order` says which of those that were in it are the best.

        After the last one `more` may ask for another, again and again. `commands` and `digests` (of the binaries) are
        by name, the baseline's among them; each has a command for the first binary, and then for the others.
        """
        timed: dict[str, Timed] = {}
        names = [name for name in commands if name != BASELINE]
        earlier: Startups | None = None
        key = "anew" if self.anew else ""
        left = list(stages)
        while left:
            stage = left.pop(0)
            racing = [BASELINE, *names[: stage.sides]]
            key = _key(key, stage, {name: digests[name] for name in racing}, self.timer, commands[BASELINE])
            asked = {_side(name, at): each for name in racing for at, each in enumerate(commands[name])}
            earlier = self._stage(asked, stage.rounds, earlier, key)
            latest = {name: self._timed(earlier.sides, name, len(commands[name])) for name in racing[1:]}
            timed |= latest
            names = list(order(latest))
            further = None if left else more(latest)
            left += [further] if further else []
        self._warn_of(earlier)
        return timed

    def _timed(self, sides: Mapping[str, Startup], name: str, binaries: int) -> Timed:
        own = msgspec.structs.replace(sides[name], measured=2 if self.anew else 1)
        beside = (Pair(own=sides[_side(name, at)], baseline=sides[_side(BASELINE, at)]) for at in range(1, binaries))
        return Timed(own=own, baseline=sides[BASELINE], beside=tuple(beside))

    def _warn_of(self, startups: Startups | None) -> None:
        for warning in startups.warnings if startups else ():
            if warning.kind in _TOLD:
                self.on_warning(warning.sentence)

    def _stage(self, commands: Mapping[str, Command], rounds: int, earlier: Startups | None, key: str) -> Startups:
        path = self.folder / f"{key}.json"
        with contextlib.suppress(OSError, ValueError):
            return self.sealed.read(path, Startups)
        before = _only(commands, earlier) if earlier else None
        startups = measure_startup(
            commands, self.timer, floor=self.floor, rounds=rounds, on_round=self.on_round, earlier=before
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sealed.write(path, startups)
        return startups


def _side(name: str, at: int) -> str:
    """Return what a side is called in the rounds: the name of its candidate, and which of the other binaries it is."""
    return f"{name}\n{at}" if at else name


def _only(names: Iterable[str], startups: Startups) -> Startups:
    """Return the same rounds with fewer sides, beside the floor."""
    kept = {*names, FLOOR}
    taken = tuple({name: runs for name, runs in timed.items() if name in kept} for timed in startups.rounds.taken)
    return dataclasses.replace(startups, rounds=dataclasses.replace(startups.rounds, taken=taken))


def _key(before: str, stage: Stage, digests: Mapping[str, str], timer: Timer, commands: Sequence[Command]) -> str:
    words = [word for command in commands for word in ("", *command.argv[1:])]
    parts = [before, str(stage.rounds), str(timer.runs), str(timer.warmup), *words]
    parts += [f"{name}={digests[name]}" for name in sorted(digests)]
    told = "\0".join(parts).encode() + b"\0".join(command.stdin for command in commands)
    return hashlib.sha256(told).hexdigest()[:24]
