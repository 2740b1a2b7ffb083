"""The workloads gate: the program is as fast at its work as before, prints the same, and takes no more memory. Pure.

Each workload is judged by the interval of its ratio to the baseline over paired rounds, as the start-up is. How often
that may err: the gate passes only when every workload is shown, so the high end needs no correction for their number.
Any one of many could fail it by chance, so the low end has one (Bonferroni). Both are corrected for the looks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from burnish.judge.budget import Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    among_several,
    clipped,
    count_of,
    gate_of,
    held_against,
    listed,
    names_of,
    no_limit,
    not_applicable,
    paired_ratio,
    ratio_finding,
    ratio_words,
    unknown,
)
from burnish.measure.statistics import Interval, round_means, t_interval
from burnish.model import Gate, Mode, Side, Startup, Workload
from burnish.text import format_bytes, format_seconds

ERROR = 0.025


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """One workload on both sides, and among how many of its binary it is judged.

    What a side was built by a profile of does not judge how fast it is beside the other. It must print the same, and
    keep its own limit, all the same.
    """

    before: Workload
    after: Workload | None
    among: int

    @property
    def name(self) -> str:
        return clipped(self.before.name)

    @property
    def judges(self) -> bool:
        """Return whether its time judges the candidate."""
        return self.after is None or not self.after.trained

    @property
    def ratio(self) -> Interval | None:
        """Return the interval by which the ratio is judged; None where the rounds do not pair."""
        before, after = self.before.times, self.after.times if self.after else None
        if before is None or after is None:
            return None
        old, new = round_means(before.raw), round_means(after.raw)
        return self._ends(after, lambda confidence: paired_ratio(new, old, confidence=confidence))

    @property
    def seconds(self) -> Interval | None:
        """Return the interval by which the time itself is judged."""
        after = self.after.times if self.after else None
        if after is None:
            return None
        means = round_means(after.raw)
        return self._ends(after, lambda confidence: t_interval(means, confidence))

    def _ends(self, times: Startup, interval_of: Callable[[float], Interval | None]) -> Interval | None:
        return among_several(interval_of, ERROR / times.looks, self.among + times.beside)


def judge_workloads(
    baseline: Side,
    candidate: Side,
    budget: Budget,
    mode: Mode,
    asked: Collection[str] | None = None,
    *,
    same_output: bool = True,
) -> Gate:
    """Hold each workload against the budget's limits, and its own.

    `asked` are the names of the project's workloads, those of the baseline's where nobody says: one that was not timed
    on both sides shows nothing. Another output than the baseline's is told of a change of the project, and judged of a
    change of settings, which must give the `same_output`.
    """
    criterion = "no workload slower than the budget allows" + (", and the same output" if same_output else "")
    if mode != "native":
        reason = LINK_ONLY if mode == "link-only" else "under emulation, times say nothing about the real machine"
        return not_applicable("workloads", criterion, reason)
    pairs = _pairs(baseline, candidate)
    wanted = {pair.before.name for pair in pairs} if asked is None else {*asked}
    if not wanted and (candidate.artifact is None or candidate.kind != "bin"):
        return not_applicable("workloads", criterion, "there is no binary")
    if not wanted:
        reason = "no workload is given, so that a program which is slower at its work would go unseen"
        return not_applicable("workloads", criterion, reason)
    timed = {pair.before.name for pair in pairs if pair.after}
    if not wanted <= timed:
        return unknown("workloads", criterion, f"not timed on both sides: {names_of(sorted(wanted - timed))}")
    if not any(pair.judges for pair in pairs):
        return unknown("workloads", criterion, "the build was guided by all of them, so that none is left to judge it")
    findings = list(_limit_findings(pairs, budget))
    return _of_settings(pairs, findings) if same_output else _of_change(pairs, findings)


def _of_settings(pairs: Sequence[_Pair], findings: Sequence[Finding]) -> Gate:
    return gate_of("workloads", [*findings, _same_finding(pairs)], facts=_facts(pairs))


def _of_change(pairs: Sequence[_Pair], findings: Sequence[Finding]) -> Gate:
    facts = "; ".join([_facts(pairs), *_facts_of_change(pairs)])
    return gate_of("workloads", findings or [no_limit(max(map(_mean_seconds, pairs)), "s")], facts=facts)


def need_more_rounds(before: Workload, after: Workload, budget: Budget, among: int) -> bool:
    """Return whether more rounds could still show or refute what is asked of one workload of so many."""
    pair = _Pair(before=before, after=after, among=among)
    # How much memory it takes is told by the first round.
    times_only = msgspec.structs.replace(budget, max_memory_ratio=None)
    return any(finding.verdict == "inconclusive" for finding in _limit_findings([pair], times_only))


def _pairs(baseline: Side, candidate: Side) -> list[_Pair]:
    after = {workload.name: workload for workload in candidate.workloads}
    among = sum(each.name not in after or not after[each.name].trained for each in baseline.workloads)
    return [_Pair(before=each, after=after.get(each.name), among=among) for each in baseline.workloads]


def _same_finding(pairs: Sequence[_Pair]) -> Finding:
    """Find whether all workloads ended as before and printed the same."""
    failed = [f"{pair.name}: {pair.after.failure}" for pair in pairs if pair.after and pair.after.failure]
    other = [pair.name for pair in pairs if _prints_otherwise(pair)]
    words = [*([listed(failed)] if failed else []), *([f"other output than before: {listed(other)}"] if other else [])]
    return Finding(
        criterion="the same exit status and output",
        verdict="fail" if words else "pass",
        reason="; ".join(words) or f"the same output of {count_of(len(pairs), 'workload')}",
        measured=_worst_ratio(pairs),
        unit="ratio",
    )


def _prints_otherwise(pair: _Pair) -> bool:
    """Return whether the candidate printed what the baseline never did, though that prints always the same."""
    before, after = pair.before.printed, pair.after.printed if pair.after else []
    return len(before) == 1 and bool(after) and before != after


def _limit_findings(pairs: Sequence[_Pair], budget: Budget) -> list[Finding]:
    timed = [pair for pair in pairs if pair.after is None or not pair.after.failure]
    comparable = [pair for pair in timed if pair.judges]
    found = []
    if budget.max_workload_ratio is not None and comparable:
        found.append(_ratio_finding(comparable, budget.max_workload_ratio))
    found += [finding for pair in timed for finding in _seconds_finding(pair)]
    if budget.max_memory_ratio is not None:
        found += _memory_finding(timed, budget.max_memory_ratio)
    return found


_GROUPS = {"fail": "slower", "inconclusive": "not decided", "pass": "within the limit"}


def _ratio_finding(pairs: Sequence[_Pair], limit: float) -> Finding:
    """Find the slowest against the limit, and tell all by their groups."""
    judged = [(held_against(pair.ratio, limit), pair) for pair in pairs]
    told = []
    for verdict, group in _GROUPS.items():
        words = [pair.name for each, pair in judged if each == verdict]
        told += [f"{len(words)} {group}: {listed(words)}"] if words else []
    criterion = f"no workload slower than {limit:.2f} times the baseline"
    return ratio_finding(criterion, limit, [(verdict, pair.ratio) for verdict, pair in judged], "; ".join(told))


def _words(pair: _Pair) -> str:
    return f"{pair.name} {ratio_words(pair.ratio)}" if pair.ratio else pair.name


def _seconds_finding(pair: _Pair) -> Iterator[Finding]:
    limit, seconds = pair.before.max_seconds, pair.seconds
    if limit is None:
        return
    words = f"{format_seconds(seconds.low)} to {format_seconds(seconds.high)}" if seconds else "no interval"
    yield Finding(
        criterion=f"{pair.name} at most {format_seconds(limit)}",
        verdict=held_against(seconds, limit),
        reason=f"{pair.name} takes {words}",
        measured=seconds.mean if seconds else None,
        limit=limit,
        unit="s",
    )


def _memory_finding(pairs: Sequence[_Pair], limit: float) -> Iterator[Finding]:
    """Find the workload that takes the most memory beside the baseline; peaks hardly differ from run to run."""
    ratios = {pair.name: ratio for pair in pairs if (ratio := _memory_ratio(pair)) is not None}
    criterion = f"at most {limit:.2f} times the baseline's peak memory"
    if len(ratios) < len(pairs):
        yield Finding(criterion=criterion, verdict="inconclusive", reason="this machine does not tell the peak memory")
    if ratios:
        name = max(ratios, key=lambda each: ratios[each])
        yield Finding(
            criterion=criterion,
            verdict="pass" if ratios[name] <= limit else "fail",
            reason=f"most memory: {name}, {ratios[name]:.3f} of the baseline's",
            measured=ratios[name],
            limit=limit,
            unit="ratio",
        )


def _memory_ratio(pair: _Pair) -> float | None:
    before, after = (_peak(each) for each in (pair.before, pair.after))
    return after / before if before and after else None


def _peak(workload: Workload | None) -> float | None:
    evidence = workload.times.evidence if workload and workload.times else None
    return evidence.peak_bytes if evidence else None


def _worst_ratio(pairs: Sequence[_Pair]) -> float | None:
    return max((pair.ratio.mean for pair in pairs if pair.ratio), default=None)


def _facts(pairs: Sequence[_Pair]) -> str:
    """Return in words what was measured of each, whatever is judged, and what could not be compared."""
    unstable = [pair.name for pair in pairs if len(pair.before.printed) > 1]
    left_out = f"output not compared, since the baseline's own runs differ in it: {listed(unstable)}"
    trained = [pair.name for pair in pairs if not pair.judges]
    guided = f"not judged, since the build was guided by it: {listed(trained)}"
    measured = [words for pair in pairs if (words := _measured(pair))]
    return "; ".join([listed(measured), *([left_out] if unstable else []), *([guided] if trained else [])])


def _facts_of_change(pairs: Sequence[_Pair]) -> Iterator[str]:
    """Yield what can be told, and not judged, of a change of the project: where it prints otherwise, or is new."""
    if other := [pair.name for pair in pairs if _prints_otherwise(pair)]:
        yield f"other output than the baseline's: {listed(other)}"
    if failed := [f"{pair.name} ({pair.before.failure})" for pair in pairs if pair.before.failure]:
        yield f"not comparable, since the baseline's ends otherwise: {listed(failed)}"


def _mean_seconds(pair: _Pair) -> float:
    return pair.after.times.mean_seconds if pair.after and pair.after.times else 0.0


def _measured(pair: _Pair) -> str:
    times, peak = pair.after.times if pair.after else None, _peak(pair.after)
    if times is None:
        return ""
    memory = f", peak memory {format_bytes(round(peak))}" if peak else ""
    rounds = f"{count_of(times.rounds, 'round')} of {count_of(times.runs, 'run')}"
    return f"{_words(pair)} of the baseline, {format_seconds(times.mean_seconds)} ({rounds}){memory}"
