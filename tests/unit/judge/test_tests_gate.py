from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from burnish import model
from burnish.judge.budget import Budget
from burnish.judge.findings import LINK_ONLY
from burnish.judge.tests_gate import judge_suite, judge_tests
from burnish.model import Gate
from tests.unit.judge.sides import run_of, side, verdict_and_numbers


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
    assert gate.reason.endswith("; flaky, passed when run again: b")


def test_test_that_passes_in_the_projects_own_folder_only_has_passed() -> None:
    """What fails by our choice of a folder is no failure of the baseline: it is told, and its loss is one."""
    before = msgspec.structs.replace(run_of("a b"), elsewhere=["b"])
    kept, lost = judged_tests(before, run_of("a b")), judged_tests(before, run_of("a", failed="b"))
    assert (kept.verdict, lost.verdict) == ("pass", "fail")
    told = "passing in the project's own target folder only: b"
    assert kept.reason == f"none lost; 2 tests passed, 2 in the baseline; {told}"
    assert lost.reason == f"no longer passing: b; 1 test passed, 2 in the baseline; {told}"


def test_target_that_does_not_build_before_either_is_told() -> None:
    """The others are judged, and the compiler's first error is named."""
    note = "   Compiling x\nerror[E0425]: cannot find function `gone`\n  --> a.rs:1:2\nerror: could not compile `x`"
    before, after = (msgspec.structs.replace(tests, note=note) for tests in (run_of("a b"), run_of("a", failed="b")))
    gate = judged_tests(before, after)
    assert gate.verdict == "fail"
    assert gate.reason.endswith("; not all could be built: error[E0425]: cannot find function `gone` (a.rs:1:2)")


def test_process_that_fails_where_each_of_its_tests_passes_is_lost() -> None:
    """A suite whose process ends badly fails for its user, whatever its tests say; not where it did before."""
    before = run_of("s::a s::b")
    gate = judged_tests(before, run_of("s::a s::b", failed="s::(process)"))
    assert verdict_and_numbers(gate) == ("fail", 1, 0, "tests lost")
    assert gate.reason.startswith("no longer passing: s::(process); ")
    failed_before = run_of("s::a s::b", failed="s::(process)")
    assert judged_tests(failed_before, run_of("s::a s::b", failed="s::(process)")).verdict == "pass"
    assert judged_tests(before, run_of("s::a s::b", failed="new::(process)")).verdict == "pass"


def test_names_that_differ_by_a_path_of_ours_are_paired_and_told() -> None:
    """What stands in a target folder under another name is the same test by what is left; never by guessing."""
    named = run_of("s::<target>/out/gen-1.rs-one")
    gate = judged_tests(named, msgspec.structs.replace(named, passed=["s::<target>/out/gen-2.rs-one"]))
    assert gate.verdict == "pass"
    assert gate.reason.endswith("; named by another path than in the baseline: s::<target>/out/gen-2.rs-one")
    failed = msgspec.structs.replace(named, passed=[], failed=["s::<target>/out/gen-2.rs-one"])
    assert judged_tests(named, failed).reason.startswith("no longer passing: s::<target>/out/gen-2.rs-one; ")
    two = msgspec.structs.replace(named, passed=["s::<target>/out/2", "s::<target>/out/3"])
    assert judged_tests(named, two).verdict == "fail"
    assert judged_tests(run_of("s::a"), run_of("s::b")).verdict == "fail"


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


@pytest.mark.parametrize(("built", "verdict"), [(True, "inconclusive"), (False, "not-applicable")])
def test_tests_that_were_built_and_not_run_are_no_silent_pass(verdict: str, *, built: bool) -> None:
    """What never compiled tells nothing of the change; a runner that fails by itself hides what could have told it."""
    nothing = replace(run_of(), note="error: no such profile", built=built)
    gate = judged_tests(nothing, nothing)
    assert gate.verdict == verdict
    assert gate.reason == "the tests could not be run, before the change either: error: no such profile"


def test_tests_run_on_one_side_only_are_inconclusive() -> None:
    """Nothing can be joined."""
    assert judged_tests(run_of("a"), None).reason == "not run on the candidate"
    assert judged_tests(None, run_of("a")).reason == "not run on the baseline"


def test_tests_of_a_platform_that_cannot_run_do_not_apply() -> None:
    """Nothing runs where it is only linked for."""
    assert judge_tests(side(tests=run_of("a")), side(), Budget(name="none"), "link-only").reason == LINK_ONLY


def test_only_what_was_lost_before_is_asked_of_another_candidate() -> None:
    """What was not run is not lost: the ones that were run first fail the gate, and it says so."""
    gate = judged_tests(run_of("a b c"), msgspec.structs.replace(run_of("", failed="b"), only=["b"]))
    assert verdict_and_numbers(gate) == ("fail", 1, 0, "tests lost")
    assert gate.reason == (
        "no longer passing: b; another candidate had lost them too, so that they were run first, and no other test was "
        "run"
    )


def test_what_cargo_test_builds_no_longer_is_lost() -> None:
    """Also where there is no test at all; what did not build before is asked of nobody."""
    built, broken = run_of(), msgspec.structs.replace(run_of(), built=False, note="error: no cdylib")
    gate = judged_tests(built, broken)
    assert gate.verdict == "fail"
    assert "`cargo test` builds in the baseline only: error: no cdylib" in gate.reason
    assert judged_tests(broken, broken).verdict == "not-applicable"
    assert judged_tests(broken, built).verdict == "not-applicable"


def judged_suite(tests: model.Tests | None, min_tests: int = 0) -> Gate:
    """Judge one test run by itself."""
    return judge_suite(side(tests=tests), Budget(name="tests", min_tests=min_tests), "native")


def test_suite_without_a_failure_passes() -> None:
    """Flaky ones are told, and held against nobody."""
    gate = judged_suite(run_of("a b", retried="c"))
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "tests failed")
    assert gate.reason == "none failed; 3 tests passed; flaky, passed when run again: c"


def test_suite_with_a_failure_fails() -> None:
    """The test is named, and so is what cannot be built."""
    assert judged_suite(run_of("a", failed="b")).reason == "failed: b; 1 test passed"
    unbuilt = judged_suite(replace(run_of(""), built=False, note="error: no"))
    assert (unbuilt.verdict, unbuilt.measured) == ("fail", 1)
    assert "not all could be built: error: no" in unbuilt.reason


def test_suite_that_was_not_run_is_not_judged() -> None:
    """The option that runs it is named."""
    assert judged_suite(None).verdict == "not-applicable"
    assert "--tests" in judged_suite(None).reason


def test_suite_without_a_test() -> None:
    """A project without tests asks for nothing; one whose run says why it came to none is not known to pass."""
    assert judged_suite(run_of("")).verdict == "not-applicable"
    assert judged_suite(replace(run_of(""), note="odd")).verdict == "inconclusive"
    assert judged_suite(run_of("a"), min_tests=2).verdict == "fail"
