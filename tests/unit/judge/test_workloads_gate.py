"""The workloads gate: how fast, what is printed, how much memory; and how often it errs on simulated machines."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks.simulated import MACHINES, Noise, simulated_rounds
from burnish.judge.budget import Budget
from burnish.judge.workloads_gate import judge_workloads, need_more_rounds
from burnish.measure.command import Command
from burnish.measure.rounds import FLOOR, Rounds, RoundsPlan, take_until_decided
from burnish.measure.startup import sum_up
from burnish.model import Gate, Mode, Workload
from tests.unit.judge.sides import library, side, workload

IMPROVE = Budget(name="improve", max_workload_ratio=1.05)
NO_LIMITS = Budget(name="none")


def judged(
    *after: Workload, before: list[Workload] | None = None, budget: Budget = IMPROVE, mode: Mode = "native"
) -> Gate:
    """Judge workloads against a baseline whose workloads take 100 ms each."""
    earlier = before if before is not None else [workload(0.1, each.name) for each in after]
    return judge_workloads(side(workloads=earlier), side(workloads=list(after)), budget, mode)


@pytest.mark.parametrize(
    ("mean", "verdict"), [(0.05, "pass"), (0.1, "pass"), (0.1049, "pass"), (0.1051, "fail"), (0.2, "fail")]
)
def test_ratio_is_held_against_the_limit(mean: float, verdict: str) -> None:
    """Rounds that hardly differ show on which side of 1.05 the ratio lies."""
    gate = judged(workload(mean))
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 1.05, "ratio")
    assert gate.measured == pytest.approx(mean / 0.1, rel=1e-3)


def test_ratio_on_both_sides_of_the_limit_is_inconclusive() -> None:
    """A wide interval shows nothing, and more rounds could."""
    before, after = workload(0.1), workload(0.104, spread=20_000)
    assert judged(after).verdict == "inconclusive"
    assert need_more_rounds(before, after, IMPROVE, among=1)
    assert not need_more_rounds(before, workload(0.1), IMPROVE, among=1)
    assert not need_more_rounds(before, workload(0.2), IMPROVE, among=1)
    assert not need_more_rounds(before, after, NO_LIMITS, among=1)


def test_workloads_of_other_binaries_are_corrected_for_too() -> None:
    """A slow-down that one workload alone would show is not shown where any of six binaries' could err."""
    after = workload(0.112, spread=8_000)
    assert after.times is not None
    beside = replace(after, times=replace(after.times, beside=5))
    assert (judged(after).verdict, judged(beside).verdict) == ("fail", "inconclusive")


def test_one_slow_workload_among_many_is_named() -> None:
    """The gate is as bad as its worst workload, and tells all of them."""
    gate = judged(workload(0.1, "fib"), workload(0.12, "lists"), workload(0.1, "words"))
    assert gate.verdict == "fail"
    assert gate.measured == pytest.approx(1.2, rel=1e-3)
    assert gate.reason.startswith("1 slower: lists; 2 within the limit: fib, words; ")
    assert "lists 1.200 (1.200 to 1.200) of the baseline, 120 ms (10 rounds of 1 run)" in gate.reason


def test_what_guided_the_build_does_not_judge_it() -> None:
    """A build that is quick at what it was made for, and slow elsewhere, is slow; it is told what did not judge."""
    trained, held_out = replace(workload(0.05, "fib"), trained=True), workload(0.12, "lists")
    gate = judged(trained, held_out)
    assert gate.verdict == "fail"
    assert gate.measured == pytest.approx(1.2, rel=1e-3)
    assert gate.reason.startswith("1 slower: lists; ")
    assert "fib 0.500 (0.500 to 0.500) of the baseline" in gate.reason
    assert "not judged, since the build was guided by it: fib" in gate.reason
    assert judged(replace(workload(0.2, "fib"), trained=True), workload(0.1, "lists")).verdict == "pass"
    assert not need_more_rounds(workload(0.1), replace(workload(0.2), trained=True), IMPROVE, among=1)


def test_what_guided_the_build_keeps_its_own_limit_and_memory() -> None:
    """A limit in seconds or bytes is no comparison: to have been trained by it is no excuse."""
    limited = replace(workload(0.1, "fib"), max_seconds=0.15)
    trained = replace(workload(0.2, "fib"), trained=True, max_seconds=0.15)
    gate = judged(trained, workload(0.1, "lists"), before=[limited, workload(0.1, "lists")])
    assert (gate.verdict, gate.measured) == ("fail", 0.2)


def test_nothing_is_shown_where_all_of_them_guided_the_build() -> None:
    """A build that is judged by its own lesson is judged by nothing."""
    gate = judged(replace(workload(0.05, "fib"), trained=True))
    assert (gate.verdict, gate.reason.startswith("the build was guided by all of them")) == ("inconclusive", True)


def test_what_guided_the_build_prints_the_same_all_the_same() -> None:
    """Its time judges nothing, and what it gives does."""
    trained = replace(workload(0.1, "fib"), trained=True, printed=["2" * 64])
    assert judged(trained, workload(0.1, "lists")).verdict == "fail"


def test_low_end_is_corrected_for_the_number_of_workloads() -> None:
    """One of twenty that is slow by chance does not fail the gate: the same alone does."""
    slow = workload(0.109, "a", spread=4_600)
    assert judged(slow).verdict == "fail"
    assert judged(slow, *(workload(0.1, str(number)) for number in range(19))).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"printed": ["2" * 64]}, "other output than before: fib"),
        ({"printed": ["1" * 64, "2" * 64]}, "other output than before: fib"),
        ({"times": None, "failure": "gave exit status 1 instead of 0"}, "fib: gave exit status 1 instead of 0"),
    ],
)
def test_other_output_or_ending_fails(change: dict[str, Any], words: str) -> None:
    """A program that is quick because it does something else is no quicker, whatever the budget asks."""
    for budget in (IMPROVE, NO_LIMITS):
        gate = judged(workload(0.05, **change), budget=budget)
        assert (gate.verdict, words in gate.reason) == ("fail", True)


def test_output_that_differs_between_runs_of_the_baseline_is_left_out() -> None:
    """What never is the same judges nobody, and the gate says so."""
    before = [replace(workload(0.1), printed=["1" * 64, "3" * 64])]
    gate = judged(workload(0.1, printed=["2" * 64]), before=before)
    assert gate.verdict == "pass"
    assert "output not compared, since the baseline's own runs differ in it: fib" in gate.reason


def test_without_a_limit_the_output_is_judged_and_the_ratio_told() -> None:
    """A budget that asks nothing of workloads passes a slower one."""
    gate = judged(workload(0.2), budget=NO_LIMITS)
    assert (gate.verdict, gate.limit) == ("pass", None)
    assert gate.measured == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(("limit", "verdict"), [(0.11, "pass"), (0.09, "fail")])
def test_own_limit_of_a_workload_holds(limit: float, verdict: str) -> None:
    """A limit in seconds is judged beside the ratio, also where the baseline misses it too."""
    before = workload(0.1, max_seconds=limit)
    gate = judged(workload(0.1), before=[before])
    assert (gate.verdict, f"fib at most {limit * 1e3:.0f}" in gate.criterion.replace(".0", "")) == (verdict, True)


@pytest.mark.parametrize(("peak", "verdict"), [(10.9e6, "pass"), (11.1e6, "fail"), (None, "inconclusive")])
def test_peak_memory_can_be_limited(peak: float | None, verdict: str) -> None:
    """At most 1.1 times the baseline's 10 MB; a machine that does not tell shows nothing."""
    after = workload(0.1)
    assert after.times is not None
    assert after.times.evidence is not None
    times = replace(after.times, evidence=replace(after.times.evidence, peak_bytes=peak))
    assert judged(replace(after, times=times), budget=replace(IMPROVE, max_memory_ratio=1.1)).verdict == verdict


def test_what_cannot_be_judged() -> None:
    """Other machines' programs, projects without workloads, and a candidate that was not run."""
    assert judged(workload(0.2), mode="emulated").verdict == "not-applicable"
    assert judged(workload(0.2), mode="link-only").verdict == "not-applicable"
    gate = judged()
    assert (gate.verdict, "would go unseen" in gate.reason) == ("not-applicable", True)
    assert judged(before=[workload(0.1)]).verdict == "inconclusive"
    assert judge_workloads(library(), library(), IMPROVE, "native").verdict == "not-applicable"
    assert judged(workload(0.1, "fib"), before=[workload(0.1), workload(0.1, "lists")]).verdict == "inconclusive"


def test_workload_that_was_not_timed_on_both_sides_shows_nothing() -> None:
    """One that was added since, or that an interrupted step has not come to, is none that passes."""
    sides = side(workloads=[workload(0.1)]), side(workloads=[workload(0.1)])
    gate = judge_workloads(*sides, IMPROVE, "native", ["fib", "lists"])
    assert (gate.verdict, gate.reason) == ("inconclusive", "not timed on both sides: lists")
    assert judge_workloads(*sides, IMPROVE, "native", ["fib"]).verdict == "pass"
    assert judge_workloads(side(), side(), IMPROVE, "native", ["fib"]).verdict == "inconclusive"
    assert judge_workloads(side(), side(), IMPROVE, "native", []).verdict == "not-applicable"


def simulated(noise: Noise, ratio: float, seed: int) -> str:
    """Judge one workload of a candidate that truly takes `ratio` of the baseline's 20 ms."""
    plan = RoundsPlan(rounds=10, max_rounds=30, max_seconds=1e9)
    means = {"baseline": 0.02, "candidate": 0.02 * ratio, FLOOR: 1e-3}
    time_one = simulated_rounds(noise, means, random.Random(seed), runs=10)  # noqa: S311 - a simulation
    commands = {name: Command(argv=(name,), cwd=Path()) for name in ("baseline", "candidate")}

    def sides(rounds: Rounds) -> tuple[Workload, Workload]:
        summed = sum_up(commands, rounds, None, looks=plan.looks)
        return Workload(name="fib", times=summed["baseline"]), Workload(name="fib", times=summed["candidate"])

    def is_undecided(rounds: Rounds) -> bool:
        before, after = sides(rounds)
        return need_more_rounds(before, after, IMPROVE, among=1)

    taken = take_until_decided(
        ("baseline", "candidate", FLOOR),
        time_one,
        plan,
        is_undecided=is_undecided,
        on_round=lambda _done, _planned: None,
        clock=lambda: 0.0,
    )
    before, after = sides(taken)
    return judged(after, before=[before]).verdict


@pytest.mark.parametrize("noise", MACHINES.values(), ids=MACHINES)
def test_verdicts_err_seldom_on_any_machine(noise: Noise) -> None:
    """A twin never fails, 12% slower never passes, but for one in forty; a restful machine finds 20% nearly always."""
    count = 60
    twin, slower, slow = (Counter(simulated(noise, ratio, seed) for seed in range(count)) for ratio in (1.0, 1.12, 1.2))
    assert twin["fail"] <= 4
    assert slower["pass"] <= 4
    assert slow["pass"] == 0
    if noise in {MACHINES["quiet"], MACHINES["drifting"]}:
        assert slow["fail"] >= count * 0.9
