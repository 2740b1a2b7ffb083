"""Every gate of two sides: red when it must be, green on the untouched twin."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.judge.findings import LINK_ONLY
from burnish.judge.gates import (
    LinkageWanted,
    judge,
    judge_behaviour,
    judge_build,
    judge_linkage,
    judge_size,
    judge_startup,
    judge_tests,
)
from burnish.report import model
from burnish.report.model import Behaviour, Bench, Benches, Floor, Gate, Linkage, Side, Startup, Timing

DYNAMIC = Linkage(
    format="elf",
    architecture="x86_64",
    interpreter="/lib64/ld-linux-x86-64.so.2",
    needed=["libc.so.6", "libgcc_s.so.1"],
    is_static=False,
    is_stripped=False,
    is_pie=True,
)
STATIC = replace(DYNAMIC, interpreter=None, needed=[], is_static=True, is_stripped=True)
VERSION = Behaviour(
    args=["--version"], exit_status=0, stdout_sha256="a", stderr_sha256="b", stdout_head="tool 1.0\n", stderr_head=""
)
DIVIDE = Behaviour(
    args=["-c", "1 // 0"], exit_status=1, stdout_sha256="c", stderr_sha256="d", stdout_head="", stderr_head="error\n"
)
NO_LIMITS = Budget(name="none")
SHRINK = Budget(name="improve", size_must_shrink=True)
NOT_SLOWER = Budget(name="improve", startup_must_not_slow=True)


def startup(mean: float, *, half: float = 5e-6, spread: float = 1.0, floor: bool = True) -> Startup:
    """Give ten rounds of one run; each round's mean lies near `mean`, in a fixed zigzag of `spread` microseconds."""
    raw = [[mean + spread * 1e-6 * (-1) ** number] for number in range(10)]
    timing = Timing(
        command=["floor"],
        mean_seconds=112e-6,
        ci95_seconds=(1e-4, 1.2e-4),
        median_seconds=112e-6,
        runs=1,
        rounds=10,
        raw=[[112e-6]] * 10,
    )
    return Startup(
        mean_seconds=mean,
        ci95_seconds=(mean - half, mean + half),
        median_seconds=mean,
        runs=1,
        rounds=10,
        raw=raw,
        command=["tool", "--version"],
        floor=Floor(kind="static, no libc", timing=timing) if floor else None,
    )


def run_of(
    passed: str = "", failed: str = "", ignored: str = "", retried: str = "", *, timed_out: bool = False
) -> model.Tests:
    """Give a test run from names between blanks."""
    return model.Tests(
        command=["cargo", "test"],
        passed=passed.split(),
        failed=failed.split(),
        ignored=ignored.split(),
        retried=retried.split(),
        timed_out=timed_out,
        seconds=1.0,
    )


def side(**changes: Any) -> Side:
    """Give a side with a binary of 1000 bytes, changed."""
    values = {"command": ["cargo", "build"], "build_seconds": 2.0, "artifact": "target/release/tool"}
    measured = {"size_bytes": 1000, "sha256": "f" * 64, "linkage": DYNAMIC, "startup": startup(400e-6)}
    return Side(**{**values, **measured, **changes})


def library(**changes: Any) -> Side:
    """Give a side without a binary."""
    return side(artifact=None, size_bytes=None, sha256=None, linkage=None, startup=None, **changes)


def verdict_and_numbers(gate: Gate) -> tuple[str, float | None, float | None, str]:
    """Give what the table shows of a gate, without its words."""
    return gate.verdict, gate.measured, gate.limit, gate.unit


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


# linkage


def test_linkage_static_as_asked_passes() -> None:
    """No interpreter and no needed library is static."""
    gate = judge_linkage(side(linkage=STATIC), LinkageWanted(static=True, stripped=True))
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "shared libraries")
    assert gate.criterion == "static: no interpreter and no shared library; stripped: no symbol table"
    assert gate.reason == (
        "static, as asked; stripped, as asked; elf x86_64, no interpreter, needs no shared library, no symbol table"
    )


@pytest.mark.parametrize("change", [{"interpreter": "/lib/ld.so"}, {"needed": ["libc.so.6"]}])
def test_linkage_dynamic_where_static_was_asked_fails(change: dict[str, Any]) -> None:
    """What the file itself shows counts, not what was asked nor what the file is said to be."""
    gate = judge_linkage(side(linkage=replace(STATIC, **change)), LinkageWanted(static=True))
    assert (gate.verdict, gate.measured) == ("fail", len(change.get("needed", [])))
    assert gate.reason.startswith("asked to be static, and is not; ")


def test_linkage_with_symbols_where_stripped_was_asked_fails() -> None:
    """A symbol table is left when the linker did not strip, although the link is static."""
    gate = judge_linkage(side(linkage=replace(STATIC, is_stripped=False)), LinkageWanted(static=True, stripped=True))
    assert gate.verdict == "fail"
    assert gate.reason.startswith("static, as asked; asked to be stripped, and has a symbol table; ")


def test_linkage_that_nothing_asks_for_passes_and_is_told() -> None:
    """What the binary needs is told anyway."""
    gate = judge_linkage(side(), LinkageWanted())
    assert (gate.verdict, gate.reason) == (
        "pass",
        (
            "the recipe asks for nothing here; "
            "elf x86_64, interpreter /lib64/ld-linux-x86-64.so.2, needs libc.so.6, libgcc_s.so.1, a symbol table"
        ),
    )


def test_linkage_without_a_binary_does_not_apply() -> None:
    """A library is linked by its user."""
    gate = judge_linkage(library(), LinkageWanted(static=True))
    assert (gate.verdict, gate.reason) == ("not-applicable", "there is no binary")


def test_linkage_that_cannot_be_read_is_inconclusive_where_something_is_asked() -> None:
    """Static is seen, not assumed."""
    assert judge_linkage(side(linkage=None), LinkageWanted(stripped=True)).verdict == "inconclusive"
    assert judge_linkage(side(linkage=None), LinkageWanted()).verdict == "not-applicable"


# behaviour


def behaviour_gate(before: list[Behaviour], after: list[Behaviour]) -> Gate:
    """Judge these observations."""
    return judge_behaviour(side(behaviour=before), side(behaviour=after), "native")


def test_same_behaviour_passes() -> None:
    """Both commands gave the same on both sides; heads are for people and are not compared."""
    gate = behaviour_gate([VERSION, DIVIDE], [VERSION, replace(DIVIDE, stderr_head="other")])
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "commands")
    assert gate.reason == "the same on 2 commands"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exit_status": 101}, "exit status 101, was 1"),
        ({"stdout_sha256": "x", "stdout_head": "hello"}, "stdout `hello`, was empty"),
        ({"stderr_sha256": "x", "stderr_head": "panic"}, "stderr `panic`, was `error\n`"),
        ({"timed_out": True}, "ended by its time limit in the candidate only"),
        (
            {"exit_status": -6, "stderr_sha256": "x", "stderr_head": ""},
            "exit status -6, was 1; stderr empty, was `error\n`",
        ),
    ],
)
def test_other_behaviour_fails(change: dict[str, Any], words: str) -> None:
    """The first command that differs is named, and how it differs."""
    gate = behaviour_gate([VERSION, DIVIDE, DIVIDE], [VERSION, replace(DIVIDE, **change), replace(DIVIDE, **change)])
    assert verdict_and_numbers(gate) == ("fail", 2, 0, "commands")
    assert gate.reason == f"with the arguments `-c '1 // 0'`: {words}"


def test_behaviour_that_cannot_be_compared_is_inconclusive() -> None:
    """A command that hangs on both sides, or that was run on one only, shows nothing."""
    hung = replace(VERSION, timed_out=True)
    assert behaviour_gate([hung], [hung]).verdict == "inconclusive"
    assert behaviour_gate([VERSION, DIVIDE], [VERSION]).verdict == "inconclusive"
    assert behaviour_gate([VERSION], [DIVIDE]).verdict == "inconclusive"


def test_behaviour_failure_is_not_hidden_by_what_cannot_be_compared() -> None:
    """The worst of the commands decides."""
    hung = replace(VERSION, timed_out=True)
    assert behaviour_gate([hung, DIVIDE], [hung, replace(DIVIDE, exit_status=0)]).verdict == "fail"


def test_behaviour_without_arguments_is_named_so() -> None:
    """An empty argument list is no empty pair of quotes."""
    bare = replace(VERSION, args=[])
    gate = behaviour_gate([bare], [replace(bare, exit_status=2)])
    assert gate.reason == "without arguments: exit status 2, was 0"


def test_behaviour_does_not_apply_without_binary_or_commands() -> None:
    """Nothing was run."""
    assert judge_behaviour(library(), library(), "native").reason == "there is no binary"
    assert behaviour_gate([], []).verdict == "not-applicable"
    assert judge_behaviour(side(), side(), "link-only").reason == LINK_ONLY


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


# tests


def judged_tests(before: model.Tests | None, after: model.Tests | None, min_tests: int = 0) -> Gate:
    """Judge these test runs."""
    budget = Budget(name="tests", min_tests=min_tests)
    return judge_tests(side(tests=before), side(tests=after), budget, "native")


def test_same_tests_pass() -> None:
    """Every name that passed passes; new names and ignored ones change nothing."""
    gate = judged_tests(run_of("a b", ignored="i"), run_of("b a new", ignored="i"))
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "tests lost")
    assert gate.reason == "none lost; 3 tests passed, 2 in the baseline"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (run_of("a", failed="b"), "no longer passing: b; "),
        (run_of("a new"), "vanished: b; "),
        (run_of("a", ignored="b"), "no longer passing: b; "),
        (run_of("a", timed_out=True), "vanished: b; "),
    ],
)
def test_lost_test_fails(after: model.Tests, words: str) -> None:
    """A test that passed fails, is gone, is ignored or was not reached: it is named, whatever the count is."""
    gate = judged_tests(run_of("a b"), after)
    assert verdict_and_numbers(gate) == ("fail", 1, 0, "tests lost")
    assert gate.reason.startswith(words)


def test_lost_tests_are_named_five_and_counted() -> None:
    """A suite that breaks as a whole gives one readable line."""
    gate = judged_tests(run_of("t1 t2 t3 t4 t5 t6 t7"), run_of(failed="t7 t6 t5 t4 t3 t2 t1"))
    assert gate.reason == ("no longer passing: t1, t2, t3, t4, t5 and 2 more; 0 tests passed, 7 in the baseline")


def test_long_test_name_is_clipped() -> None:
    """A name of any length fits the line."""
    gate = judged_tests(run_of("x" * 5000), run_of())
    assert gate.reason.startswith(f"vanished: {'x' * 117}...; ")


def test_baseline_failures_are_listed_and_not_held_against_the_candidate() -> None:
    """What failed or flaked before is not the recipe's doing."""
    gate = judged_tests(run_of("a", failed="bad", retried="flaky"), run_of("a", failed="bad flaky"))
    assert gate.verdict == "pass"
    assert gate.reason == (
        "none lost; 1 test passed, 2 in the baseline; failing in the baseline already: bad; "
        "flaky in the baseline: flaky"
    )


def test_failure_that_passes_when_run_again_is_flaky_and_no_loss() -> None:
    """A new failure is believed only when it stays."""
    gate = judged_tests(run_of("a b"), run_of("a", retried="b"))
    assert gate.verdict == "pass"
    assert gate.reason.endswith("; passed only when run again: b")


def test_time_limit_that_lost_no_test_passes_and_is_told() -> None:
    """A suite that hangs on both sides, after the same tests, has lost none."""
    gate = judged_tests(run_of("a", timed_out=True), run_of("a", timed_out=True))
    assert gate.verdict == "pass"
    assert gate.reason.endswith("; the baseline was ended by its time limit; the candidate was ended by its time limit")


@pytest.mark.parametrize(("passed", "verdict"), [("a b", "pass"), ("a b c", "pass"), ("a", "fail"), ("", "fail")])
def test_minimum_count_is_held(passed: str, verdict: str) -> None:
    """At least as many as the budget asks for pass, even where the baseline has fewer."""
    gate = judged_tests(run_of(), run_of(passed), min_tests=2)
    assert gate.verdict == verdict
    if verdict == "fail":
        assert verdict_and_numbers(gate) == ("fail", len(passed.split()), 2, "tests")


def test_no_tests_at_all_do_not_apply_unless_some_are_asked_for() -> None:
    """A project without tests has none to lose; a budget that wants some is not met by silence."""
    assert judged_tests(None, None).reason == "the project has no tests"
    assert judged_tests(run_of(), run_of()).verdict == "not-applicable"
    assert judged_tests(run_of(), run_of(), min_tests=1).verdict == "fail"
    assert judged_tests(None, None, min_tests=1).verdict == "inconclusive"


def test_tests_run_on_one_side_only_are_inconclusive() -> None:
    """Nothing can be joined."""
    assert judged_tests(run_of("a"), None).reason == "not run on the candidate"
    assert judged_tests(None, run_of("a")).reason == "not run on the baseline"


def test_tests_of_a_platform_that_cannot_run_do_not_apply() -> None:
    """Nothing runs where it is only linked for."""
    assert judge_tests(side(tests=run_of("a")), side(), NO_LIMITS, "link-only").reason == LINK_ONLY


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
