"""The search: each choice by itself, the best ones together, and the finalists timed against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burnish.model import Tune
from burnish.search.at_work import time_work
from burnish.search.candidates import best_choices, combinations, neighbours, one_at_a_time
from burnish.search.choices import Combination
from burnish.search.keeping_speed import keep_the_speed
from burnish.search.space import judges_here
from burnish.search.under_way import Search, is_plain

PIVOT = "link"
"""The factor with which the others are combined anew: it decides which budgets can be met at all."""
_FOR_SPEED = 8


def search_widely(search: Search) -> Tune:
    """Try every choice by itself, then the best ones together and what comes near them, and time the finalists.

    What is likeliest to pay comes first after the base, so that a search with narrow limits has tried that.
    """
    settings = search.job.settings
    if judges_here(search.job, search.notes).workloads:
        search.kept_back = min(_FOR_SPEED, settings.search.max_trials // 4)
    wanted = [Combination(), *search.space.short, *one_at_a_time(search.space)]
    search.build(wanted)
    search.time(all_rounds=settings.search.screen_rounds)
    effects = search.effects()
    best = best_choices(search.space, effects)
    together = combinations(search.space, best, PIVOT)
    search.build(together)
    near = neighbours(search.leader(), search.space, effects)
    search.build(near)
    search.time_finally()
    keep_the_speed(search)
    if search.kept_back:  # nothing was too slow: the rest is for what was left
        search.go_on()
        search.build([*wanted, *together, *near])
        search.time_finally()
        time_work(search)
    return search.result()


def search_shortly(search: Search, known: Iterable[Combination]) -> Tune:
    """Try a handful of candidates: those that an earlier search found, and the likeliest to pay.

    What needs a command of its own, and minutes to build, is tried where nothing else meets the budget. Where there are
    benches, which code that is made for size may fail, the best one made for speed stands ready, by such a command too.
    """
    wanted = _base_second([*known, *search.space.short])
    plain = [each for each in wanted if is_plain(search.job, each)]
    search.build(plain)
    search.time_finally()
    if not search.meets_budget and len(plain) < len(wanted):
        search.build(wanted)
        search.time_finally()
    if judges_here(search.job, search.notes).benches:
        _build_at_speed(search)
        if search.meets_budget and not search.meets_at_speed:
            search.build([each.at_speed for each in wanted if each not in plain])
            search.time_finally()
    if search.may_pass or search.job.options.all_gates:
        keep_the_speed(search)
    return search.result()


def _base_second(wanted: Sequence[Combination]) -> list[Combination]:
    """Return the candidates with the base behind the first: what fails can fall back on it, whatever the effort."""
    others = [each for each in wanted if each.choices]
    return [*others[:1], *(each for each in wanted if not each.choices), *others[1:]]


def _build_at_speed(search: Search) -> None:
    """Build the best candidate without what makes code slower. Once more where another one is the best after that."""
    while not search.stopped and search.is_new(search.best.at_speed):
        search.build([search.best.at_speed])
        search.time_finally()
