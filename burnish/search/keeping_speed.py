"""What is small and too slow at its work gives way: to what is as small and quicker, and to what is nearly as small."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.search.at_work import time_work
from burnish.search.choices import Combination
from burnish.search.under_way import Search, is_plain

_CROSSED = 4


def keep_the_speed(search: Search) -> None:
    """Time the best candidates at their work. Where they are too slow, try what may be as small and quicker.

    What is for musl is tried with another allocator, where that can be had. Where none is fast enough, that and a
    profile to guide it come first. Then what is made for size gives way where the platform stays. Then less is inlined
    than at full speed, then it goes on without what the program's own code pays for, and then with its own allocator.
    In the end what was too slow is tried with the code of the one that is fast enough.
    """
    best, stopped = search.best, search.stopped
    time_work(search)
    if not search.has_slow_one:
        return
    search.go_on()
    _try_by_mimalloc(search, best)
    for faster in _faster(search, best):
        if not search.has_fast_one:
            _try_at_work(search, faster)
    _cross(search)
    search.stopped = stopped or search.stopped


def _cross(search: Search) -> None:
    """Try those that were too slow at their work with what makes the code of the pick, which is fast enough.

    What they save by how they are linked, and by what a panic does, the pick can save as well. Where it is too slow
    again, so are others for the same platform.
    """
    slow: set[str] = set()
    for _ in range(_CROSSED):
        wanted = (each for each in _crossed(search) if each.platform not in slow)
        crossed = next(wanted, None) if search.has_fast_one else None
        if crossed is None or search.stopped:
            return
        _try_at_work(search, crossed)
        if search.is_slow(crossed):
            slow.add(crossed.platform)


def _crossed(search: Search) -> Iterator[Combination]:
    """Yield what was not tried of these, the least of the slow ones first; what is for musl by another allocator."""
    pick = search.best
    code = [choice for choice in pick.choices if choice.is_slower or choice.is_guided]
    for slow in search.too_slow():
        crossed = slow.at_speed_among(search.space)
        for choice in code:
            crossed = crossed.with_choice(choice)
        crossed = next(iter(_by_mimalloc(search, crossed.possible_part)), crossed.possible_part)
        if search.is_new(crossed) and _may_be_picked(search, crossed):
            yield crossed


def _may_be_picked(search: Search, combination: Combination) -> bool:
    """Return whether a candidate can come before the best one: what takes no command of its own may come first."""
    return not search.has_fast_one or is_plain(search.job, combination) or not is_plain(search.job, search.best)


def _try_by_mimalloc(search: Search, slow: Combination) -> None:
    """Try a slow candidate for musl with another allocator, at full speed: another one may be fast enough, and larger.

    Code that aborts may be the slower one, by chance: then it unwinds.
    """
    for musl in (slow.at_speed_among(search.space), *slow.unwinding_among(search.space)):
        for faster in _by_mimalloc(search, musl):
            if search.is_slow(slow) and _may_be_picked(search, faster):
                _try_at_work(search, faster)
                slow = faster if faster.label in search.working else slow


def _try_at_work(search: Search, combination: Combination) -> None:
    """Build and time a candidate, and its work where it is the best."""
    if combination.label not in search.trials:
        search.build([combination])
        search.time_finally()
        time_work(search)


def _faster(search: Search, best: Combination) -> Iterator[Combination]:
    """Yield what may be quicker at its work than a candidate, the smallest first."""
    at_speed, on_platform = best.without_taking("speed").possible_part, best.at_speed_among(search.space)
    yield from _by_mimalloc(search, best)
    yield from _guided(search, best)
    if on_platform.platform:
        yield on_platform
        yield from _by_mimalloc(search, on_platform)
    yield from (at_speed.with_choice(choice) for choice in search.space.factors.get("inlining", ())[:1])
    yield at_speed
    yield best.without_taking("speed", "allocator").possible_part


def _by_mimalloc(search: Search, combination: Combination) -> list[Combination]:
    """Return a candidate with mimalloc in place of the C library's allocator, where that is possible."""
    others = [combination.with_choice(choice) for choice in search.space.choices if choice.by_mimalloc]
    return [each for each in others if each.is_possible]


def _guided(search: Search, combination: Combination) -> list[Combination]:
    """Return a candidate with a profile to guide it, where that is possible and no command of its own is a bar."""
    guided = [combination.with_choice(choice) for choice in search.space.choices if choice.is_guided]
    return [each for each in guided if each.is_possible and is_plain(search.job, each)]
