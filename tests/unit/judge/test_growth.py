"""Growth against its limits, what was accepted of it, and at which level it would be."""

from __future__ import annotations

import msgspec

from burnish.judge.budget import Budget, Growth
from burnish.judge.findings import gate_of
from burnish.judge.growth import (
    Accepted,
    levels_to_accept,
    limits_of_change,
    size_growth_findings,
    told_accepted,
)
from burnish.judge.instructions_gate import judge_instructions
from burnish.model import AcceptedGrowth, Counted, Estimate, Gate, Side, Startup, Workload

BUDGET = Budget(name="b", max_size_growth=Growth(fraction=0.01), max_startup_growth=0.05)
TO_1100 = AcceptedGrowth(name="size", level=1100, reason="a new parser", commit="0123456789abcdef")


def judged(size: int, before: int | None, accepted: AcceptedGrowth | None = None, lacking: str = "") -> Gate:
    """Return the gate of one finding on the size's growth."""
    entries = {accepted.name: accepted} if accepted else {}
    return gate_of("size", list(size_growth_findings(size, before, BUDGET, entries, lacking)))


def timed(mean: float, low: float, high: float) -> Startup:
    """Return times with a ratio to the baseline."""
    return Startup(
        mean_seconds=mean,
        ci95_seconds=(mean, mean),
        median_seconds=mean,
        runs=1,
        rounds=2,
        raw=[[mean], [mean]],
        command=["x"],
        ratio_to_baseline=Estimate(mean=mean, ci95=(low, high)),
    )


def side(size: int | None, startup: Startup | None = None, work: Startup | None = None) -> Side:
    """Return a side of a size."""
    workloads = [Workload(name="w", times=work)] if work else []
    return Side(command=[], build_seconds=1, artifact="x", size_bytes=size, startup=startup, workloads=workloads)


def test_size_may_grow_up_to_the_limit() -> None:
    """The limit itself passes, a byte more does not, and a smaller file always does."""
    assert (judged(1010, 1000).verdict, judged(1010, 1000).limit) == ("pass", 1010)
    beyond = judged(1011, 1000)
    assert (beyond.verdict, beyond.measured, beyond.limit) == ("fail", 1011, 1010)
    assert beyond.reason == "+11 B against the baseline (1.1%), 1 B more than 1% allow"
    assert judged(5, 1000).verdict == "pass"


def test_growth_that_was_accepted_passes_up_to_its_level() -> None:
    """Beyond the level it fails again; below the limit nothing is said of it."""
    assert judged(1100, 1000, TO_1100).verdict == "pass"
    assert (judged(1101, 1000, TO_1100).verdict, judged(1101, 1000, TO_1100).limit) == ("fail", 1100)
    assert judged(1010, 2000, TO_1100).limit == 2020


def test_reason_for_the_growth_stands_in_the_gate() -> None:
    """With the level and the commit, where the gate would not be met without it."""
    with_it, without = judged(1100, 1000, TO_1100), judged(1100, 1000)
    told = told_accepted(with_it, {"size": TO_1100}, without)
    assert told.reason.startswith("growth to 1,100 B is accepted by 0123456789ab: a new parser; +100 B against")
    assert told_accepted(without, {}, without) == without
    fine = judged(1000, 1000)
    assert told_accepted(fine, {"size": TO_1100}, fine) == fine
    times = AcceptedGrowth(name="startup", level=1.1, reason="why")
    startup = msgspec.structs.replace(without, name="startup")
    assert told_accepted(startup, {"startup": times}, startup).reason.startswith("growth of 10% is accepted: why; ")


def test_without_a_baseline_nothing_is_shown() -> None:
    """It says why there is none; where no limit is set, nothing is found."""
    assert judged(10, None, lacking="it does not build").verdict == "inconclusive"
    assert judged(10, None, lacking="it does not build").reason == "it does not build"
    assert list(size_growth_findings(10, None, Budget(name="b"), {})) == []
    assert list(size_growth_findings(None, 10, BUDGET, {})) == []


def test_tightest_limit_on_a_ratio_holds_and_what_is_accepted_lifts_it() -> None:
    """A ratio of 1.10 and a growth of 5% are 1.05; accepted growth of 20% makes them 1.20, and no limit out of none."""
    budget = msgspec.structs.replace(BUDGET, max_startup_ratio=1.1)
    assert limits_of_change(budget, {}).max_startup_ratio == 1.05
    accepted = AcceptedGrowth(name="startup", level=1.2, reason="why")
    assert limits_of_change(budget, {"startup": accepted}).max_startup_ratio == 1.2
    assert limits_of_change(budget, {"startup": accepted}).max_workload_ratio is None
    of_work = msgspec.structs.replace(BUDGET, max_workload_growth=0.02, max_workload_ratio=1.05)
    assert limits_of_change(of_work, {}).max_workload_ratio == 1.02


def test_levels_are_rounded_up_for_other_machines() -> None:
    """A size to the next thousand bytes, a time to the next 5%, by the upper end of its interval."""
    budget = msgspec.structs.replace(BUDGET, max_workload_ratio=1.05)
    after = side(1_234_567, timed(1.10, 1.08, 1.12), timed(1.3, 1.29, 1.301))
    assert levels_to_accept(side(1_000_000), after, budget) == {
        "size": 1_235_000.0,
        "startup": 1.15,
        "workloads": 1.35,
    }


def counted(*runs: int) -> Side:
    """Return a side whose start-up was counted so often."""
    return msgspec.structs.replace(side(1_000), instructions=[Counted(name="start-up", by="valgrind", runs=list(runs))])


def test_instructions_are_limited_and_accepted_as_times_are() -> None:
    """By the tighter of both limits; the level is rounded up to the next percent, and lifts the limit."""
    budget = Budget(name="b", max_instructions_ratio=1.5, max_instructions_growth=0.01)
    assert limits_of_change(budget, {}).max_instructions_ratio == 1.01
    before, after = counted(1000, 1001, 1000), counted(1043, 1044, 1043)
    assert levels_to_accept(before, after, budget) == {"instructions": 1.05}
    accepted: Accepted = {"instructions": AcceptedGrowth(name="instructions", level=1.05, reason="why")}
    limits = [limits_of_change(budget, {}), limits_of_change(budget, accepted)]
    gates = [judge_instructions(before, after, limit, "native") for limit in limits]
    assert [gate.verdict for gate in gates if gate] == ["fail", "pass"]
    assert levels_to_accept(before, side(1_000), budget) == {}
    assert levels_to_accept(before, counted(1005, 1006, 1005), budget) == {}


def test_nothing_is_accepted_that_was_not_shown() -> None:
    """Neither what is within its limit, nor what a busy machine cannot tell, nor anything without a baseline."""
    within = side(1_000, timed(1.02, 1.0, 1.04))
    assert levels_to_accept(side(1_000), within, BUDGET) == {}
    assert levels_to_accept(side(1_000), side(1_000, timed(1.2, 0.1, 5.0)), BUDGET) == {}
    assert levels_to_accept(None, side(9_000), BUDGET) == {}
    assert levels_to_accept(side(None), side(9_000), BUDGET) == {}
    assert levels_to_accept(side(1), side(9_000), Budget(name="b")) == {}
