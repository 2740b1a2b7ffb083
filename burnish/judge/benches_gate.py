"""The benches gate: each Criterion bench against itself in the baseline, and against what the budget expects. Pure.

A bench passes when its interval lies wholly within the tolerance or on the fast side, fails when it lies wholly beyond
it, and is otherwise measured again, up to the last of the planned looks. How often that may err:

- A wrong pass: the gate passes only when every bench is shown, so one bench that is too slow passes it at most as often
  as that bench alone is misjudged (an intersection-union test; Berger, Technometrics 1982). The high end needs no
  correction for the number of benches.
- A wrong fail: any one of many benches could fail the gate by chance, so the low end is corrected for their number
  (Bonferroni, which holds however the benches depend on each other).
- Both ends are corrected for the number of looks: each is another chance to be wrong.

Each bench has its own variance. Benches of one executable differ in noise by more than ten times, so that a pooled one
would be too small for some; further attempts narrow an interval without such an assumption.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from burnish.judge.budget import BenchExpectation, Budget
from burnish.judge.findings import (
    LINK_ONLY,
    Finding,
    clipped,
    gate_of,
    listed,
    names_of,
    not_applicable,
    paired_ratio,
    ratio_words,
    unknown,
)
from burnish.measure.statistics import Interval, t_interval
from burnish.model import SEVERITY, Gate, Mode, Side, VerdictName
from burnish.text import did_you_mean, format_seconds

ERROR = 0.025


class _Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`looks` are the numbers of attempts at which a bench is judged; the errors are those of one end in one look."""

    looks: tuple[int, ...]
    low_error: float
    high_error: float


def judge_benches(baseline: Side, candidate: Side, budget: Budget, mode: Mode) -> Gate:
    """Ask that no bench vanished, or is slower than the tolerance or than what is expected of it, by its interval."""
    limit = 1 + budget.bench_tolerance
    criterion = f"no bench slower than {limit:.2f} times the baseline"
    if mode == "link-only":
        return not_applicable("benches", criterion, LINK_ONLY)
    before, after = _attempts(baseline), _attempts(candidate)
    unread = sorted({name for side in (baseline, candidate) if side.benches for name in side.benches.unread})
    if not before and not budget.benches and not unread:
        return not_applicable("benches", criterion, _and_not_judged("no bench to compare", baseline, candidate))
    if candidate.benches is None:
        return unknown("benches", criterion, "not run on the candidate")
    rule = _rule(baseline, candidate, budget)
    findings = [_benches_finding(criterion, _compare(before, after, limit, rule), limit)] if before else []
    findings += [finding for expected in budget.benches for finding in _expected(expected, after, rule)]
    findings += [_unread_finding(unread)] if unread else []
    facts = _and_not_judged(_rule_words(rule, _judged_count(baseline, candidate, budget)), baseline, candidate)
    return gate_of("benches", findings, facts=facts)


def unbenched(side: Side) -> Side:
    """Return a side as a baseline for itself without any bench: it is then held against what is expected alone."""
    return msgspec.structs.replace(side, benches=None)


def require_judged(gate: Gate) -> Gate:
    """Return the gate of a candidate that rests on benches: where none was judged, nothing shows that it is as fast."""
    if gate.verdict != "not-applicable":
        return gate
    reason = f"{gate.reason}; the settings may slow the program, no bench judged that, and speed is not accepted"
    return unknown(gate.name, gate.criterion, reason)


def _unread_finding(names: Sequence[str]) -> Finding:
    """Return the finding of benches that run for the user and cannot be judged: they may be slower."""
    return Finding(
        criterion="each bench that `cargo bench` runs is judged",
        verdict="inconclusive",
        reason=f"run by `cargo bench`, and without results that can be compared: {names_of(names)}",
    )


def undecided(baseline: Side, candidate: Side, budget: Budget) -> set[str]:
    """Return the ids of the benches that further attempts could still decide."""
    before, after, rule = _attempts(baseline), _attempts(candidate), _rule(baseline, candidate, budget)
    compared = _compare(before, after, 1 + budget.bench_tolerance, rule)
    not_compared = {bench.name for bench in compared if bench.verdict == "inconclusive"}
    not_met = {
        name
        for expected in budget.benches
        for name, attempts in after.items()
        if expected.is_of(name) and _judged_by(expected, attempts, rule)[0] == "inconclusive"
    }
    return not_compared | not_met


def _rule(baseline: Side, candidate: Side, budget: Budget) -> _Rule:
    """Share the error out between the looks and, at the low end, the benches."""
    benched = baseline if baseline.benches else candidate
    looks = tuple(benched.benches.looks) if benched.benches else ()
    all_attempts = max(map(len, _attempts(benched).values()), default=1)
    error = ERROR / max(1, len(looks))
    low_error = error / max(1, _judged_count(baseline, candidate, budget))
    return _Rule(looks=looks or (all_attempts,), low_error=low_error, high_error=error)


def _judged_count(baseline: Side, candidate: Side, budget: Budget) -> int:
    compared, run = _attempts(baseline), _attempts(candidate)
    return len(compared) + sum(expected.is_of(name) for expected in budget.benches for name in run)


class _Bench(msgspec.Struct, frozen=True):
    """One bench compared: `group` is the words under which it is told."""

    name: str
    group: str
    verdict: VerdictName
    ratio: Interval | None

    @property
    def badness(self) -> tuple[int, float]:
        return SEVERITY.index(self.verdict), self.ratio.mean if self.ratio else math.inf

    @property
    def words(self) -> str:
        return f"{clipped(self.name)} {ratio_words(self.ratio)}" if self.ratio else clipped(self.name)


_BENCH_GROUPS = ("vanished", "slower", "not decided", "faster", "unchanged within the tolerance")


def _attempts(side: Side) -> dict[str, list[float]]:
    return {bench.id: bench.attempts for bench in side.benches.measured} if side.benches else {}


def _compare(
    before: Mapping[str, list[float]], after: Mapping[str, list[float]], limit: float, rule: _Rule
) -> list[_Bench]:
    return [_compared(name, after.get(name, []), attempts, limit, rule) for name, attempts in before.items()]


def _compared(name: str, after: list[float], before: list[float], limit: float, rule: _Rule) -> _Bench:
    if not after:
        return _Bench(name, "vanished", "fail", None)

    def ratio_of(look: int, confidence: float) -> Interval | None:
        return paired_ratio(after[:look], before[:look], confidence=confidence)

    verdict, ratio = _look(ratio_of, len(after), limit, rule)
    groups = {"fail": "slower", "inconclusive": "not decided"}
    is_faster = ratio is not None and ratio.high < 1
    return _Bench(name, groups.get(verdict, "faster" if is_faster else _BENCH_GROUPS[-1]), verdict, ratio)


def _look(
    interval_of: Callable[[int, float], Interval | None], attempts: int, limit: float, rule: _Rule
) -> tuple[VerdictName, Interval | None]:
    """Return the verdict of the first look that has one, and the interval by which it was judged."""
    ends = None
    for look in (look for look in rule.looks if look <= attempts):
        low, high = (interval_of(look, 1 - 2 * error) for error in (rule.low_error, rule.high_error))
        if low is None or high is None:
            return "inconclusive", None
        ends = Interval(low=low.low, mean=low.mean, high=high.high, n=look)
        if ends.low > limit:
            return "fail", ends
        if ends.high <= limit:
            return "pass", ends
    return "inconclusive", ends


def _benches_finding(criterion: str, benches: Sequence[_Bench], limit: float) -> Finding:
    ranked = sorted(benches, key=lambda bench: bench.badness, reverse=True)
    groups = {group: [bench.words for bench in ranked if bench.group == group] for group in _BENCH_GROUPS}
    told = [f"{len(words)} {group}: {listed(words)}" for group, words in groups.items() if words]
    worst = ranked[0]
    return Finding(
        criterion=criterion,
        verdict=worst.verdict,
        reason="; ".join(told),
        measured=worst.ratio.mean if worst.ratio else None,
        limit=limit,
        unit="ratio",
    )


def _expected(expected: BenchExpectation, after: Mapping[str, list[float]], rule: _Rule) -> Iterator[Finding]:
    """Judge each bench of that name; none of that name shows nothing."""
    names = [name for name in after if expected.is_of(name)]
    criterion = f"{clipped(expected.bench)} at most {format_seconds(expected.limit_seconds)}"
    if not names:
        reason = f"no bench {clipped(expected.bench)} was measured{did_you_mean(expected.bench, after)}"
        yield Finding(criterion=criterion, verdict="inconclusive", reason=reason)
    for name in names:
        verdict, seconds = _judged_by(expected, after[name], rule)
        words = _seconds_words(seconds) if seconds else "no interval"
        yield Finding(
            criterion=criterion,
            verdict=verdict,
            reason=f"{clipped(name)} takes {words}, expected {format_seconds(expected.seconds)}",
            measured=seconds.mean if seconds else None,
            limit=expected.limit_seconds,
            unit="s",
        )


def _judged_by(expected: BenchExpectation, after: list[float], rule: _Rule) -> tuple[VerdictName, Interval | None]:
    def seconds_of(look: int, confidence: float) -> Interval | None:
        return t_interval(after[:look], confidence)

    return _look(seconds_of, len(after), expected.limit_seconds, rule)


def _seconds_words(seconds: Interval) -> str:
    return f"{format_seconds(seconds.mean)} ({format_seconds(seconds.low)} to {format_seconds(seconds.high)})"


def _rule_words(rule: _Rule, count: int) -> str:
    counted = [f"{count} benches"] if count > 1 else []
    counted += [f"{len(rule.looks)} looks"] if len(rule.looks) > 1 else []
    shared = f", {' and '.join(counted)} counted" if counted else ""
    ends = f"low ends at {1 - rule.low_error:.2%}, high ends at {1 - rule.high_error:.2%}"
    return f"{ends}: wrong in at most {ERROR:.1%} each way{shared}"


def _and_not_judged(reason: str, *sides: Side) -> str:
    skipped = {name: why for side in sides if side.benches for name, why in side.benches.not_judged.items()}
    words = [f"{clipped(name)} ({clipped(why)})" for name, why in skipped.items()]
    return f"{reason}; not judged: {listed(words)}" if words else reason
