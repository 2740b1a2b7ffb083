"""The gate of tests: what passed before passes still, by name. Pure."""

from __future__ import annotations

import re
from collections import Counter

from burnish.cargo.diagnostics import first_error, has_error
from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    clipped,
    count_of,
    gate_of,
    names_of,
    not_applicable,
    unknown,
)
from burnish.measure.traces import TARGET
from burnish.model import PROCESS, Gate, Mode, Side, Tests

_PATH = re.compile(rf"{TARGET}\S*")


def judge_tests(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Ask that every test which passes in the baseline passes in the candidate, by name."""
    criterion = "every test that passes in the baseline passes"
    if mode == "link-only":
        return not_applicable("tests", criterion, LINK_ONLY)
    before, after = baseline.tests, candidate.tests
    is_unbuilt = before is not None and after is not None and before.built and not after.built
    if not (_all_tests(before) or _all_tests(after) or budget.min_tests or is_unbuilt):
        # What never compiled tells nothing of the change; what compiles and was not run could have told something.
        is_unknown = before is not None and before.built and before.note
        return (unknown if is_unknown else not_applicable)("tests", criterion, _why_no_tests(before))
    if before is None or after is None:
        return unknown("tests", criterion, f"not run on the {'baseline' if before is None else 'candidate'}")
    findings = [_lost_finding(criterion, before, after, _unbuilt(after) if is_unbuilt else "")]
    if budget.min_tests:
        findings.append(_count_finding(after, budget.min_tests))
    return gate_of("tests", findings, facts=_tests_facts(before, after))


def judge_suite(side: Side, budget: Budget, mode: Mode) -> Gate:
    """Ask that no test fails, and for as many as the budget wants, of one side by itself."""
    criterion, tests = "no test fails", side.tests
    if tests is None or mode == "link-only":
        return not_applicable("tests", criterion, LINK_ONLY if mode == "link-only" else "not run; --tests runs them")
    if tests.built and not (_all_tests(tests) or budget.min_tests):
        return (unknown if tests.note else not_applicable)("tests", criterion, tests.note or "the project has no tests")
    findings = [_failed_finding(criterion, tests)]
    if budget.min_tests:
        findings.append(_count_finding(tests, budget.min_tests))
    counts = f"{count_of(len(_passing(tests)), 'test')} passed"
    facts = _listed({"flaky, passed when run again": tests.retried, "hung": tests.hung})
    return gate_of("tests", findings, facts="; ".join(filter(None, [counts, facts])))


def _failed_finding(criterion: str, tests: Tests) -> Finding:
    failed = [*tests.failed, *([] if tests.built else ["not all could be built"])]
    words = f"failed: {names_of(tests.failed)}" if tests.failed else "none failed"
    unbuilt = "" if tests.built else f"; not all could be built: {clipped(first_error(tests.note))}"
    return Finding(
        criterion=criterion,
        verdict="fail" if failed else "pass",
        reason=words + unbuilt,
        measured=len(failed),
        limit=0,
        unit="tests failed",
    )


def lost_tests(before: Tests, after: Tests) -> list[str]:
    """Return the tests that passed before and do not pass now, as they are named now, and the processes that fail now.

    One that is flaky in the baseline already says nothing about the change. A suite's process is a test of its own
    only where it fails with all tests of the suite, or where it has no others.
    """
    if after.only:
        return sorted({*after.only} - _passing(after))
    pairs = paired_names(before, after)
    passing = _passing(after)
    lost = {pairs.get(name, name) for name in _passing(before) - set(before.retried)} - passing
    processes = {name for name in after.failed if name.endswith(f"::{PROCESS}") and name not in before.failed}
    suites = {name.rpartition("::")[0] for name in processes}
    known = {suite for suite in suites if any(name.startswith(f"{suite}::") for name in _passing(before))}
    return sorted(lost | {name for name in processes if name.rpartition("::")[0] in known})


def paired_names(before: Tests, after: Tests) -> dict[str, str]:
    """Return the new name of each test whose name differs by a path in a target folder only, and by no other's.

    What is left without the path tells which test it is: its suite, its module, its line.
    """
    gone, come = _all_tests(before) - _all_tests(after), _all_tests(after) - _all_tests(before)
    old, new = (Counter(map(_without_path, names)) for names in (gone, come))
    by_rest = {_without_path(name): name for name in come}
    rests = ((name, _without_path(name)) for name in gone)
    return {name: by_rest[rest] for name, rest in rests if rest != name and old[rest] == new[rest] == 1}


def _without_path(name: str) -> str:
    return _PATH.sub(TARGET, name)


def _why_no_tests(tests: Tests | None) -> str:
    if tests is None or not tests.note:
        return "the project has no tests"
    return f"the tests could not be run, before the change either: {clipped(first_error(tests.note))}"


def _all_tests(tests: Tests | None) -> set[str]:
    return set() if tests is None else {*tests.passed, *tests.failed, *tests.ignored, *tests.retried}


def _passing(tests: Tests) -> set[str]:
    """Return the names that passed, at once or when run again."""
    return {*tests.passed, *tests.retried}


def _lost_finding(criterion: str, before: Tests, after: Tests, unbuilt: str) -> Finding:
    """Return the finding of lost tests; why they were `unbuilt` stands before their names, and fails by itself too."""
    lost = lost_tests(before, after)
    names = _listed(
        {
            "no longer passing": [name for name in lost if name in {*after.failed, *after.ignored} - {*after.hung}],
            "hung": [name for name in lost if name in after.hung],
            "vanished": [name for name in lost if name not in _all_tests(after)],
        }
    )
    return Finding(
        criterion=criterion,
        verdict="fail" if lost or unbuilt else "pass",
        reason="; ".join(filter(None, [unbuilt, names])) or "none lost",
        measured=len(lost),
        limit=0,
        unit="tests lost",
    )


def _unbuilt(after: Tests) -> str:
    """Return why tests are not there that were: examples and benches are built with the tests."""
    return f"`cargo test` builds in the baseline only: {clipped(first_error(after.note))}"


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
    if after.only:
        return "another candidate had lost them too, so that they were run first, and no other test was run"
    counts = f"{count_of(len(_passing(after)), 'test')} passed, {len(_passing(before))} in the baseline"
    lists = _listed(
        {
            "failing in the baseline already": [name for name in before.failed if name not in before.hung],
            "hung in the baseline already": before.hung,
            "passing in the project's own target folder only": sorted({*before.elsewhere, *after.elsewhere}),
            "flaky in the baseline": before.retried,
            "flaky, passed when run again": after.retried,
            "named by another path than in the baseline": sorted(paired_names(before, after).values()),
        }
    )
    unbuilt = [
        f"not all could be built: {clipped(first_error(run.note))}" for run in (after, before) if has_error(run.note)
    ]
    limits = [f"the {side} was ended by its time limit" for side, run in _sides(before, after) if run.timed_out]
    return "; ".join(filter(None, [counts, lists, *unbuilt[:1], *limits]))


def _listed(lists: dict[str, list[str]]) -> str:
    """Write what is in each list under its heading; an empty one is not told."""
    return "; ".join(f"{what}: {names_of(names)}" for what, names in lists.items() if names)


def _sides(before: Tests, after: Tests) -> list[tuple[str, Tests]]:
    return [("baseline", before), ("candidate", after)]
