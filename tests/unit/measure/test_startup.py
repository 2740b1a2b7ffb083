from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

from burnish.measure.command import Command
from burnish.measure.floor import FloorBinary
from burnish.measure.hyperfine import Timer, time_round
from burnish.measure.rounds import RoundsPlan, plan_order
from burnish.measure.startup import (
    Startups,
    fit_runs,
    measure_startup,
    measure_twice_if_doubted,
    measure_until_decided,
    summarise,
    with_ratio,
)
from burnish.measure.statistics import round_means
from burnish.model import Startup
from burnish.system.turns import Turns
from tests.unit.measure.timing import calls_of, fake_timer, posix_only, real_timer


def measure_fakes(folder: Path, rounds: int, **levels: Sequence[float]) -> tuple[Startups, Timer]:
    """Measure one side, and the floor where it has levels."""
    timer = fake_timer(folder, **levels)
    floor = FloorBinary(path=folder / "floor", kind="a fake") if "floor" in levels else None
    sides = {name: Command(argv=(name,), cwd=folder) for name in levels if name != "floor"}
    return measure_startup(sides, timer, floor=floor, rounds=rounds, on_round=lambda _done, _planned: None), timer


def test_summarise_takes_the_interval_over_the_rounds() -> None:
    """The mean is that of the round means, the interval scipy's over them, the median that of all runs."""
    raw = [[1.0, 2.0, 6.0], [2.0, 2.0, 2.0], [4.0, 4.0, 7.0]]
    timing = summarise(("tool", "--version"), raw)
    theirs = stats.ttest_1samp([3.0, 2.0, 5.0], 0).confidence_interval(0.95)
    assert timing.ci95_seconds == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert (timing.command, timing.raw) == (["tool", "--version"], raw)
    assert timing.mean_seconds == pytest.approx(10 / 3)
    assert (timing.median_seconds, timing.runs, timing.rounds) == (2.0, 3, 3)


@posix_only
def test_measure_startup_runs_every_round_in_the_planned_order(tmp_path: Path) -> None:
    """A log that the programs themselves write proves order, rounds, runs and warm-up."""
    log = tmp_path / "log"
    programs = {}
    for name in ("baseline", "candidate"):
        programs[name] = tmp_path / name
        programs[name].write_text(f"#!/bin/sh\necho {name} >> {shlex.quote(str(log))}\n")
        programs[name].chmod(0o755)
    sides = {name: Command(argv=(str(programs[name]),), cwd=tmp_path) for name in ("baseline", "candidate")}
    beats: list[tuple[int, int]] = []
    measured = measure_startup(
        sides,
        real_timer(tmp_path, runs=2, warmup=1),
        # With a floor, interference could repeat a round, and the log is compared as a whole.
        floor=None,
        rounds=4,
        on_round=lambda done, planned: beats.append((done, planned)),
    )
    orders = [plan_order(("baseline", "candidate"), number) for number in range(4)]
    assert log.read_text().split() == [name for order in orders for name in order for _ in range(3)]
    assert beats == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for name, startup in measured.sides.items():
        assert (startup.command, startup.runs, startup.rounds) == ([str(programs[name])], 2, 4)
        assert [len(samples) for samples in startup.raw] == [2, 2, 2, 2]
    assert [warning.kind for warning in measured.warnings][:1] == ["no-floor"]


def test_measure_startup_keeps_the_floor_beside_each_side(tmp_path: Path) -> None:
    """Each side carries the floor's own numbers of the same rounds."""
    measured, _ = measure_fakes(tmp_path, 3, baseline=[3.0, 4.0, 5.0], candidate=[2.0, 2.0, 2.0], floor=[1.0])
    assert {name: round_means(side.raw) for name, side in measured.sides.items()} == {
        "baseline": [3.0, 4.0, 5.0],
        "candidate": [2.0, 2.0, 2.0],
    }
    floors = [side.floor for side in measured.sides.values() if side.floor is not None]
    assert [(floor.kind, floor.timing.raw, floor.timing.command) for floor in floors] == [
        ("a fake", [[1.0, 1.0]] * 3, [str(tmp_path / "floor")])
    ] * 2
    assert measured.warnings == ()


def test_measure_startup_goes_on_from_earlier_rounds(tmp_path: Path) -> None:
    """More rounds are added to those there are: same samples, one interval over all, and the order goes on turning."""
    first, _ = measure_fakes(tmp_path, 2, baseline=[3.0, 4.0], candidate=[1.0, 2.0], floor=[1.0])
    timer = fake_timer(tmp_path, baseline=[5.0], candidate=[3.0], floor=[1.1])
    sides = {name: Command(argv=(name,), cwd=tmp_path) for name in ("baseline", "candidate")}
    more = measure_startup(
        sides,
        timer,
        floor=FloorBinary(path=tmp_path / "floor", kind="a fake"),
        rounds=2,
        on_round=lambda _done, _planned: None,
        earlier=first,
    )
    assert round_means(more.sides["baseline"].raw) == [3.0, 4.0, 5.0, 5.0]
    assert more.sides["candidate"].rounds == 4
    assert more.sides["candidate"].floor is not None
    assert more.sides["candidate"].floor.timing.raw == [[1.0, 1.0]] * 2 + [[1.1, 1.1]] * 2
    named = [word for word in calls_of(timer)[0] if word.startswith("--command-name=")]
    assert named == [f"--command-name={name}" for name in plan_order(("baseline", "candidate", "floor"), 2)]


def test_measure_startup_of_sides_that_cannot_share_a_round(tmp_path: Path) -> None:
    """Sides with different input or folders are the caller's mistake."""
    sides = {"a": Command(argv=("a",), cwd=tmp_path), "b": Command(argv=("b",), cwd=tmp_path, stdin=b"x")}
    with pytest.raises(ValueError, match="same folder, standard input and environment"):
        measure_startup(sides, fake_timer(tmp_path), floor=None, rounds=1, on_round=lambda _done, _planned: None)


def test_measure_startup_tells_everything_about_a_side(tmp_path: Path) -> None:
    """Beside the interval over rounds: that of the first round alone, and what is above the floor, as scipy has it."""
    measured, _ = measure_fakes(tmp_path, 2, side=[4.0, 4.2], floor=[1.0, 1.1])
    side = measured.sides["side"]
    above = stats.ttest_1samp([3.0, 3.1], 0).confidence_interval(0.95)
    assert side.above_floor_seconds is not None
    assert side.above_floor_seconds.mean == pytest.approx(3.05)
    assert side.above_floor_seconds.ci95 == pytest.approx((above.low, above.high))
    assert (side.looks, side.single_ci95_seconds, side.ratio_to_baseline) == (1, (4.0, 4.0), None)


def test_with_ratio_pairs_the_rounds(tmp_path: Path) -> None:
    """The candidate's ratio to the baseline is the geometric mean over the rounds, whatever the rounds' own level."""
    measured, _ = measure_fakes(tmp_path, 3, baseline=[1.0, 2.0, 4.0], candidate=[0.5, 1.0, 2.0], floor=[0.1])
    ratio = with_ratio(measured.sides["candidate"], measured.sides["baseline"]).ratio_to_baseline
    assert ratio is not None
    assert (ratio.mean, *ratio.ci95) == pytest.approx((0.5, 0.5, 0.5))


def test_fit_runs_leaves_a_quick_start_alone(tmp_path: Path) -> None:
    """Where a round fits into its time, it has the runs and the warm-up that were asked for."""
    timer = replace(fake_timer(tmp_path), runs=100, warmup=5)
    assert fit_runs(timer, 0.011, 4.0) == timer


@pytest.mark.parametrize(
    ("start_seconds", "runs", "warmup"), [(0.08, 47, 3), (1.0, 3, 1), (5.0, 3, 1), (1e9, 3, 1), (1e-9, 100, 5)]
)
def test_fit_runs_shortens_the_round_of_a_slow_start(
    tmp_path: Path, start_seconds: float, runs: int, warmup: int
) -> None:
    """Fewer runs, and warm-up in proportion, but never fewer than three."""
    timer = replace(fake_timer(tmp_path), runs=100, warmup=5)
    assert fit_runs(timer, start_seconds, 4.0) == replace(timer, runs=runs, warmup=warmup)


def test_fit_runs_never_makes_more_than_asked_for(tmp_path: Path) -> None:
    """Two runs asked for are two runs, however slow the start."""
    assert fit_runs(fake_timer(tmp_path), 100.0, 1.0).runs == 2


def decide(timer: Timer, folder: Path, plan: RoundsPlan, answers: list[bool]) -> tuple[Startups, list[int]]:
    """Measure a side until the answers say that it is decided; return the rounds at each look too."""
    looks: list[int] = []

    def is_undecided(sides: Mapping[str, Startup]) -> bool:
        looks.append(sides["side"].rounds)
        return answers[len(looks) - 1]

    measured = measure_until_decided(
        {"side": Command(argv=("side",), cwd=folder)},
        timer,
        floor=FloorBinary(path=folder / "floor", kind="a fake"),
        plan=plan,
        is_undecided=is_undecided,
        on_round=lambda _done, _planned: None,
        clock=lambda: 0.0,
    )
    return measured, looks


class NotedTurns(Turns):
    """Turns that are noted as they begin and end."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def _begin(self) -> None:
        self.events.append("alone")

    def _end(self) -> None:
        self.events.append("free")


@pytest.mark.promise("J1")
def test_all_rounds_are_timed_in_one_turn(tmp_path: Path) -> None:
    """Between two of them nobody else builds: not until they are decided either."""
    turns, timer = NotedTurns(), fake_timer(tmp_path, side=[1.0], floor=[0.1])
    timer = replace(timer, programs=replace(timer.programs, turns=turns))
    seen: list[list[str]] = []
    measure_startup(
        {"side": Command(argv=("side",), cwd=tmp_path)},
        timer,
        floor=None,
        rounds=3,
        on_round=lambda _done, _planned: seen.append(list(turns.events)),
    )
    assert seen == [["alone"]] * 3
    assert turns.events == ["alone", "free"]
    decide(timer, tmp_path, RoundsPlan(rounds=3, max_rounds=9, max_seconds=1e3), [True, False])
    assert turns.events == ["alone", "free"] * 2
    time_round({"side": Command(argv=("side",), cwd=tmp_path)}, ["side"], timer)
    assert turns.events == ["alone", "free"] * 3


def test_measure_until_decided_takes_more_rounds_and_says_how_often_it_looked(tmp_path: Path) -> None:
    """The sides so far are shown at each look, and carry the number of looks that there could have been."""
    timer = fake_timer(tmp_path, side=[1.0], floor=[0.1])
    measured, looks = decide(timer, tmp_path, RoundsPlan(rounds=3, max_rounds=9, max_seconds=1e3), [True, False])
    assert looks == [3, 6]
    assert (measured.sides["side"].rounds, measured.sides["side"].looks) == (6, 3)
    assert measured.warnings == ()


@pytest.mark.parametrize("doubted", [True, False])
def test_what_is_doubted_is_measured_anew_and_the_second_time_counts_alone(tmp_path: Path, *, doubted: bool) -> None:
    """The files are laid out anew in between; what is not doubted is measured once, and nothing is moved."""
    events: list[str] = []
    levels = iter([2.0, 1.0])

    def measure() -> Startups:
        events.append("measured")
        return measure_fakes(tmp_path, 3, side=[next(levels)])[0]

    startup = measure_twice_if_doubted(measure, lambda _sides: doubted, lambda: events.append("laid out")).sides["side"]
    once = ["measured"]
    assert events == ([*once, "laid out", *once] if doubted else once)
    assert (startup.mean_seconds, startup.measured) == ((1.0, 2) if doubted else (2.0, 1))


def test_measure_until_decided_tells_of_fewer_runs(tmp_path: Path) -> None:
    """A start of ten seconds gets three runs a round, after a pilot of one; it is told, with what to raise."""
    timer = replace(fake_timer(tmp_path, side=[10.0], floor=[0.1]), runs=100, warmup=5)
    measured, _ = decide(timer, tmp_path, RoundsPlan(rounds=3, max_rounds=3, max_seconds=60.0), [False])
    assert [next(word for word in call if word.startswith("--runs=")) for call in calls_of(timer)] == [
        "--runs=1",
        *["--runs=3"] * 3,
    ]
    (warning,) = measured.warnings
    assert warning.kind == "few-runs"
    assert warning.text == "3 runs a round of the 100 asked for: the start-up takes long"
    assert warning.advice == "raise startup.max_seconds, now 60, for narrower intervals"
