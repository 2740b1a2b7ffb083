"""The gates: two measured sides and a budget in, one judged `Gate` for each criterion out. Pure.

A gate is made of findings, one for each limit that the budget or the recipe states. The worst finding is the gate's
verdict and gives its number; the reasons of all of them are told.
"""

from __future__ import annotations

import math
import shlex
from itertools import zip_longest
from statistics import fmean

import msgspec

from burnish.judge.benches import judge_benches
from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    Mode,
    absent,
    clipped,
    count_of,
    gate_of,
    is_finite,
    missing,
    named,
    names_of,
    no_limit,
    not_applicable,
    paired_ratio,
    ratio_words,
    unknown,
    worst_of,
)
from burnish.measure.statistics import Interval
from burnish.report.model import Behaviour, Gate, Linkage, Side, Startup, Tests, VerdictName
from burnish.text import format_bytes, format_seconds


class LinkageWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipe asked of the link."""

    static: bool = False
    stripped: bool = False


def judge(
    *,
    baseline: Side,
    candidate: Side,
    budget: Budget,
    wants: LinkageWanted,
    mode: Mode,
    artifact_sha256_again: str | None = None,
) -> list[Gate]:
    """Judge every criterion, in the order of the steps.

    `artifact_sha256_again` is the digest of the file that the user's own build command gave afterwards.
    """
    return [
        judge_build(baseline, candidate, artifact_sha256_again),
        judge_linkage(candidate, wants),
        judge_behaviour(baseline, candidate, mode),
        judge_size(baseline, candidate, budget),
        judge_startup(baseline, candidate, budget, mode),
        judge_tests(baseline, candidate, budget, mode),
        judge_benches(baseline, candidate, budget, mode),
    ]


def judge_build(baseline: Side, candidate: Side, artifact_sha256_again: str | None = None) -> Gate:
    """Ask for the binary that the baseline has, and for the same file when it is built again."""
    verdict, reason = _built(baseline, candidate, artifact_sha256_again)
    return gate_of("build", [Finding(criterion="the release build completes", verdict=verdict, reason=reason)])


def _built(baseline: Side, candidate: Side, again: str | None) -> tuple[VerdictName, str]:
    took = f"built in {format_seconds(candidate.build_seconds)}"
    if candidate.build_error:
        return "fail", f"the candidate does not build: {clipped(candidate.build_error.strip().splitlines()[-1])}"
    if candidate.artifact is None and baseline.artifact is None:
        return "pass", f"library: it has no binary of its own; {took}"
    if candidate.artifact is None:
        return "fail", f"no binary came out, where the baseline gave {named(baseline.artifact)}"
    if again is None:
        return "pass", f"{named(candidate.artifact)} {took}"
    if again != candidate.sha256:
        digests = f"sha256 {again[:12]} instead of {str(candidate.sha256)[:12]}"
        return "fail", f"built again from the written files, {named(candidate.artifact)} is another file: {digests}"
    return "pass", f"{named(candidate.artifact)} {took}; built again from the written files it is the same file"


def judge_linkage(candidate: Side, wants: LinkageWanted) -> Gate:
    """See in the binary itself that it is linked as the recipe asked."""
    linkage = candidate.linkage
    if linkage is None and (candidate.artifact is None or not (wants.static or wants.stripped)):
        return not_applicable("linkage", "linked as the recipe asks", absent(candidate, "the linkage was not read"))
    if linkage is None:
        return unknown("linkage", "linked as the recipe asks", "the linkage could not be read from the binary")
    findings = []
    if wants.static:
        findings.append(_static_finding(linkage))
    if wants.stripped:
        findings.append(_stripped_finding(linkage))
    nothing_asked = Finding(
        criterion="linked as the recipe asks", verdict="pass", reason="the recipe asks for nothing here"
    )
    return gate_of("linkage", findings or [nothing_asked], facts=_linkage_facts(linkage))


def _static_finding(linkage: Linkage) -> Finding:
    is_static = linkage.interpreter is None and not _shared_runtimes(linkage)
    return Finding(
        criterion="static: no interpreter and no shared library",
        verdict="pass" if is_static else "fail",
        reason="static, as asked" if is_static else "asked to be static, and is not",
        measured=len(_shared_runtimes(linkage)),
        limit=0,
        unit="shared libraries",
    )


def _shared_runtimes(linkage: Linkage) -> list[str]:
    """Give the needed libraries that static linking would spare: on Windows the system's own are always needed."""
    if linkage.format != "pe":
        return linkage.needed
    runtimes = ("vcruntime", "msvcp", "ucrtbase", "libgcc", "libwinpthread", "libstdc++")
    return [name for name in linkage.needed if name.lower().startswith(runtimes)]


def _stripped_finding(linkage: Linkage) -> Finding:
    return Finding(
        criterion="stripped: no symbol table",
        verdict="pass" if linkage.is_stripped else "fail",
        reason="stripped, as asked" if linkage.is_stripped else "asked to be stripped, and has a symbol table",
    )


def _linkage_facts(linkage: Linkage) -> str:
    interpreter = f"interpreter {clipped(linkage.interpreter)}" if linkage.interpreter else "no interpreter"
    needed = f"needs {names_of(linkage.needed)}" if linkage.needed else "needs no shared library"
    table = "no symbol table" if linkage.is_stripped else "a symbol table"
    return f"{linkage.format} {linkage.architecture}, {interpreter}, {needed}, {table}"


def judge_behaviour(baseline: Side, candidate: Side, mode: Mode) -> Gate:
    """Ask for the same exit status and output from both builds on each listed command."""
    criterion = "the same exit status, stdout and stderr on each listed command"
    if candidate.artifact is None or mode == "link-only" or not (baseline.behaviour or candidate.behaviour):
        reason = absent(candidate, "no command was run") if mode != "link-only" else LINK_ONLY
        return not_applicable("behaviour", criterion, reason)
    pairs = list(zip_longest(baseline.behaviour, candidate.behaviour))
    findings = [_same_behaviour(*pair) for pair in pairs]
    worst = worst_of(findings)
    differing = sum(finding.verdict != "pass" for finding in findings)
    finding = Finding(
        criterion=criterion,
        verdict=worst.verdict,
        reason=worst.reason if differing else f"the same on {count_of(len(pairs), 'command')}",
        measured=differing,
        limit=0,
        unit="commands",
    )
    return gate_of("behaviour", [finding])


def _same_behaviour(before: Behaviour | None, after: Behaviour | None) -> Finding:
    verdict, difference = _difference(before, after)
    seen = before or after
    arguments = shlex.join(seen.args) if seen else ""
    command = f"with the arguments {named(arguments)}" if arguments else "without arguments"
    return Finding(criterion="", verdict=verdict, reason=f"{command}: {difference}")


def _difference(before: Behaviour | None, after: Behaviour | None) -> tuple[VerdictName, str]:
    if before is None or after is None or before.args != after.args:
        return "inconclusive", "not run on both sides"
    if before.timed_out and after.timed_out:
        return "inconclusive", "ended by its time limit on both sides, so there is nothing to compare"
    if before.timed_out or after.timed_out:
        return "fail", f"ended by its time limit in the {'baseline' if before.timed_out else 'candidate'} only"
    changes = _changes(before, after)
    return ("fail", "; ".join(changes)) if changes else ("pass", "the same")


def _changes(before: Behaviour, after: Behaviour) -> list[str]:
    changes = []
    if before.exit_status != after.exit_status:
        changes.append(f"exit status {after.exit_status}, was {before.exit_status}")
    if before.stdout_sha256 != after.stdout_sha256:
        changes.append(f"stdout {_head(after.stdout_head)}, was {_head(before.stdout_head)}")
    if before.stderr_sha256 != after.stderr_sha256:
        changes.append(f"stderr {_head(after.stderr_head)}, was {_head(before.stderr_head)}")
    return changes


def _head(text: str) -> str:
    return named(text) if text.strip() else "empty"


def judge_size(baseline: Side, candidate: Side, budget: Budget) -> Gate:
    """Hold the file's size against the budget's limit, the baseline's size, or both."""
    size = candidate.size_bytes
    if candidate.artifact is None or size is None:
        return missing("size", "the size of the shipped file", candidate, "the size was not measured")
    findings = []
    if budget.max_size_bytes is not None:
        findings.append(_size_finding(size, budget.max_size_bytes))
    if budget.size_must_shrink:
        findings.append(_shrink_finding(size, baseline.size_bytes))
    return gate_of("size", findings or [no_limit(size, "bytes")], facts=_size_facts(size, baseline.size_bytes))


def _size_finding(size: int, limit: int) -> Finding:
    room = f"{format_bytes(abs(limit - size))} {'under' if size <= limit else 'over'} the limit"
    return Finding(
        criterion=f"at most {format_bytes(limit)}",
        verdict="pass" if size <= limit else "fail",
        reason=room,
        measured=size,
        limit=limit,
        unit="bytes",
    )


def _shrink_finding(size: int, before: int | None) -> Finding:
    criterion = "smaller than the baseline"
    if before is None:
        return Finding(criterion=criterion, verdict="inconclusive", reason="the baseline's size is not known")
    return Finding(
        criterion=criterion,
        verdict="pass" if size < before else "fail",
        reason=f"{format_bytes(before - size)} smaller" if size < before else "not smaller than the baseline",
        measured=size,
        limit=before,
        unit="bytes",
    )


def _size_facts(size: int, before: int | None) -> str:
    against = f", {size / before:.3f} of the baseline's {format_bytes(before)}" if before else ""
    return f"{format_bytes(size)}{against}"


def judge_startup(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Hold the mean start-up against the budget's limit, the baseline's start-up, or both, by their 95% intervals."""
    criterion = "the start-up time"
    if mode != "native":
        reason = LINK_ONLY if mode == "link-only" else "under emulation, times say nothing about the real machine"
        return not_applicable("startup", criterion, reason)
    after = candidate.startup
    if candidate.artifact is None or after is None:
        return missing("startup", criterion, candidate, "the start-up was not measured")
    ratio = _startup_ratio(baseline.startup, after)
    findings = []
    if budget.max_startup_seconds is not None:
        findings.append(_absolute_finding(after, budget.max_startup_seconds))
    if budget.startup_must_not_slow:
        findings.append(_relative_finding(ratio))
    return gate_of("startup", findings or [no_limit(after.mean_seconds, "s")], facts=_startup_facts(after, ratio))


def _startup_ratio(before: Startup | None, after: Startup) -> Interval | None:
    """Give the ratio of the rounds' means, candidate to baseline, or None where the rounds do not pair."""
    return None if before is None else paired_ratio(_round_means(after), _round_means(before))


def _round_means(startup: Startup) -> list[float]:
    return [fmean(runs) for runs in startup.raw if runs]


def _absolute_finding(startup: Startup, limit: float) -> Finding:
    low, high = startup.ci95_seconds
    bound = format_seconds(limit)
    verdict, reason = _against(low, high, limit)
    return Finding(
        criterion=f"upper bound of the mean's 95% interval at most {bound}",
        verdict=verdict,
        reason=f"the interval lies {reason} the limit of {bound}",
        measured=_number(high),
        limit=limit,
        unit="s",
    )


def _against(low: float, high: float, limit: float) -> tuple[VerdictName, str]:
    if high <= limit:
        return "pass", "within"
    if low > limit:
        return "fail", "wholly above"
    return "inconclusive", "on both sides of"


def _relative_finding(ratio: Interval | None) -> Finding:
    criterion = "not slower than the baseline beyond the 95% interval of the ratio"
    if ratio is None or not is_finite(ratio):
        reason = "too few rounds of both sides to compare them"
        return Finding(criterion=criterion, verdict="inconclusive", reason=reason)
    slower = ratio.low > 1
    faster = ", and is faster" if ratio.high < 1 else ""
    return Finding(
        criterion=criterion,
        verdict="fail" if slower else "pass",
        reason="slower than the baseline" if slower else f"not shown to be slower than the baseline{faster}",
        measured=ratio.mean,
        limit=1.0,
        unit="ratio",
    )


def _startup_facts(startup: Startup, ratio: Interval | None) -> str:
    rounds = f"{count_of(startup.rounds, 'round')} of {count_of(startup.runs, 'run')}"
    mean = f"mean {format_seconds(startup.mean_seconds)} ({_interval_words(startup.ci95_seconds)}, {rounds})"
    against = f"{ratio_words(ratio)} of the baseline" if ratio else "ratio to the baseline not known"
    floor = startup.floor
    floor_words = f"{format_seconds(floor.timing.mean_seconds)} ({clipped(floor.kind)})" if floor else "not measured"
    return f"{mean}, {against}, floor {floor_words}"


def _interval_words(ends: tuple[float, float]) -> str:
    if not all(map(math.isfinite, ends)):
        return "no interval"
    low, high = map(format_seconds, ends)
    return f"95% interval {low} to {high}"


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


def _why_no_tests(tests: Tests | None) -> str:
    if tests is None or not tests.note:
        return "the project has no tests"
    return f"the tests could not be run, before the change either: {clipped(tests.note.strip().splitlines()[-1])}"


def _all_tests(tests: Tests | None) -> set[str]:
    return set() if tests is None else {*tests.passed, *tests.failed, *tests.ignored, *tests.retried}


def _passing(tests: Tests) -> set[str]:
    """Give the names that passed, at once or when run again."""
    return {*tests.passed, *tests.retried}


def _lost_finding(criterion: str, before: Tests, after: Tests) -> Finding:
    # A test that is flaky in the baseline already says nothing about the change.
    required = _passing(before) - set(before.retried)
    lost = sorted(required - _passing(after))
    vanished = [name for name in lost if name not in _all_tests(after)]
    parts = {"no longer passing": [name for name in lost if name not in vanished], "vanished": vanished}
    words = [f"{what}: {names_of(names)}" for what, names in parts.items() if names]
    return Finding(
        criterion=criterion,
        verdict="fail" if lost else "pass",
        reason="; ".join(words) or "none lost",
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
    facts = [f"{count_of(len(_passing(after)), 'test')} passed, {len(_passing(before))} in the baseline"]
    lists = {
        "failing in the baseline already": before.failed,
        "flaky in the baseline": before.retried,
        "passed only when run again": after.retried,
    }
    facts += [f"{what}: {names_of(names)}" for what, names in lists.items() if names]
    facts += [f"the {side} was ended by its time limit" for side, run in _sides(before, after) if run.timed_out]
    return "; ".join(facts)


def _sides(before: Tests, after: Tests) -> list[tuple[str, Tests]]:
    return [("baseline", before), ("candidate", after)]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
