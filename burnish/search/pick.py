"""Which candidate is best: every budget met, then the least product of size, start-up and time at work. Pure.

Sizes are exact and times are not, so a difference in start-up counts only as far as its interval shows it: a setting
that does nothing is not picked for a lucky round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from burnish.measure.statistics import Interval, mean, ratio_interval
from burnish.model import SEVERITY, VerdictName

TIE = 1.005
"""Products that differ by less than this are equal: the fewer unusual settings decide, then the fewer settings."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One candidate that works. `round_means` are the seconds of its rounds, empty where nothing is timed.

    `unusual` counts its unusual settings, `settings` all.

    `is_plain` says that the written files and `cargo build` give it, without a command of its own.

    `verdict` is the worst of what the budget asks of size, start-up and workloads, `excess` the product of what it
    misses, each as a ratio to its limit: 1 where it misses nothing. `work` is the time at work as a ratio to the
    baseline's, only as far as it is shown to differ: 1 where it is not, or was not timed.
    """

    name: str
    size_bytes: int
    round_means: tuple[float, ...]
    unusual: int
    settings: int
    is_plain: bool = True
    verdict: VerdictName
    excess: float = 1.0
    work: float = 1.0


def rank(entries: Iterable[Entry]) -> list[Entry]:
    """Order candidates from the best to the worst.

    Those that meet the budget come before those that may, and these before the rest; among them the plain ones first.
    """
    ranked: list[Entry] = []
    for group in _groups(entries):
        rest = list(group)
        while rest:
            best = _best(rest)
            ranked.append(best)
            rest.remove(best)
    return ranked


def promising(entries: Iterable[Entry]) -> list[Entry]:
    """Order candidates by how good they may turn out to be: by their means, shown to differ or not.

    Who is dropped before it was timed for long must not be dropped for what is only not shown yet.
    """
    return sorted(entries, key=lambda entry: (standing(entry), by_product(entry)))


def _groups(entries: Iterable[Entry]) -> list[list[Entry]]:
    groups: dict[tuple[int, float, bool], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(standing(entry), []).append(entry)
    return [groups[key] for key in sorted(groups)]


def standing(entry: Entry) -> tuple[int, float, bool]:
    """Return what comes before size and start-up, the better the less: the budget, what is missed of it, plainness."""
    badness = max(SEVERITY.index(entry.verdict), SEVERITY.index("pass"))
    return badness, entry.excess if entry.verdict == "fail" else 1.0, not entry.is_plain


def is_undecided(entries: Iterable[Entry], worth: float) -> bool:
    """Return whether more rounds could be worth it: the pick's product may be more than another's by that fraction.

    As far as the other one's interval goes. Who is equal to the pick is not timed on for less than that.
    """
    rivals = _groups(entries)[0]
    first = _best(rivals)
    return any(_least_ratio(entry, first) * max(TIE, 1 + worth) < 1 for entry in rivals)


def _least_ratio(entry: Entry, other: Entry) -> float:
    interval = _common_interval(entry.round_means, other.round_means)
    return entry.size_bytes / other.size_bytes * entry.work / other.work * (interval.low if interval else 1.0)


def _best(entries: Sequence[Entry]) -> Entry:
    leader = min(entries, key=by_product)
    scores = {entry.name: product_ratio(entry, leader) for entry in entries}
    least = min(scores.values())
    equals = [entry for entry in entries if scores[entry.name] <= least * TIE]
    return min(equals, key=lambda entry: (entry.unusual, entry.settings, scores[entry.name], entry.name))


def by_product(entry: Entry) -> float:
    """Return the product of size, start-up and time at work, by its mean: only to be compared with others'."""
    return entry.size_bytes * entry.work * (mean(entry.round_means) if entry.round_means else 1.0)


def product_ratio(entry: Entry, other: Entry) -> float:
    """Return the product as a ratio to another's, start-up and time at work only as far as they are shown to differ.

    Of two that were timed in the same rounds, those that both have count.
    """
    ratio = entry.size_bytes / other.size_bytes * entry.work / other.work
    return ratio * shown_ratio(entry.round_means, other.round_means)


def shown_ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """Return the value nearest to 1 of the interval of a ratio of start-ups: 1 where no difference is shown."""
    interval = _common_interval(these, those)
    return min(max(1.0, interval.low), interval.high) if interval else 1.0


def _common_interval(these: Sequence[float], those: Sequence[float]) -> Interval | None:
    rounds = min(len(these), len(those))
    if rounds < 2:  # noqa: PLR2004 - one round has no interval
        return None
    return ratio_interval(these[:rounds], those[:rounds])
