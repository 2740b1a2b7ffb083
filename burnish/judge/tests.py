"""The gate of tests: what passed before passes still, by name. Pure."""

from __future__ import annotations

from burnish.diagnostics import first_error
from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    Mode,
    clipped,
    count_of,
    gate_of,
    names_of,
    not_applicable,
    unknown,
)
from burnish.report.model import Gate, Side, Tests


def judge_tests(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Ask that every test which passes in the baseline passes in the candidate, by name."""
    criterion = "every test that passes in the baseline passes"
    if mode == "link-only":
        return not_applicable("tests", criterion, LINK_ONLY)
    before, after = baseline.tests, candidate.tests
    if not (_all_tests(before) or _all_tests(after) or budget.min_tests):
        return not_applicable("tests", criterion, _why_no_tests(before))
    if before is None or after is None:
        return unknown("tests", criterion, f"not run on the {'baseline' if before is None else 'candidate'}")
    findings = [_lost_finding(criterion, before, after)]
    if budget.min_tests:
        findings.append(_count_finding(after, budget.min_tests))
    return gate_of("tests", findings, facts=_tests_facts(before, after))


def lost_tests(before: Tests, after: Tests) -> list[str]:
    """Give the tests that passed before and do not pass now, sorted.

    One that is flaky in the baseline already says nothing about the change.
    """
    return sorted(_passing(before) - set(before.retried) - _passing(after))


def _why_no_tests(tests: Tests | None) -> str:
    if tests is None or not tests.note:
        return "the project has no tests"
    return f"the tests could not be run, before the change either: {clipped(first_error(tests.note))}"


def _all_tests(tests: Tests | None) -> set[str]:
    return set() if tests is None else {*tests.passed, *tests.failed, *tests.ignored, *tests.retried}


def _passing(tests: Tests) -> set[str]:
    """Give the names that passed, at once or when run again."""
    return {*tests.passed, *tests.retried}


def _lost_finding(criterion: str, before: Tests, after: Tests) -> Finding:
    lost = lost_tests(before, after)
    return Finding(
        criterion=criterion,
        verdict="fail" if lost else "pass",
        reason=_listed(
            {
                "no longer passing": [name for name in lost if name in {*after.failed, *after.ignored} - {*after.hung}],
                "hung": [name for name in lost if name in after.hung],
                "vanished": [name for name in lost if name not in _all_tests(after)],
            }
        )
        or "none lost",
        measured=len(lost),
        limit=0,
        unit="tests lost",
    )


def _count_finding(after: Tests, min_tests: int) -> Finding:
    passed = len(_passing(after))
    enough = passed >= min_tests
    return Finding(
        criterion=f"at least {count_of(min_tests, 'test')} pass",
        verdict="pass" if enough else "fail",
        reason=f"{'no ' if enough else ''}fewer than the {min_tests} that the budget asks for",
        measured=passed,
        limit=min_tests,
        unit="tests",
    )


def _tests_facts(before: Tests, after: Tests) -> str:
    counts = f"{count_of(len(_passing(after)), 'test')} passed, {len(_passing(before))} in the baseline"
    lists = _listed(
        {
            "failing in the baseline already": [name for name in before.failed if name not in before.hung],
            "hung in the baseline already": before.hung,
            "flaky in the baseline": before.retried,
            "flaky, passed when run again": after.retried,
        }
    )
    limits = [f"the {side} was ended by its time limit" for side, run in _sides(before, after) if run.timed_out]
    return "; ".join(filter(None, [counts, lists, *limits]))


def _listed(lists: dict[str, list[str]]) -> str:
    """Write what is in each list under its heading; an empty one is not told."""
    return "; ".join(f"{what}: {names_of(names)}" for what, names in lists.items() if names)


def _sides(before: Tests, after: Tests) -> list[tuple[str, Tests]]:
    return [("baseline", before), ("candidate", after)]
