"""The start-up gate: each limit shown, refuted, or neither; and what more rounds could still decide."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from scipy import stats

from benchmarks.simulated import BUSY, DRIFTING, HEAVY_TAILED, MACHINES, QUIET, Noise, judge_simulated
from burnish.judge.budget import Budget
from burnish.judge.findings import LINK_ONLY
from burnish.judge.startup_gate import (
    is_out_of_reach,
    is_shown_slower,
    judge_startup,
    needs_more_rounds,
    startup_direction,
)
from burnish.measure.rounds import RoundsPlan
from burnish.measure.startup import summarise
from burnish.model import Gate, Startup
from tests.unit.judge.sides import library, side, startup, verdict_and_numbers

NO_LIMITS = Budget(name="none")
NOT_SLOWER = Budget(name="improve", startup_must_not_slow=True)
HALF_MS = Budget(name="phase1", max_startup_seconds=500e-6)
RATIO = Budget(name="ratio", max_startup_ratio=1.05)
ABOVE_FLOOR = Budget(name="above", max_startup_above_floor_seconds=300e-6)


def of_rounds(means: Sequence[float], *, looks: int = 1) -> Startup:
    """Return a start-up whose rounds have these means, with the floor of 112 us beside it."""
    timing = summarise(["tool"], [[mean] for mean in means])
    return replace(
        startup(timing.mean_seconds),
        ci95_seconds=timing.ci95_seconds,
        rounds=timing.rounds,
        raw=timing.raw,
        looks=looks,
    )


def zigzag(mean: float, half: float, *, looks: int = 1) -> Startup:
    """Return ten rounds whose 95% interval reaches `half` to each side of the mean."""
    step = half * 3 / float(stats.t.ppf(0.975, 9))
    return of_rounds([mean + step * (-1) ** number for number in range(10)], looks=looks)


def judged(after: Startup, budget: Budget, before: Startup | None = None) -> Gate:
    """Judge a start-up against a baseline of 400 us in each round."""
    return judge_startup(side(startup=before or of_rounds([400e-6] * 10)), side(startup=after), budget, "native")


@pytest.mark.parametrize(
    ("mean", "half", "verdict"),
    [
        (500e-6, 0, "pass"),
        (500.001e-6, 0, "fail"),
        (480e-6, 19.9e-6, "pass"),
        (480e-6, 20.1e-6, "inconclusive"),
        (500e-6, 20e-6, "inconclusive"),
        (520e-6, 20.1e-6, "inconclusive"),
        (520e-6, 19.9e-6, "fail"),
    ],
)
def test_limit_is_judged_on_the_whole_interval(mean: float, half: float, verdict: str) -> None:
    """Below with its upper bound passes, above with its lower bound fails, and between the two nothing is shown."""
    gate = judged(zigzag(mean, half), HALF_MS)
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 500e-6, "s")
    assert gate.measured == pytest.approx(mean + half)


@pytest.mark.parametrize(("half", "verdict"), [(14e-6, "pass"), (16e-6, "inconclusive"), (19e-6, "inconclusive")])
def test_limit_is_judged_by_a_wider_interval_where_there_were_more_looks(half: float, verdict: str) -> None:
    """Ten rounds at up to three looks need 98.3%, which is 1.29 times as wide; what is told is the 95% bound."""
    gate = judged(zigzag(480e-6, half, looks=3), HALF_MS)
    assert gate.verdict == verdict
    assert gate.measured == pytest.approx(480e-6 + half)
    where = "within" if verdict == "pass" else "on both sides of"
    assert gate.reason.startswith(f"the 98.3% interval (95% over 3 looks) lies {where} the limit of 500 us; ")


@pytest.mark.parametrize(
    ("mean", "half", "verdict"),
    [
        (480e-6, 19.9e-6, "pass"),
        (520e-6, 19.9e-6, "inconclusive"),
        (531e-6, 19.9e-6, "fail"),
    ],
)
def test_low_end_is_corrected_for_the_binaries_that_are_judged_together(mean: float, half: float, verdict: str) -> None:
    """Of six, any one could fail by chance: its low end is that of 99.2%, 1.5 times as far. All must pass, as ever."""
    gate = judged(replace(zigzag(mean, half), beside=5), HALF_MS)
    assert gate.verdict == verdict
    assert gate.measured == pytest.approx(mean + half)
    assert ("the interval, its low end corrected for 6 binaries, lies " in gate.reason) == (verdict != "pass")


def test_six_equal_binaries_hardly_ever_fail_together() -> None:
    """Each is judged as slower by chance in one case of forty; all six together must be in no more."""
    drawn = random.Random(6)  # noqa: S311 - a simulation
    families = [[_noisy(drawn) for _ in range(6)] for _ in range(400)]
    failed = {beside: sum(_one_fails(family, beside) for family in families) / 400 for beside in (0, 5)}
    assert failed[0] > 0.08
    assert failed[5] < 0.05


def _noisy(drawn: random.Random) -> tuple[Startup, Startup]:
    before, after = ([drawn.gauss(400e-6, 4e-6) for _ in range(10)] for _ in range(2))
    return of_rounds(before), of_rounds(after)


def _one_fails(family: Sequence[tuple[Startup, Startup]], beside: int) -> bool:
    gates = (judged(replace(after, beside=beside), NOT_SLOWER, before=before) for before, after in family)
    return any(gate.verdict == "fail" for gate in gates)


def test_reason_gives_every_number() -> None:
    """Mean, both intervals, ratio, what is above the floor, and the floor, whatever is judged."""
    after = replace(zigzag(300e-6, 5e-6), single_ci95_seconds=(298e-6, 304e-6))
    gate = judged(after, HALF_MS)
    assert gate.criterion == "upper bound of the 95% interval of the mean at most 500 us"
    assert gate.reason == (
        "the interval lies within the limit of 500 us; mean 300 us (95% interval 295 us to 305 us, "
        "10 rounds of 1 run), first round alone 298 us to 304 us, 0.750 (0.737 to 0.762) of the baseline, "
        "188 us (183 us to 193 us) above the floor, floor 112 us (static, no libc)"
    )


@pytest.mark.parametrize(
    ("mean", "half", "verdict"),
    [(410e-6, 5e-6, "pass"), (419e-6, 5e-6, "inconclusive"), (430e-6, 5e-6, "fail"), (300e-6, 5e-6, "pass")],
)
def test_ratio_limit_is_judged_on_the_interval_of_the_ratio(mean: float, half: float, verdict: str) -> None:
    """At most 1.05 of the baseline's 400 us, with the upper bound."""
    gate = judged(zigzag(mean, half), RATIO)
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 1.05, "ratio")
    assert gate.measured == pytest.approx((mean + half) / 400e-6, rel=1e-3)
    assert gate.criterion == "upper bound of the 95% interval of the ratio to the baseline at most 1.050"


def test_ratio_limit_ignores_what_disturbs_a_whole_round() -> None:
    """Rounds of any speed with one ratio in each show that ratio."""
    levels = [400e-6 * (1 + number % 3) for number in range(10)]
    gate = judged(of_rounds([level * 1.04 for level in levels]), RATIO, before=of_rounds(levels))
    assert gate.verdict == "pass"
    assert gate.measured == pytest.approx(1.04)


@pytest.mark.parametrize(
    ("mean", "half", "verdict"),
    [(400e-6, 11e-6, "pass"), (410e-6, 5e-6, "inconclusive"), (420e-6, 5e-6, "fail")],
)
def test_limit_above_the_floor_is_judged_on_the_difference(mean: float, half: float, verdict: str) -> None:
    """At most 300 us above the floor's 112 us, with the upper bound."""
    gate = judged(zigzag(mean, half), ABOVE_FLOOR)
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 300e-6, "s")
    assert gate.measured == pytest.approx(mean + half - 112e-6)
    assert gate.criterion == "upper bound of the 95% interval of the mean above the floor at most 300 us"


@pytest.mark.parametrize(
    ("mean", "verdict", "words"),
    [
        (300e-6, "pass", "not slower than the baseline, and is faster; "),
        (400e-6, "pass", "not shown to be slower than the baseline; at most 1.012 of it; "),
        (440e-6, "fail", "slower than the baseline; "),
    ],
)
def test_startup_must_not_be_slower_beyond_the_interval(mean: float, verdict: str, words: str) -> None:
    """Only a ratio whose whole interval is above 1 is held against the candidate."""
    gate = judged(zigzag(mean, 5e-6), NOT_SLOWER)
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 1.0, "ratio")
    assert gate.measured == pytest.approx(mean / 400e-6, rel=1e-3)
    assert gate.reason.startswith(words)


def test_slower_within_the_noise_passes() -> None:
    """A mean that is higher by less than the rounds scatter is no slow-down that was shown."""
    gate = judged(zigzag(410e-6, 50e-6), NOT_SLOWER)
    assert gate.verdict == "pass"
    assert gate.measured == pytest.approx(1.014, abs=0.01)


@pytest.mark.parametrize(("looks", "direction"), [(1, "slower"), (3, "neither")])
def test_slower_at_the_first_of_three_looks_must_be_shown_better(looks: int, direction: str) -> None:
    """What 95% shows at one look, it does not show where it is one of three."""
    assert startup_direction(of_rounds([400e-6] * 10), zigzag(410e-6, 9e-6, looks=looks)) == direction


def test_both_limits_take_the_worse_verdict_and_tell_both() -> None:
    """Neither limit hides the other."""
    both = replace(HALF_MS, startup_must_not_slow=True)
    slower = judged(zigzag(450e-6, 5e-6), both)
    assert (slower.verdict, slower.unit) == ("fail", "ratio")
    assert slower.reason.startswith("the interval lies within the limit of 500 us; slower than the baseline; ")
    above = judged(zigzag(600e-6, 5e-6), both, before=of_rounds([700e-6] * 10))
    assert (above.verdict, above.unit) == ("fail", "s")
    undecided = judged(zigzag(500e-6, 5e-6), both, before=of_rounds([700e-6] * 10))
    assert (undecided.verdict, undecided.unit) == ("inconclusive", "s")


@pytest.mark.parametrize("raw", [[], [[400e-6]], [[400e-6]] * 9, [[400e-6]] * 9 + [[0.0]]])
@pytest.mark.parametrize("budget", [NOT_SLOWER, RATIO])
def test_rounds_that_do_not_pair_give_no_ratio(raw: list[list[float]], budget: Budget) -> None:
    """No round, another number of them or a broken one shows nothing relative."""
    gate = judged(replace(startup(400e-6), raw=raw), budget)
    assert (gate.verdict, gate.measured) == ("inconclusive", None)


def test_no_rounds_at_all_show_nothing() -> None:
    """A start-up without a round is inconclusive by every limit, and no error."""
    budget = replace(HALF_MS, max_startup_ratio=1.0, max_startup_above_floor_seconds=1.0, startup_must_not_slow=True)
    gate = judged(replace(startup(400e-6), raw=[]), budget)
    assert (gate.verdict, gate.measured, gate.limit) == ("inconclusive", None, 500e-6)


def test_limit_above_the_floor_without_a_floor_is_inconclusive() -> None:
    """What is not known is not shown."""
    gate = judged(startup(400e-6, floor=False), ABOVE_FLOOR)
    assert (gate.verdict, gate.measured) == ("inconclusive", None)
    assert gate.reason.startswith("no rounds that give the mean above the floor; ")


def test_single_round_each_gives_no_interval() -> None:
    """One pair has a ratio and no interval, and so decides nothing."""
    gate = judged(of_rounds([400e-6]), NOT_SLOWER, before=of_rounds([400e-6]))
    assert gate.verdict == "inconclusive"
    assert "mean 400 us (no interval, 1 round of 1 run)" in gate.reason
    assert "1.000 (one pair, so no interval) of the baseline" in gate.reason
    assert judged(of_rounds([400e-6]), HALF_MS).verdict == "inconclusive"


def test_without_baseline_or_floor_the_limit_is_judged() -> None:
    """An absolute limit needs the candidate only; what is not known is said."""
    gate = judge_startup(side(startup=None), side(startup=startup(300e-6, floor=False)), HALF_MS, "native")
    assert gate.verdict == "pass"
    assert gate.reason.endswith("ratio to the baseline not known, floor not measured")


def test_startup_that_cannot_be_timed_here_does_not_apply() -> None:
    """Emulation measures the emulator; a binary that cannot run has no start-up; and no limit is no verdict."""
    assert judge_startup(side(), side(), HALF_MS, "emulated").verdict == "not-applicable"
    assert judge_startup(side(), side(), HALF_MS, "link-only").reason == LINK_ONLY
    assert judge_startup(library(), library(), HALF_MS, "native").reason == "there is no binary"
    gate = judge_startup(side(), side(), NO_LIMITS, "native")
    assert verdict_and_numbers(gate) == ("not-applicable", 400e-6, None, "s")


def test_startup_that_was_not_measured_is_inconclusive() -> None:
    """A binary that runs here is timed, or nothing is shown."""
    assert judge_startup(side(), side(startup=None), HALF_MS, "native").verdict == "inconclusive"


@pytest.mark.parametrize(
    ("mean", "half", "budget", "expected"),
    [
        (480e-6, 10e-6, HALF_MS, False),
        (500e-6, 10e-6, HALF_MS, True),
        (520e-6, 10e-6, HALF_MS, False),
        (500e-6, 10e-6, NO_LIMITS, False),
        (400e-6, 18e-6, NOT_SLOWER, False),
        (400e-6, 22e-6, NOT_SLOWER, True),
        (380e-6, 22e-6, NOT_SLOWER, False),
        (440e-6, 9e-6, NOT_SLOWER, False),
        (490e-6, 20e-6, replace(HALF_MS, startup_must_not_slow=True), False),
    ],
)
def test_more_rounds_are_needed_while_nothing_is_shown(
    mean: float,
    half: float,
    budget: Budget,
    expected: bool,  # noqa: FBT001 - the answer
) -> None:
    """Neither shown nor refuted; or not shown to be slower, where the interval reaches beyond 5%.

    A limit that is refuted decides, whatever the others are.
    """
    assert needs_more_rounds(of_rounds([400e-6] * 10), zigzag(mean, half), budget) is expected


PLAN = RoundsPlan(rounds=10, max_rounds=30, max_seconds=60.0)


def directions(noise: Noise, ratio: float, *, plan: RoundsPlan = PLAN, pairs: int) -> Counter[str | None]:
    """Count what simulated pairs are judged to be, by the product's own code."""
    generator = random.Random(20261124)  # noqa: S311 - a simulation
    return Counter(judge_simulated(noise, ratio, plan, generator, runs=3) for _ in range(pairs))


@pytest.mark.parametrize("noise", MACHINES.values(), ids=list(MACHINES))
def test_same_binary_on_both_sides_is_rarely_found_slower_or_faster(noise: Noise) -> None:
    """Looking three times, under drift, shared noise, heavy tails and outliers, errs in 2.5% at most to each side."""
    found = directions(noise, 1.0, pairs=600)
    assert found["slower"] <= 15
    assert found["faster"] <= 15
    assert found.total() == 600


@pytest.mark.parametrize(("noise", "ratio"), [(QUIET, 1.1), (DRIFTING, 1.2), (BUSY, 2.0), (HEAVY_TAILED, 2.0)])
def test_slower_binary_is_found(noise: Noise, ratio: float) -> None:
    """What is slower by more than the machine's noise is found so, nearly always, and never faster."""
    found = directions(noise, ratio, pairs=100)
    assert found["slower"] >= 98
    assert found["faster"] == 0


def test_more_rounds_find_what_ten_do_not() -> None:
    """The additional rounds are worth their time: 5% on a drifting machine is found more often with them."""
    once = directions(DRIFTING, 1.05, plan=RoundsPlan(rounds=10, max_rounds=10, max_seconds=60.0), pairs=200)
    more = directions(DRIFTING, 1.05, pairs=200)
    assert more["slower"] > once["slower"] + 20


def busy(mean: float, *, floor: float) -> Startup:
    """Return a start-up on a machine that takes this long to start anything."""
    after = of_rounds([mean] * 10)
    assert after.floor is not None
    timing = summarise(["floor"], [[floor]] * 10)
    return replace(after, floor=replace(after.floor, timing=timing))


def test_limit_that_the_floor_misses_is_inconclusive() -> None:
    """No program can start sooner than the smallest process: on such a machine the limit tells nothing."""
    after = busy(1.5e-3, floor=1.13e-3)
    gate = judged(after, HALF_MS, before=after)
    assert gate.verdict == "inconclusive"
    assert gate.reason.startswith(
        "starting any process takes 1.13 ms on this machine now (the floor), more than 500 us: no program could meet"
    )
    assert not needs_more_rounds(after, after, HALF_MS)
    assert judged(busy(1.5e-3, floor=0.4e-3), HALF_MS).verdict == "fail"


def test_limit_that_the_floor_misses_on_the_whole_is_missed_for_certain_by_what_is_the_programs_own() -> None:
    """Seen on a busy machine, whose floor was quick in one round of ten: the program might do so in a quiet hour."""
    floor = summarise(["floor"], [[us * 1e-6] for us in (808, 625, 530, 895, 531, 820, 1076, 1703, 324, 1003)])
    own = [us * 1e-6 for us in (1433, 1512, 1729, 1566, 323, 1078, 1464, 946, 1482, 932)]

    def beside(means: Sequence[float]) -> Startup:
        after = of_rounds(means)
        assert after.floor is not None
        return replace(after, floor=replace(after.floor, timing=floor))

    gate = judged(beside(own), HALF_MS)
    assert gate.verdict == "inconclusive"
    assert gate.reason.startswith(
        "starting any process takes 831.5 us on this machine now (the floor), more than 500 us"
    )
    assert "in a quiet hour" in gate.reason
    assert needs_more_rounds(None, beside(own), HALF_MS)
    slow = [mean + 900e-6 for mean in own]
    assert judged(beside(slow), HALF_MS).verdict == "fail"


def test_ratio_is_judged_where_the_floor_misses_the_limit() -> None:
    """What is relative holds on a busy machine too."""
    both = Budget(name="both", max_startup_seconds=500e-6, max_startup_ratio=1.05)
    before = busy(1.5e-3, floor=1.13e-3)
    assert judged(busy(1.7e-3, floor=1.13e-3), both, before=before).verdict == "fail"
    assert judged(before, both, before=before).verdict == "inconclusive"


@pytest.mark.parametrize(("floor", "is_missed"), [(499e-6, False), (500e-6, False), (501e-6, True)])
def test_limit_is_out_of_reach_where_the_floor_alone_is_over_it(floor: float, *, is_missed: bool) -> None:
    """It is judged by the interval of the floor's rounds, and not at all without such a limit."""
    timing = summarise(["floor"], [[floor]] * 3)
    assert is_out_of_reach(timing, HALF_MS) is is_missed
    assert not is_out_of_reach(timing, RATIO)
    assert not is_out_of_reach(None, HALF_MS)


@pytest.mark.parametrize(
    ("mean", "budget", "expected"),
    [
        (440e-6, Budget(name="b", startup_must_not_slow=True), True),
        (440e-6, Budget(name="b", startup_must_not_slow=False), False),
        (404e-6, Budget(name="b", startup_must_not_slow=True), False),
        (360e-6, Budget(name="b", startup_must_not_slow=True), False),
        (440e-6, Budget(name="b", startup_must_not_slow=False, max_startup_ratio=1.05), True),
        (440e-6, Budget(name="b", startup_must_not_slow=False, max_startup_ratio=1.2), False),
    ],
)
def test_what_fails_beside_the_baseline_is_shown_slower(mean: float, budget: Budget, *, expected: bool) -> None:
    """It is what the gate fails for: nobody measures again what passes, nor what misses an absolute limit alone."""
    before, after = of_rounds([400e-6] * 10), zigzag(mean, 10e-6)
    assert is_shown_slower(before, after, budget) is expected
    assert (judged(after, budget).verdict == "fail") is expected


@pytest.mark.parametrize(("half", "verdict"), [(10e-6, "pass"), (60e-6, "inconclusive")])
def test_second_measurement_that_cannot_tell_clears_nobody(half: float, verdict: str) -> None:
    """The first one found it slower; by itself a measurement as wide as this one would pass."""
    budget, after = Budget(name="b", startup_must_not_slow=True, size_must_shrink=False), zigzag(402e-6, half)
    assert judged(after, budget).verdict == "pass"
    assert judged(replace(after, measured=2), budget).verdict == verdict


def test_what_is_quicker_and_misses_its_limit_is_not_shown_slower() -> None:
    """Nobody measures again what no chance has made slow."""
    budget = Budget(name="b", startup_must_not_slow=True, max_startup_ratio=0.5)
    after = zigzag(320e-6, 10e-6)
    assert judged(after, budget).verdict == "fail"
    assert not is_shown_slower(of_rounds([400e-6] * 10), after, budget)


def test_gate_tells_that_it_was_measured_anew() -> None:
    """Whoever compares the figures with what was seen on the way has to know."""
    after = zigzag(440e-6, 10e-6)
    assert "measured anew" not in judged(after, Budget(name="b")).reason
    assert "measured anew, since a first" in judged(replace(after, measured=2), Budget(name="b")).reason
