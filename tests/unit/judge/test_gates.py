"""Every gate of two sides: red when it must be, green on the untouched twin."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.judge.findings import LINK_ONLY
from burnish.judge.gates import judge, judge_build, judge_size, judge_startup
from burnish.judge.linkage import LinkageWanted
from burnish.report.model import Bench, Benches, Gate, Side
from tests.unit.judge.sides import DYNAMIC, STATIC, VERSION, library, run_of, side, startup, verdict_and_numbers

NO_LIMITS = Budget(name="none")
SHRINK = Budget(name="improve", size_must_shrink=True)
NOT_SLOWER = Budget(name="improve", startup_must_not_slow=True)


# build


def test_build_with_a_binary_passes() -> None:
    """A build that gives the binary completes."""
    assert judge_build(side(), side()) == Gate(
        name="build",
        criterion="the release build completes",
        verdict="pass",
        measured=None,
        limit=None,
        unit="",
        reason="`target/release/tool` built in 2.0 s",
    )


def test_build_of_a_library_that_fails() -> None:
    """A library that no longer builds fails, in cargo's own last words, though it never had a binary."""
    gate = judge_build(library(), library(build_error="warning: x\nerror: could not compile `tool`\n"))
    assert (gate.verdict, gate.reason) == ("fail", "the candidate does not build: error: could not compile `tool`")


def test_build_of_a_library_passes() -> None:
    """A project without a binary has completed its build too."""
    gate = judge_build(library(), library())
    assert (gate.verdict, gate.reason) == ("pass", "library: it has no binary of its own; built in 2.0 s")


def test_build_that_lost_its_binary_fails() -> None:
    """What the baseline gave, the candidate gives."""
    gate = judge_build(side(), library())
    assert (gate.verdict, gate.reason) == (
        "fail",
        "no binary came out, where the baseline gave `target/release/tool`",
    )


def test_build_again_gives_the_same_file() -> None:
    """The judged file is the one that the user's own build gives."""
    gate = judge_build(side(), side(), "f" * 64)
    assert gate.verdict == "pass"
    assert gate.reason.endswith("; built again from the written files it is the same file")


@pytest.mark.parametrize("judged", ["f" * 64, None])
def test_build_again_gives_another_file(judged: str | None) -> None:
    """A file that was judged and is not the user's fails, and so does one whose digest is not known."""
    gate = judge_build(side(), side(sha256=judged), "e" * 64)
    assert gate.verdict == "fail"
    assert "is another file: sha256 eeeeeeeeeeee instead of" in gate.reason


# size


@pytest.mark.parametrize(("size", "verdict"), [(499_999, "pass"), (500_000, "pass"), (500_001, "fail")])
def test_size_equal_to_the_limit_passes_and_one_byte_more_fails(size: int, verdict: str) -> None:
    """The limit is the last size that passes."""
    budget = Budget(name="phase1", max_size_bytes=500_000)
    gate = judge_size(side(size_bytes=706_000), side(size_bytes=size), budget)
    assert verdict_and_numbers(gate) == (verdict, size, 500_000, "bytes")


def test_size_reason_gives_the_baseline_and_the_ratio() -> None:
    """The table's number is put beside the number before."""
    budget = Budget(name="phase1", max_size_bytes=500_000)
    gate = judge_size(side(size_bytes=706_000), side(size_bytes=473_368), budget)
    assert gate.criterion == "at most 500,000 B"
    assert gate.reason == "26,632 B under the limit; 473,368 B, 0.670 of the baseline's 706,000 B"


@pytest.mark.parametrize(("size", "verdict"), [(999, "pass"), (1000, "fail"), (1001, "fail")])
def test_size_must_be_strictly_smaller_than_the_baseline(size: int, verdict: str) -> None:
    """The same size is no improvement."""
    gate = judge_size(side(), side(size_bytes=size), SHRINK)
    assert verdict_and_numbers(gate) == (verdict, size, 1000, "bytes")


@pytest.mark.parametrize(
    ("size", "verdict", "limit"), [(800, "pass", 900), (950, "fail", 900), (850, "fail", 840), (840, "pass", 900)]
)
def test_size_with_both_limits_must_hold_both(size: int, verdict: str, limit: int) -> None:
    """The number shown is the limit that fails, the absolute one where neither does."""
    budget = Budget(name="both", max_size_bytes=900, size_must_shrink=True)
    before = 841 if limit == 900 else 840
    gate = judge_size(side(size_bytes=before), side(size_bytes=size), budget)
    assert (gate.verdict, gate.limit) == (verdict, limit)


def test_size_without_a_limit_is_told_and_does_not_apply() -> None:
    """The number stands in the table even where nothing is asked of it."""
    gate = judge_size(side(), side(size_bytes=900), NO_LIMITS)
    assert verdict_and_numbers(gate) == ("not-applicable", 900, None, "bytes")


def test_size_that_is_not_known_is_inconclusive() -> None:
    """A binary without a size, or a baseline without one, shows nothing."""
    assert judge_size(side(), side(size_bytes=None), SHRINK).verdict == "inconclusive"
    assert judge_size(side(size_bytes=None), side(), SHRINK).verdict == "inconclusive"
    assert judge_size(library(), library(), SHRINK).verdict == "not-applicable"


# startup

HALF_MS = Budget(name="phase1", max_startup_seconds=500e-6)


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((480e-6, 500e-6), "pass"),
        ((480e-6, 500.001e-6), "inconclusive"),
        ((500e-6, 520e-6), "inconclusive"),
        ((500.001e-6, 520e-6), "fail"),
        ((0.0, math.inf), "inconclusive"),
        ((math.nan, math.nan), "inconclusive"),
    ],
)
def test_startup_limit_is_judged_on_the_whole_interval(interval: tuple[float, float], verdict: str) -> None:
    """Below with its upper bound passes, above with its lower bound fails, and between the two nothing is shown."""
    candidate = replace(startup(490e-6), ci95_seconds=interval)
    gate = judge_startup(side(), side(startup=candidate), HALF_MS, "native")
    measured = interval[1] if math.isfinite(interval[1]) else None
    assert verdict_and_numbers(gate) == (verdict, measured, 500e-6, "s")


def test_startup_reason_gives_every_number() -> None:
    """Mean, interval, ratio with its interval, and the floor, whatever is judged."""
    gate = judge_startup(side(), side(startup=startup(300e-6, spread=0)), HALF_MS, "native")
    assert gate.criterion == "upper bound of the mean's 95% interval at most 500 us"
    assert gate.reason == (
        "the interval lies within the limit of 500 us; mean 300 us (95% interval 295 us to 305 us, "
        "10 rounds of 1 run), 0.750 (0.749 to 0.751) of the baseline, floor 112 us (static, no libc)"
    )


@pytest.mark.parametrize(
    ("mean", "verdict", "words"),
    [
        (300e-6, "pass", "not shown to be slower than the baseline, and is faster; "),
        (400e-6, "pass", "not shown to be slower than the baseline; "),
        (440e-6, "fail", "slower than the baseline; "),
    ],
)
def test_startup_must_not_be_slower_beyond_the_interval(mean: float, verdict: str, words: str) -> None:
    """Only a ratio whose whole interval is above 1 is held against the candidate."""
    gate = judge_startup(side(), side(startup=startup(mean)), NOT_SLOWER, "native")
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 1.0, "ratio")
    assert gate.measured == pytest.approx(mean / 400e-6, rel=1e-3)
    assert gate.reason.startswith(words)


def test_startup_slower_within_the_noise_passes() -> None:
    """A mean that is higher by less than the rounds scatter is no slow-down that was shown."""
    noisy = replace(startup(410e-6), raw=[[410e-6 + 60e-6 * (-1) ** number] for number in range(10)])
    gate = judge_startup(side(), side(startup=noisy), NOT_SLOWER, "native")
    assert gate.verdict == "pass"
    assert gate.measured == pytest.approx(1.014, abs=0.001)


def test_startup_with_both_limits_takes_the_worse_verdict_and_tells_both() -> None:
    """Neither limit hides the other."""
    both = replace(HALF_MS, startup_must_not_slow=True)
    slower = judge_startup(side(), side(startup=startup(450e-6)), both, "native")
    assert (slower.verdict, slower.unit) == ("fail", "ratio")
    assert slower.reason.startswith("the interval lies within the limit of 500 us; slower than the baseline; ")
    above = judge_startup(side(startup=startup(700e-6)), side(startup=startup(600e-6)), both, "native")
    assert (above.verdict, above.unit) == ("fail", "s")
    undecided = judge_startup(side(startup=startup(700e-6)), side(startup=startup(500e-6)), both, "native")
    assert (undecided.verdict, undecided.unit) == ("inconclusive", "s")


@pytest.mark.parametrize("raw", [[], [[400e-6]], [[400e-6]] * 9, [[400e-6]] * 9 + [[0.0]]])
def test_startup_whose_rounds_do_not_pair_gives_no_ratio(raw: list[list[float]]) -> None:
    """No round, another number of them or a broken one shows nothing relative."""
    gate = judge_startup(side(), side(startup=replace(startup(400e-6), raw=raw)), NOT_SLOWER, "native")
    assert (gate.verdict, gate.measured) == ("inconclusive", None)


def test_startup_of_a_single_round_each_gives_no_interval() -> None:
    """One pair has a ratio and no interval, and so decides nothing."""
    once = replace(startup(400e-6), raw=[[400e-6]])
    gate = judge_startup(side(startup=once), side(startup=once), NOT_SLOWER, "native")
    assert gate.verdict == "inconclusive"
    assert "1.000 (one pair, so no interval) of the baseline" in gate.reason


def test_startup_without_an_interval_says_so() -> None:
    """An unbounded interval is no number to print."""
    once = replace(startup(400e-6), ci95_seconds=(-math.inf, math.inf))
    gate = judge_startup(side(), side(startup=once), HALF_MS, "native")
    assert "mean 400 us (no interval, 10 rounds of 1 run)" in gate.reason


def test_startup_without_baseline_or_floor_is_judged_on_the_limit() -> None:
    """An absolute limit needs the candidate only; what is not known is said."""
    gate = judge_startup(side(startup=None), side(startup=startup(300e-6, floor=False)), HALF_MS, "native")
    assert gate.verdict == "pass"
    assert gate.reason.endswith("ratio to the baseline not known, floor not measured")


def test_startup_that_cannot_be_timed_here_does_not_apply() -> None:
    """Emulation measures the emulator; a binary that cannot run has no start-up; and no limit is no verdict."""
    assert judge_startup(side(), side(), HALF_MS, "emulated").verdict == "not-applicable"
    assert judge_startup(side(), side(), HALF_MS, "link-only").reason == LINK_ONLY
    assert judge_startup(library(), library(), HALF_MS, "native").reason == "there is no binary"
    assert judge_startup(side(), side(), NO_LIMITS, "native").verdict == "not-applicable"


def test_startup_that_was_not_measured_is_inconclusive() -> None:
    """A binary that runs here is timed, or nothing is shown."""
    assert judge_startup(side(), side(startup=None), HALF_MS, "native").verdict == "inconclusive"


# all of them


def whole(**changes: Any) -> Side:
    """Give a side on which everything was measured, changed."""
    benches = Benches(measured=[Bench(id="eval", attempts=[1.0, 1.01, 1.02])])
    return side(**{"tests": run_of("a"), "benches": benches, "behaviour": [VERSION], **changes})


def verdicts(candidate: Side, **arguments: Any) -> dict[str, str]:
    """Judge a candidate against the whole baseline by every limit there is."""
    budget = Budget(
        name="all", max_size_bytes=900, max_startup_seconds=500e-6, size_must_shrink=True, startup_must_not_slow=True
    )
    wanted = {"wants": LinkageWanted(static=True, stripped=True), "mode": "native", **arguments}
    return {gate.name: gate.verdict for gate in judge(baseline=whole(), candidate=candidate, budget=budget, **wanted)}


GOOD = {"size_bytes": 900, "linkage": STATIC, "startup": startup(300e-6)}
NAMES = ("build", "linkage", "behaviour", "size", "startup", "tests", "benches")


def test_untouched_twin_passes_every_gate_in_order() -> None:
    """The gates stand in the order of the steps."""
    assert list(verdicts(whole(**GOOD)).items()) == [(name, "pass") for name in NAMES]


@pytest.mark.parametrize(
    ("gate", "change"),
    [
        ("linkage", {"linkage": DYNAMIC}),
        ("behaviour", {"behaviour": [replace(VERSION, stdout_sha256="x")]}),
        ("size", {"size_bytes": 901}),
        ("startup", {"startup": startup(0.02)}),
        ("tests", {"tests": run_of(failed="a")}),
        ("benches", {"benches": Benches(measured=[])}),
        ("benches", {"benches": Benches(measured=[Bench(id="eval", attempts=[2.0, 2.02, 2.04])])}),
    ],
)
def test_one_fault_turns_its_own_gate_red_and_no_other(gate: str, change: dict[str, Any]) -> None:
    """Each gate can fire, and only for its own reason."""
    expected = {name: "fail" if name == gate else "pass" for name in NAMES}
    assert verdicts(whole(**{**GOOD, **change})) == expected


def test_file_that_is_not_the_users_turns_the_build_gate_red() -> None:
    """The digest of the second build reaches the gate."""
    assert verdicts(whole(**GOOD), artifact_sha256_again="other")["build"] == "fail"


def test_link_only_platform_is_judged_on_what_can_be_seen() -> None:
    """Build, linkage and size are in the file; the rest would have to run."""
    candidate = side(size_bytes=900, linkage=STATIC, startup=None)
    seen = dict.fromkeys(("build", "linkage", "size"), "pass")
    assert verdicts(candidate, mode="link-only") == {name: seen.get(name, "not-applicable") for name in NAMES}
