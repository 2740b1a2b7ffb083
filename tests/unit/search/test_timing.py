"""Timing in stages: who stays in, what is kept on disk, and what is not timed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from burnish.measure.command import Command
from burnish.measure.hyperfine import Timer
from burnish.measure.rounds import Rounds, Runs
from burnish.measure.startup import Startups
from burnish.model import Startup
from burnish.search import timing
from burnish.search.timing import FINALISTS, Stage, Stopwatch, Timed, plan_stages
from burnish.system.process import Programs
from burnish.transaction.sealed import Sealed

SECONDS = {"baseline": 0.004, "slow": 0.003, "middle": 0.002, "quick": 0.001}
STAGES = [Stage(sides=3, rounds=2), Stage(sides=2, rounds=3)]


class FakeTimer:
    """Stands in for `measure_startup`: every run of a side takes its own steady time. Notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], int, int]] = []

    def __call__(
        self, sides: Mapping[str, Command], _timer: Timer, *, rounds: int, earlier: Startups | None, **_rest: Any
    ) -> Startups:
        """Add rounds to the earlier ones."""
        before = earlier.rounds.taken if earlier else ()
        assert all(set(timed) == set(sides) for timed in before)
        self.asked.append((list(sides), rounds, len(before)))
        taken = (*before, *({name: runs(name) for name in sides} for _ in range(rounds)))
        return Startups(
            sides={name: startup(name, len(taken)) for name in sides}, rounds=Rounds(taken=taken), warnings=()
        )


def seconds_of(name: str) -> float:
    """Return what a side takes; each further binary of it as much more."""
    side, _, at = name.partition("\n")
    return SECONDS[side] * (1 + int(at or 0))


def runs(name: str) -> Runs:
    """Return one run of a side."""
    return Runs(wall_seconds=[seconds_of(name)], user_seconds=[], system_seconds=[], peak_bytes=[], instructions=[])


def startup(name: str, rounds: int) -> Startup:
    """Return so many rounds of a side's steady time."""
    mean = seconds_of(name)
    return Startup(
        command=[name],
        mean_seconds=mean,
        ci95_seconds=(mean, mean),
        median_seconds=mean,
        runs=1,
        rounds=rounds,
        raw=[[mean]] * rounds,
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], int, int]]:
    """Return what the timer was asked for."""
    fake = FakeTimer()
    monkeypatch.setattr(timing, "measure_startup", fake)
    return fake.asked


def time_all(
    folder: Path,
    digests: Mapping[str, str] | None = None,
    runs: int = 5,
    more: Callable[[Mapping[str, Timed]], Stage | None] = lambda _latest: None,
    binaries: int = 1,
    *,
    anew: bool = False,
) -> dict[str, Timed]:
    """Time three candidates in two stages; the quickest stay in."""
    timer = Timer(programs=Programs(env={}), hyperfine=folder, folder=folder, runs=runs, warmup=0, timeout_seconds=1)
    watch = Stopwatch(
        timer=timer,
        floor=None,
        folder=folder,
        sealed=Sealed(root=folder, user_state=folder / "state"),
        on_round=lambda _done, _of: None,
        on_warning=lambda _text: None,
        anew=anew,
    )
    commands = {name: [Command(argv=(name, "--version"), cwd=folder)] * binaries for name in SECONDS}
    return watch.time(commands, digests or {name: name for name in SECONDS}, STAGES, _quickest, more)


def _quickest(timed: Mapping[str, Timed]) -> list[str]:
    return sorted(timed, key=lambda name: timed[name].own.mean_seconds)


def test_better_ones_go_on_from_their_rounds_and_the_others_keep_theirs(
    tmp_path: Path, asked: list[tuple[list[str], int, int]]
) -> None:
    """The slowest leaves after the first stage; the baseline is in every round of everybody."""
    timed = time_all(tmp_path)
    assert asked == [(["baseline", "slow", "middle", "quick"], 2, 0), (["baseline", "quick", "middle"], 3, 2)]
    assert {name: each.own.rounds for name, each in timed.items()} == {"slow": 2, "middle": 5, "quick": 5}
    assert all(each.own.rounds == each.baseline.rounds for each in timed.values())


def test_further_rounds_are_for_those_of_the_last_stage(
    tmp_path: Path, asked: list[tuple[list[str], int, int]]
) -> None:
    """After the stages more rounds are taken as long as they are asked for, and never between them."""

    def more(latest: Mapping[str, Timed]) -> Stage | None:
        assert list(latest) == ["quick", "middle"]
        return Stage(sides=2, rounds=4) if latest["quick"].own.rounds < 10 else None

    timed = time_all(tmp_path, more=more)
    assert asked[2:] == [(["baseline", "quick", "middle"], 4, 5), (["baseline", "quick", "middle"], 4, 9)]
    assert {name: each.own.rounds for name, each in timed.items()} == {"slow": 2, "middle": 13, "quick": 13}


def test_same_files_are_not_timed_again(tmp_path: Path, asked: list[tuple[list[str], int, int]]) -> None:
    """What was timed is on disk; a second search of the same files reads it."""
    first = time_all(tmp_path)
    asked.clear()
    assert time_all(tmp_path) == first
    assert asked == []


@pytest.mark.parametrize("other", [{"digests": {**{name: name for name in SECONDS}, "slow": "new"}}, {"runs": 6}])
def test_other_files_or_other_runs_are_timed(
    tmp_path: Path, asked: list[tuple[list[str], int, int]], other: dict[str, Any]
) -> None:
    """One that was built anew, and another number of runs, make other times of all in its stage."""
    time_all(tmp_path)
    asked.clear()
    time_all(tmp_path, **other)
    assert len(asked) == 2


def test_torn_file_of_times_is_measured_again(tmp_path: Path, asked: list[tuple[list[str], int, int]]) -> None:
    """A kill leaves no half of a file, and whatever else is there is no answer."""
    time_all(tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_text("{", encoding="utf-8")
    asked.clear()
    time_all(tmp_path)
    assert len(asked) == 2


def test_many_sides_are_halved_while_what_is_timed_doubles() -> None:
    """Twenty sides get three rounds, ten of them six in all, and five of them ten."""
    assert plan_stages(20, first_rounds=3, all_rounds=10) == [
        Stage(sides=20, rounds=3),
        Stage(sides=10, rounds=3),
        Stage(sides=5, rounds=4),
    ]


def test_finalists_are_timed_to_the_end_at_once() -> None:
    """So few sides are not worth parting."""
    assert plan_stages(FINALISTS, first_rounds=3, all_rounds=10) == [Stage(sides=FINALISTS, rounds=10)]


def test_screening_alone_times_all_alike() -> None:
    """Where the first rounds are all, nobody is left out."""
    assert plan_stages(16, first_rounds=3, all_rounds=3) == [Stage(sides=16, rounds=3)]


@pytest.mark.parametrize("sides", range(1, 40))
@pytest.mark.parametrize("first", [2, 3, 7])
@pytest.mark.parametrize("last", [2, 10, 30])
def test_schedule_ends_with_all_rounds_for_those_that_stay(sides: int, first: int, last: int) -> None:
    """Stages never grow, nobody falls below the finalists, and the last stage completes the rounds."""
    stages = plan_stages(sides, first_rounds=first, all_rounds=last)
    counts = [stage.sides for stage in stages]
    assert sum(stage.rounds for stage in stages) == last
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == sides
    assert counts[-1] >= min(sides, FINALISTS)
    assert all(stage.rounds > 0 for stage in stages)


def test_other_binaries_are_timed_in_the_same_rounds(tmp_path: Path, asked: list[tuple[list[str], int, int]]) -> None:
    """Each candidate has the times of all its binaries, beside the baseline's of the same binary."""
    timed = time_all(tmp_path, binaries=2)
    assert asked[1][0] == ["baseline", "baseline\n1", "quick", "quick\n1", "middle", "middle\n1"]
    ((pair,), quick) = timed["quick"].beside, timed["quick"]
    assert (quick.own.mean_seconds, pair.own.mean_seconds, pair.baseline.mean_seconds) == (0.001, 0.002, 0.008)
    assert pair.own.rounds == pair.baseline.rounds == quick.own.rounds == 5


def test_times_that_were_taken_anew_are_others(tmp_path: Path, asked: list[tuple[list[str], int, int]]) -> None:
    """They are not taken from those that were doubted, and say what they are; taken once, they are kept."""
    first = time_all(tmp_path)
    again = time_all(tmp_path, anew=True)
    assert len(asked) == 4
    assert {each.own.measured for each in first.values()} == {1}
    assert {each.own.measured for each in again.values()} == {2}
    assert time_all(tmp_path, anew=True) == again
    assert len(asked) == 4
