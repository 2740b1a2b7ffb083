"""The gates: two measured sides and a budget in, one judged `Gate` for each criterion out. Pure.

A gate is made of findings, one for each limit that the budget or the recipe states. The worst finding is the gate's
verdict and gives its number; the reasons of all of them are told.
"""

from __future__ import annotations

import math
from statistics import fmean

from burnish.judge.behaviour import judge_behaviour
from burnish.judge.benches import judge_benches
from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    Mode,
    clipped,
    count_of,
    gate_of,
    is_finite,
    missing,
    named,
    no_limit,
    not_applicable,
    paired_ratio,
    ratio_words,
)
from burnish.judge.linkage import LinkageWanted, judge_linkage
from burnish.judge.tests import judge_tests
from burnish.measure.statistics import Interval
from burnish.report.model import Gate, Side, Startup, VerdictName
from burnish.text import format_bytes, format_seconds


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


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
