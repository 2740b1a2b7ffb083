"""A trial as it is judged and compared."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.measure.startup import with_ratio
from burnish.model import ArtifactPart, Gate, Side, Startup, Trial, VerdictName, Workload
from burnish.search.judged import (
    Point,
    dominates,
    entry_of,
    excess_of,
    frontier,
    means_of_rounds,
    not_taken,
    point_of,
    shortfall,
    with_startup,
    with_workloads,
)
from burnish.search.timing import Pair, Timed

BASELINE = Side(command=[], build_seconds=1.0, artifact="before", size_bytes=200)


def startup(*means: float) -> Startup:
    """Return the start-up of rounds with one run each."""
    mean = sum(means) / len(means)
    timing: dict[str, Any] = {"mean_seconds": mean, "median_seconds": mean, "runs": 1, "command": ["x"]}
    return Startup(ci95_seconds=(min(means), max(means)), rounds=len(means), raw=[[each] for each in means], **timing)


def trial(**parts: Any) -> Trial:
    """Return a trial of 100 bytes."""
    side = Side(command=[], build_seconds=2.0, artifact="after", size_bytes=100)
    return Trial(**{"name": "one", "choices": ["a.b"], "unusual": 1, "settings": [], "side": side, **parts})


TIMED = Timed(own=startup(0.001, 0.0011, 0.0009), baseline=startup(0.002, 0.0022, 0.0018))


def test_size_of_several_binaries_is_their_geometric_mean() -> None:
    """What halves one and doubles another has gained nothing. Neither libraries nor what is not judged are in it."""
    made = [("tool", "bin", 100), ("other", "bin", 400), ("unasked", "bin", 9), ("other", "rlib", 7)]
    parts = [
        ArtifactPart(package="p", target=target, kind=kind, name=target, format="elf", size_bytes=size)  # type: ignore[arg-type]
        for target, kind, size in made
    ]
    one = trial(side=replace(trial().side, artifacts=parts))
    assert entry_of(one, (), plain_first=True, others=["other"]).size_bytes == 200
    assert entry_of(one, (), plain_first=True).size_bytes == 100


def test_start_up_is_judged_against_the_baseline_of_the_same_rounds() -> None:
    """The ratio is the paired one, and the gate is the budget's."""
    judged = with_startup(trial(), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    assert judged.startup_ratio is not None
    assert [round(value, 6) for value in judged.startup_ratio] == [0.5, 0.5, 0.5]
    assert [(gate.name, gate.verdict) for gate in judged.gates] == [("startup", "fail")]


def test_start_up_that_is_judged_again_has_one_gate() -> None:
    """More rounds replace the verdict of the fewer."""
    once = with_startup(trial(), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    again = with_startup(once, TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.1))
    assert [(gate.name, gate.verdict) for gate in again.gates] == [("startup", "pass")]


def test_entry_is_what_is_compared() -> None:
    """Size, rounds, how unusual it is, and how far it misses."""
    judged = with_startup(trial(command="x cargo build"), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    entry = entry_of(judged, means_of_rounds(TIMED), plain_first=True)
    assert (entry.name, entry.size_bytes, entry.unusual, entry.settings) == ("one", 100, 1, 1)
    assert (entry.verdict, entry.is_plain) == ("fail", False)
    assert entry.round_means == (0.001, 0.0011, 0.0009)
    assert entry.excess > 1
    assert entry_of(judged, (), plain_first=False).is_plain


def test_trial_of_which_the_budget_asks_nothing_passes() -> None:
    """No limit is no failure."""
    assert entry_of(trial(), (), plain_first=True).verdict == "pass"


def test_point_has_the_interval_where_there_is_one() -> None:
    """An untimed trial still has its place by size."""
    assert point_of(trial()).startup is None
    assert point_of(with_startup(trial(), TIMED, BASELINE, Budget(name="b"))).startup == (0.0009, 0.0011)


def point(name: str, size: int, startup: tuple[float, float] | None = (1.0, 2.0), build: float = 10.0) -> Point:
    """Return a point; by default start-up and build time tell nothing."""
    return Point(name=name, size_bytes=size, startup=startup, build_seconds=build)


def test_smaller_one_beats_its_equal() -> None:
    """One byte is shown: sizes are exact."""
    assert frontier([point("large", 101), point("small", 100)]) == ["small"]


def test_overlapping_start_ups_do_not_tell_candidates_apart() -> None:
    """A larger file with a lower mean is on the frontier only where its interval lies wholly below."""
    assert frontier([point("small", 100), point("luckier", 101, (0.5, 1.5))]) == ["small"]
    assert frontier([point("small", 100), point("quicker", 101, (0.5, 0.9))]) == ["small", "quicker"]


def test_larger_file_that_builds_much_sooner_stays() -> None:
    """Build time is the third thing that is bought, and little differences in it are noise."""
    assert frontier([point("small", 100), point("sooner", 101, build=7.9)]) == ["small", "sooner"]
    assert frontier([point("small", 100), point("hardly", 101, build=8.1)]) == ["small"]


def test_same_candidates_all_stay() -> None:
    """What equals another is not beaten by it."""
    assert frontier([point("b", 100), point("a", 100)]) == ["a", "b"]


def test_untimed_candidates_are_told_apart_by_the_rest() -> None:
    """Without a binary that starts there are sizes and build times."""
    assert frontier([point("small", 100, None), point("large", 101, None)]) == ["small"]


times = st.floats(0.1, 10)
points = st.builds(
    lambda size, low, width, build: Point(name="", size_bytes=size, startup=(low, low + width), build_seconds=build),
    st.integers(1, 5),
    times,
    times,
    times,
)


@given(points, points)
def test_two_candidates_never_beat_each_other(one: Point, other: Point) -> None:
    """Whatever the numbers, domination goes one way at most."""
    assert not (dominates(one, other) and dominates(other, one))


@given(st.lists(points, min_size=1, max_size=8))
def test_somebody_is_always_on_the_frontier(several: list[Point]) -> None:
    """The smallest file can only be beaten by one of its own size."""
    assert frontier(several)


def gate(name: str, measured: float, limit: float) -> Gate:
    """Return a gate on a number in bytes or seconds."""
    unit = "bytes" if name == "size" else "s"
    words: dict[str, Any] = {"criterion": f"at most {limit:g}", "unit": unit, "reason": ""}
    return Gate(name=name, verdict="pass" if measured <= limit else "fail", measured=measured, limit=limit, **words)


def failing_trial(name: str, size: float, startup: float) -> Trial:
    """Return a trial judged by 500,000 bytes and 500 us."""
    gates = [gate("size", size, 500_000), gate("startup", startup, 500e-6)]
    side = Side(command=[], build_seconds=1.0)
    return Trial(name=name, choices=[], unusual=0, settings=[], side=side, gates=gates)


def test_nothing_is_missing_where_one_meets_all() -> None:
    """One good candidate is enough."""
    assert shortfall([failing_trial("good", 400_000, 400e-6), failing_trial("large", 900_000, 400e-6)]) == []


def test_limit_that_none_meets_is_told_with_the_nearest() -> None:
    """The number, the limit, and how much too much it is."""
    assert shortfall([failing_trial("a", 400_000, 650e-6), failing_trial("b", 900_000, 550e-6)]) == [
        (
            "startup: no candidate meets at most 0.0005; the nearest, b, has 550 us where 500 us is the limit, "
            "10.0% too much"
        )
    ]


def test_limits_that_are_met_by_different_ones_are_told_together() -> None:
    """Each can be had, and not both."""
    (sentence,) = shortfall([failing_trial("small", 400_000, 650e-6), failing_trial("quick", 900_000, 400e-6)])
    assert sentence.startswith("each limit is met by some candidate, all by none; the nearest, small: startup 650 us")


def test_nothing_is_told_where_nothing_works() -> None:
    """The failures tell it."""
    assert shortfall([]) == []


def test_excess_is_the_product_of_what_is_missed() -> None:
    """A limit that is met does not make up for one that is not."""
    gates = [gate("size", 600_000, 500_000), gate("startup", 250e-6, 500e-6)]
    assert excess_of(gates) == 1.2
    assert excess_of([gate("size", 1, 2)]) == 1.0


def worked(name: str, ratio: float, *, spread: float = 0.0) -> tuple[Workload, Workload]:
    """Return a workload of the baseline, and of a candidate that takes a ratio of its time in the same rounds."""
    before = startup(0.010, 0.011, 0.009)
    shaken = [ratio * each * (1 + spread * (-1) ** number) for number, (each,) in enumerate(before.raw)]
    after = with_ratio(startup(*shaken), before)
    return Workload(name=name, times=before, printed=["1"]), Workload(name=name, times=after, printed=["1"])


def judged_at_work(*pairs: tuple[Workload, Workload], limit: float = 1.05) -> Trial:
    """Return a trial whose workloads were timed and judged."""
    before, after = zip(*pairs, strict=True)
    return with_workloads(trial(), after, before, Budget(name="b", max_workload_ratio=limit))


def test_workloads_are_judged_against_the_baselines_of_the_same_rounds() -> None:
    """What is compared is the geometric mean of their ratios; the gate goes by the worst."""
    judged = judged_at_work(worked("a", 0.5), worked("b", 1.2))
    assert judged.workload_ratio is not None
    assert [round(value, 6) for value in judged.workload_ratio] == [round((0.5 * 1.2) ** 0.5, 6)] * 3
    assert [(gate.name, gate.verdict) for gate in judged.gates] == [("workloads", "fail")]
    entry = entry_of(judged, (), plain_first=True)
    assert (entry.verdict, round(entry.work, 6)) == ("fail", round((0.5 * 1.2) ** 0.5, 6))
    assert entry.excess > 1.1
    assert [(gate.name, gate.verdict) for gate in judged_at_work(worked("a", 0.5)).gates] == [("workloads", "pass")]


def test_time_at_work_counts_as_far_as_it_is_shown() -> None:
    """Where the interval holds 1 no difference is shown, and what was not timed counts as no difference."""
    assert entry_of(judged_at_work(worked("a", 1.01, spread=0.2)), (), plain_first=True).work == 1.0
    assert entry_of(trial(), (), plain_first=True).work == 1.0


def test_workload_that_ended_otherwise_has_no_ratio() -> None:
    """Nothing is compared then, and the trial fails by its gate."""
    before, after = worked("a", 1.0)
    judged = judged_at_work((before, replace(after, times=None, failure="gave exit status 1 instead of 0")))
    assert judged.workload_ratio is None
    assert [gate.verdict for gate in judged.gates] == ["fail"]


def test_trial_that_is_quicker_at_work_is_on_the_frontier() -> None:
    """Smaller and as quick to start is not enough to dominate it."""
    small = Point(name="small", size_bytes=90, startup=(1.0, 1.1), build_seconds=1.0, work=(1.2, 1.3))
    fast = Point(name="fast", size_bytes=100, startup=(1.0, 1.1), build_seconds=1.0, work=(0.9, 1.0))
    assert not dominates(small, fast)
    assert frontier([small, fast]) == ["small", "fast"]
    assert dominates(small, Point(name="untimed", size_bytes=100, startup=(1.0, 1.1), build_seconds=1.0))


def of_bytes(name: str, size_bytes: int, *gates: Gate) -> Trial:
    """Return a trial that was judged."""
    side = Side(command=[], build_seconds=1.0, artifact="after", size_bytes=size_bytes)
    return trial(name=name, side=side, gates=list(gates))


def judged(name: str, verdict: VerdictName, reason: str) -> Gate:
    """Return a gate with a reason."""
    return Gate(name=name, criterion="c", measured=None, limit=None, unit="", verdict=verdict, reason=reason)


def test_smaller_one_that_is_not_better_in_all_is_told() -> None:
    """Whoever reads that nothing is left to gain sees what it would have been, and what stood against it."""
    size = judged("size", "pass", "smaller")
    slow = judged("startup", "fail", "slower than the baseline; mean 2 ms; and more")
    large = judged("size", "fail", "larger")
    trials = [
        of_bytes("z", 300, size, slow),
        of_bytes("the base", 200, size, slow),
        of_bytes("static", 100, large, slow),
        of_bytes("fast", 150, size),
    ]
    assert not_taken(trials) == ["not taken: the base, 200 B: startup: slower than the baseline, mean 2 ms"]
    assert not_taken([of_bytes("static", 100, large)]) == []


def test_rounds_of_several_binaries_count_by_their_geometric_mean() -> None:
    """One that takes four times as long as another counts no more than that."""
    pair = Pair(own=startup(0.004, 0.0044, 0.0036), baseline=startup(0.001, 0.001, 0.001))
    both = means_of_rounds(replace(TIMED, beside=(pair,)))
    assert [round(mean, 7) for mean in both] == [0.002, 0.0022, 0.0018]


def test_limit_that_is_far_away_is_missed_by_times() -> None:
    """Nobody reads forty thousand percent."""
    (sentence,) = shortfall([failing_trial("large", 202_000_000, 400e-6)])
    assert sentence.endswith("where 500,000 B is the limit, 404 times as much")
