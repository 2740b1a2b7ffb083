"""The benches gate: intervals decide, and every bench of the baseline is accounted for."""

from __future__ import annotations

import pytest

from burnish.judge.benches_gate import judge_benches, require_judged, undecided
from burnish.judge.budget import BenchExpectation, Budget
from burnish.judge.findings import LINK_ONLY
from burnish.model import Bench, Benches, Gate, Side

BUDGET = Budget(name="bench", bench_tolerance=0.10)
STEADY = [1.00, 1.01, 0.99]


def side(
    attempts: dict[str, list[float]] | None, not_judged: dict[str, str] | None = None, looks: tuple[int, ...] = ()
) -> Side:
    """Return a side with these benches, or none that was run."""
    benches = None
    if attempts is not None:
        measured = [Bench(id=name, attempts=times) for name, times in attempts.items()]
        benches = Benches(measured=measured, not_judged=not_judged or {}, looks=list(looks))
    return Side(command=["cargo", "build"], build_seconds=1.0, benches=benches)


def scaled(factor: float, times: list[float] = STEADY) -> list[float]:
    """Return times that are longer by a factor."""
    return [factor * time for time in times]


def gate(before: dict[str, list[float]], after: dict[str, list[float]] | None) -> Gate:
    """Judge these attempts."""
    return judge_benches(side(before), side(after), BUDGET, "native")


def test_unchanged_bench_passes() -> None:
    """The twin: the same times pass, whatever bench the candidate has beside them."""
    judged = gate({"eval": STEADY}, {"eval": STEADY, "new": STEADY})
    assert judged == Gate(
        name="benches",
        criterion="no bench slower than 1.10 times the baseline",
        verdict="pass",
        measured=1.0,
        limit=1.1,
        unit="ratio",
        reason="1 unchanged within the tolerance: eval 1.000 (1.000 to 1.000); "
        "low ends at 97.50%, high ends at 97.50%: wrong in at most 2.5% each way",
    )


@pytest.mark.parametrize(("factor", "verdict"), [(1.0999, "pass"), (1.1001, "fail"), (2.0, "fail"), (0.5, "pass")])
def test_bench_beyond_the_tolerance_fails(factor: float, verdict: str) -> None:
    """Slower by more than the tolerance, with its whole interval; less does not fail."""
    judged = gate({"eval": STEADY}, {"eval": scaled(factor)})
    assert (judged.verdict, judged.limit) == (verdict, 1.1)
    assert judged.measured == pytest.approx(factor)


def test_slower_bench_whose_interval_reaches_the_tolerance_is_inconclusive() -> None:
    """The point lies beyond, the interval does not wholly: neither shown nor refuted."""
    judged = gate({"eval": STEADY}, {"eval": [1.0, 1.2, 1.4]})
    assert judged.verdict == "inconclusive"
    assert judged.reason.startswith("1 not decided: eval 1.189 (0.773 to 1.828)")


def test_noisy_bench_is_not_shown_to_be_within_the_tolerance() -> None:
    """A point within the tolerance shows nothing while the interval reaches beyond it."""
    judged = gate({"eval": STEADY}, {"eval": [0.7, 1.0, 1.3]})
    assert judged.verdict == "inconclusive"
    assert judged.reason.startswith("1 not decided: eval 0.969 (")


def test_speed_up_passes_and_is_told() -> None:
    """Only the slow side is held against the candidate."""
    judged = gate({"eval": STEADY}, {"eval": scaled(0.8)})
    assert judged.verdict == "pass"
    assert judged.reason.startswith("1 faster: eval 0.800 (0.800 to 0.800); ")


@pytest.mark.parametrize("after", [{}, {"other": STEADY}, {"eval": []}])
def test_vanished_bench_fails(after: dict[str, list[float]]) -> None:
    """A bench that gives no time any more hides its own slow-down."""
    judged = gate({"eval": STEADY}, after)
    assert (judged.verdict, judged.measured) == ("fail", None)
    assert judged.reason.startswith("1 vanished: eval; ")


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_single_attempt_shows_nothing_and_says_so(factor: float) -> None:
    """One process is one sample of layouts, and tells nothing of how far another would be from it."""
    judged = gate({"eval": [1.0]}, {"eval": [factor]})
    assert judged.verdict == "inconclusive"
    assert f"eval {factor:.3f} (one pair, so no interval)" in judged.reason


@pytest.mark.parametrize("times", [[1.0, 1.0], [1.0, 0.0, 1.0], [1.0, float("nan"), 1.0], [1.0, float("inf"), 1.0]])
def test_attempts_that_do_not_pair_are_inconclusive(times: list[float]) -> None:
    """Another number of attempts, or what is no time, shows nothing."""
    judged = gate({"eval": STEADY}, {"eval": times})
    assert (judged.verdict, judged.measured) == ("inconclusive", None)
    assert judged.reason.startswith("1 not decided: eval; ")


def test_worst_bench_gives_the_verdict_and_the_number() -> None:
    """One slow bench among fast ones is enough, and every group is told, the worst first."""
    before = dict.fromkeys(["fast", "same", "slow", "slower"], STEADY)
    after = {"fast": scaled(0.5), "same": STEADY, "slow": scaled(1.3), "slower": scaled(1.6)}
    judged = gate(before, after)
    assert judged.verdict == "fail"
    assert judged.measured == pytest.approx(1.6)
    assert judged.reason == (
        "2 slower: slower 1.600 (1.600 to 1.600), slow 1.300 (1.300 to 1.300); 1 faster: fast 0.500 (0.500 to 0.500); "
        "1 unchanged within the tolerance: same 1.000 (1.000 to 1.000); "
        "low ends at 99.38%, high ends at 97.50%: wrong in at most 2.5% each way, 4 benches counted"
    )


def test_many_benches_need_more_evidence_each_to_fail() -> None:
    """A ratio whose interval lies beyond the tolerance alone is not shown among twenty."""
    noisy = [1.17, 1.20, 1.23]
    alone = gate({"eval": [1.0] * 3}, {"eval": noisy})
    others = {f"bench{number}": STEADY for number in range(19)}
    among = gate({"eval": [1.0] * 3, **others}, {"eval": noisy, **others})
    assert (alone.verdict, among.verdict) == ("fail", "inconclusive")


def test_many_benches_need_no_more_evidence_each_to_pass() -> None:
    """All must be shown for the gate to pass, so that none of them passes more easily for being one of many."""
    noisy = [1.00, 1.02, 0.98]
    others = {f"bench{number}": STEADY for number in range(19)}
    alone = gate({"eval": [1.0] * 3}, {"eval": noisy})
    among = gate({"eval": [1.0] * 3, **others}, {"eval": noisy, **others})
    assert (alone.verdict, among.verdict) == ("pass", "pass")


LOOKS = (3, 6)


def looked_at(after: list[float]) -> Gate:
    """Judge one bench against steady attempts, at three and at six attempts."""
    before = side({"eval": [1.0] * len(after)}, looks=LOOKS)
    return judge_benches(before, side({"eval": after}, looks=LOOKS), BUDGET, "native")


def test_first_look_that_decides_is_final() -> None:
    """What was shown at three attempts stays so, whatever the attempts after it say."""
    assert looked_at([1.0, 1.001, 0.999, 9.0, 9.0, 9.0]).verdict == "pass"
    assert looked_at([2.0, 2.001, 1.999, 1.0, 1.0, 1.0]).verdict == "fail"


def test_further_look_decides_what_the_first_could_not() -> None:
    """Three noisy attempts show nothing, six do; four are no planned look."""
    noisy = [1.04, 0.96, 1.0]
    assert looked_at(noisy).verdict == "inconclusive"
    assert looked_at([*noisy, 1.0]).verdict == "inconclusive"
    decided = looked_at([*noisy, *noisy])
    assert decided.verdict == "pass"
    assert decided.reason.endswith(
        "low ends at 98.75%, high ends at 98.75%: wrong in at most 2.5% each way, 2 looks counted"
    )


def test_undecided_benches_are_those_that_more_attempts_could_decide() -> None:
    """What is shown, refuted or gone is not run again."""
    before = dict.fromkeys(["shown", "slow", "gone", "open"], STEADY)
    after = {"shown": STEADY, "slow": scaled(2.0), "open": [0.8, 1.0, 1.3]}
    assert undecided(side(before), side(after), BUDGET) == {"open"}


def expecting(nanoseconds: float, after: dict[str, list[float]], bench: str = "execute simple") -> Gate:
    """Judge the candidate's benches by what is expected of one, 10% more at most."""
    expected = BenchExpectation(bench=bench, seconds=nanoseconds * 1e-9)
    budget = Budget(name="bench", benches=(expected,))
    return judge_benches(side(after), side(after), budget, "native")


@pytest.mark.parametrize(
    ("nanoseconds", "verdict"), [(293, "pass"), (400, "pass"), (267, "pass"), (260, "fail"), (265.7, "inconclusive")]
)
def test_expected_time_is_judged_by_the_interval_of_the_mean(nanoseconds: float, verdict: str) -> None:
    """A bench may take a tenth more than is expected of it, and as much less as it likes."""
    judged = expecting(nanoseconds, {"api/execute simple": [292e-9, 292.5e-9, 292.2e-9]})
    assert judged.verdict == verdict


def test_expected_time_is_told_with_its_interval() -> None:
    """The number, what was expected and the limit stand in the reason and in the gate."""
    judged = expecting(200, {"api/execute simple": [292e-9, 293e-9, 294e-9]})
    assert judged.criterion.endswith("; execute simple at most 220 ns")
    assert "api/execute simple takes 293 ns (289.4 ns to 295.5 ns), expected 200 ns" in judged.reason
    assert [judged.measured, judged.limit] == pytest.approx([293e-9, 220e-9])
    assert judged.unit == "s"


def test_expected_bench_that_was_not_measured_shows_nothing() -> None:
    """A name that no bench has is not passed over, and the nearest is named."""
    judged = expecting(293, {"api/execute": STEADY}, bench="api/exekute")
    assert judged.verdict == "inconclusive"
    assert 'no bench api/exekute was measured (did you mean "api/execute"?)' in judged.reason


def test_benches_are_named_five_and_counted() -> None:
    """A hundred benches give one readable line."""
    many = {f"bench{number:03}": STEADY for number in range(100)}
    judged = gate(many, many)
    assert judged.reason.startswith("100 unchanged within the tolerance: bench000 1.000 (1.000 to 1.000), bench001")
    assert " and 95 more; " in judged.reason


def test_benches_that_are_not_judged_are_named_with_the_reason() -> None:
    """Another harness is not ignored in silence, on either side, with or without judged ones."""
    skipped = {"old": "libtest's own harness"}
    judged = judge_benches(side({"eval": STEADY}), side({"eval": STEADY}, skipped), BUDGET, "native")
    assert judged.reason.endswith("; not judged: old (libtest's own harness)")
    alone = judge_benches(side({}, skipped), side({}, skipped), BUDGET, "native")
    assert (alone.verdict, alone.reason) == (
        "not-applicable",
        "no bench to compare; not judged: old (libtest's own harness)",
    )


def test_benches_that_were_not_run() -> None:
    """Without benches there is nothing to compare; with some, a candidate that was not benched shows nothing."""
    assert judge_benches(side(None), side(None), BUDGET, "native").verdict == "not-applicable"
    assert gate({"eval": STEADY}, None).verdict == "inconclusive"
    assert judge_benches(side({"eval": STEADY}), side(None), BUDGET, "link-only").reason == LINK_ONLY


@pytest.mark.parametrize("unread_in", [0, 1])
def test_bench_that_cargo_runs_and_nobody_read_is_inconclusive(unread_in: int) -> None:
    """It is neither missing nor shown to be as fast: a change is not kept on the word of the other benches."""
    sides = [side({"eval": STEADY}), side({"eval": STEADY})]
    sides[unread_in] = Side(
        command=[], build_seconds=1.0, benches=Benches(measured=[Bench(id="eval", attempts=STEADY)], unread=["p/words"])
    )
    judged = judge_benches(sides[0], sides[1], BUDGET, "native")
    assert judged.verdict == "inconclusive"
    assert "run by `cargo bench`, and without results that can be compared: p/words" in judged.reason


def test_bench_that_nobody_read_is_never_not_applicable() -> None:
    """Also where there is no other bench to compare."""
    alone = Side(command=[], build_seconds=1.0, benches=Benches(measured=[], unread=["p/words"]))
    assert judge_benches(alone, alone, BUDGET, "native").verdict == "inconclusive"


def test_candidate_that_rests_on_benches_is_not_kept_where_none_was_judged() -> None:
    """Nothing shows that it is as fast; where benches were judged, they decide."""
    unjudged = require_judged(gate({}, {}))
    assert (unjudged.verdict, "speed is not accepted" in unjudged.reason) == ("inconclusive", True)
    judged = gate({"eval": STEADY}, {"eval": STEADY})
    assert require_judged(judged) == judged
