"""Every gate of two sides: red when it must be, green on the untouched twin."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.judge.gates import Rebuilt, judge_build, judge_gates, judge_size
from burnish.judge.linkage_gate import LinkageWanted
from burnish.model import Bench, Benches, Gate, Side
from tests.unit.judge.sides import (
    DYNAMIC,
    STATIC,
    VERSION,
    library,
    run_of,
    side,
    startup,
    verdict_and_numbers,
    workload,
)

NO_LIMITS = Budget(name="none")
SHRINK = Budget(name="improve", size_must_shrink=True)


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
    """A library that no longer builds fails, for the first error that cargo names, though it never had a binary."""
    said = "warning: x\nerror[E0425]: gone\nerror: could not compile `tool`\nwarning: build failed, waiting\n"
    gate = judge_build(library(), library(built=False, build_error=said))
    assert (gate.verdict, gate.reason) == ("fail", "the candidate does not build: error[E0425]: gone")


@pytest.mark.parametrize("candidate", [side(built=False), library(built=False)])
def test_build_that_fails_without_a_word(candidate: Side) -> None:
    """Whether a side was built is cargo's exit status: an empty error text, or a file that came out, says nothing."""
    assert judge_build(side(), candidate).verdict == "fail"
    assert judge_build(library(), candidate).verdict == "fail"


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
    gate = judge_build(side(), side(), Rebuilt(built=True, sha256="f" * 64))
    assert gate.verdict == "pass"
    assert gate.reason.endswith("; built again from the written files it is the same file")


@pytest.mark.parametrize("judged", ["f" * 64, None])
def test_build_again_gives_another_file(judged: str | None) -> None:
    """A file that was judged and is not the user's fails, and so does one whose digest is not known."""
    gate = judge_build(side(), side(sha256=judged), Rebuilt(built=True, sha256="e" * 64))
    assert gate.verdict == "fail"
    assert "is another file: sha256 eeeeeeeeeeee instead of" in gate.reason


def test_build_again_that_fails() -> None:
    """What cannot be built again from the written files fails, whatever was built of it before."""
    gate = judge_build(side(), side(), Rebuilt(built=False, sha256="f" * 64, error="error: no space left"))
    assert (gate.verdict, gate.reason) == (
        "fail",
        "it does not build again from the written files: error: no space left",
    )


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


# all of them


def whole(**changes: Any) -> Side:
    """Return a side on which everything was measured, changed."""
    benches = Benches(measured=[Bench(id="eval", attempts=[1.0, 1.01, 1.02])])
    known = {"tests": run_of("a"), "benches": benches, "behaviour": [VERSION], "workloads": [workload(0.1)]}
    return side(**{**known, **changes})


def verdicts(candidate: Side, **arguments: Any) -> dict[str, str]:
    """Judge a candidate, and return the verdicts by name."""
    return {gate.name: gate.verdict for gate in judged(candidate, **arguments)}


def judged(candidate: Side, **arguments: Any) -> list[Gate]:
    """Judge a candidate against the whole baseline by every limit there is."""
    budget = Budget(
        name="all",
        max_size_bytes=900,
        max_startup_seconds=500e-6,
        size_must_shrink=True,
        startup_must_not_slow=True,
        max_workload_ratio=1.05,
    )
    wants = LinkageWanted(static=True, stripped=True)
    wanted = {"wants": wants, "mode": "native", "accepted": frozenset({"name-services"}), **arguments}
    return judge_gates(baseline=whole(), candidate=candidate, budget=budget, **wanted)


GOOD = {"size_bytes": 900, "linkage": STATIC, "startup": startup(300e-6)}
NAMES = ("build", "artifacts", "linkage", "behaviour", "size", "startup", "workloads", "tests", "benches")


def test_untouched_twin_passes_every_gate_in_order() -> None:
    """The gates stand in the order of the steps."""
    assert list(verdicts(whole(**GOOD)).items()) == [(name, "pass") for name in NAMES]


@pytest.mark.parametrize(
    ("gate", "change"),
    [
        ("artifacts", {"artifacts": []}),
        ("linkage", {"linkage": DYNAMIC}),
        ("linkage", {"linkage": replace(STATIC, is_pie=False)}),
        ("behaviour", {"behaviour": [replace(VERSION, stdout_sha256="x")]}),
        ("size", {"size_bytes": 901}),
        ("startup", {"startup": startup(0.02)}),
        ("workloads", {"workloads": [workload(0.12)]}),
        ("workloads", {"workloads": [workload(0.1, printed=["2" * 64])]}),
        ("workloads", {"workloads": [workload(0.1, times=None, failure="gave exit status 1 instead of 0")]}),
        ("tests", {"tests": run_of(failed="a")}),
        ("benches", {"benches": Benches(measured=[])}),
        ("benches", {"benches": Benches(measured=[Bench(id="eval", attempts=[2.0, 2.02, 2.04])])}),
    ],
)
def test_one_fault_turns_its_own_gate_red_and_no_other(gate: str, change: dict[str, Any]) -> None:
    """Each gate can fire, and only for its own reason."""
    expected = {name: "fail" if name == gate else "pass" for name in NAMES}
    assert verdicts(whole(**{**GOOD, **change})) == expected


def test_what_is_not_accepted_turns_the_linkage_gate_red() -> None:
    """A static file where the baseline loads name services is the user's to allow."""
    assert verdicts(whole(**GOOD), accepted=frozenset())["linkage"] == "fail"


def test_file_that_is_not_the_users_turns_the_build_gate_red() -> None:
    """The digest of the second build reaches the gate."""
    assert verdicts(whole(**GOOD), again=Rebuilt(built=True, sha256="other"))["build"] == "fail"


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, "pass", "the other file passes linkage, behaviour, size as well"),
        ({"size_bytes": 500_001}, "fail", "the other file does not pass size: "),
        ({"behaviour": [replace(VERSION, exit_status=7)]}, "fail", "the other file does not pass behaviour: "),
        ({"linkage": replace(STATIC, is_stripped=False)}, "fail", "the other file does not pass linkage: "),
        ({"linkage": replace(STATIC, defences=[])}, "fail", "the other file does not pass linkage: "),
        ({"linkage": None}, "inconclusive", "the other file does not pass linkage: "),
    ],
)
def test_other_file_of_a_project_that_never_reproduces_is_judged_by_the_rest(
    change: dict[str, Any], verdict: str, words: str
) -> None:
    """It is told that the baseline does not reproduce either, and the other file must pass as the first one did."""
    again = Rebuilt(built=True, sha256="other", side=whole(**{**GOOD, **change}))
    gate = judged(whole(**GOOD), again=again)[0]
    assert (gate.name, gate.verdict) == ("build", verdict)
    assert "this project never reproduces: two builds of the baseline differ too" in gate.reason
    assert words in gate.reason


def test_link_only_platform_is_judged_on_what_can_be_seen() -> None:
    """Build, artifacts, linkage and size are in the files; the rest would have to run."""
    candidate = side(size_bytes=900, linkage=STATIC, startup=None)
    seen = dict.fromkeys(("build", "artifacts", "linkage", "size"), "pass")
    assert verdicts(candidate, mode="link-only") == {name: seen.get(name, "not-applicable") for name in NAMES}
