"""The short search: the best candidate stands ready without what makes code slower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from burnish.concessions import NAMES
from burnish.model import Side, Trial
from burnish.resources import config_file
from burnish.search import keeping_speed, tune, under_way
from burnish.search.choices import Combination, Judges, SearchSpace, load_space, needs_of

SEARCH = config_file("search.toml").read_bytes()
SPACE = load_space(SEARCH, frozenset({"abort"}), frozenset(NAMES), Judges(benches=True))
SIDE = Side(command=[], build_seconds=1.0, artifact="after", size_bytes=100)


def candidate(*ids: str) -> Combination:
    """Return the candidate of these choices."""
    found = SPACE.candidate(ids)
    assert found is not None
    return found


class Scripted(under_way.Search):
    """A search that tries nothing: what is the best is told for each time that its trials are timed."""

    bests: Sequence[Combination]
    most: int

    @property
    def job(self) -> Any:
        """Return nothing that would be asked."""

    notes = job
    meets_budget = meets_at_speed = True
    has_slow_one = False

    @property
    def has_fast_one(self) -> bool:
        """Return that the best one is."""
        return True

    @property
    def best(self) -> Combination:
        """Return the one whose turn it is."""
        return self.bests[0]

    def build(self, wanted: Sequence[Combination]) -> None:
        """Take each one for tried, as far as the limit goes."""
        for each in wanted:
            self.stopped = self.stopped or ("the limit" if len(self.trials) == self.most else "")
            if not self.stopped:
                self.trials[each.label] = Trial(name=each.label, choices=[], unusual=0, settings=[], side=SIDE)

    def time_finally(self) -> None:
        """Go on to the next best one."""
        self.bests = self.bests[1:] or self.bests

    def too_slow(self) -> list[Combination]:
        """Return none."""
        return []

    def result(self) -> Any:
        """Judge nothing."""


def searched(monkeypatch: pytest.MonkeyPatch, *bests: Combination, most: int = 99) -> list[str]:
    """Return what a short search tries where these are the best in turn, and it may try so many."""
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges(benches=True))
    monkeypatch.setattr(keeping_speed, "time_work", lambda _: None)
    search = Scripted(space=SearchSpace(factors={}, short=()), workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    search.bests, search.most = bests, most
    tune.search_shortly(search, [])
    return list(search.trials)


SMALL = candidate("opt-level.z")
ABORTS = candidate("opt-level.z", "panic.abort")


def test_the_best_is_built_at_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same one without what is made for size."""
    assert searched(monkeypatch, ABORTS) == [ABORTS.at_speed.label] == ["panic abort"]


def test_another_best_one_is_built_at_speed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timed once more, another one may be the best: what stands ready is that one's."""
    assert searched(monkeypatch, SMALL, SMALL, ABORTS, ABORTS) == ["the base", "panic abort"]


def test_the_best_ones_end_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be tried is not asked for again and again."""
    assert searched(monkeypatch, SMALL, SMALL, ABORTS, most=1) == ["the base"]


@pytest.mark.parametrize(("meets", "tried"), [(True, False), (False, True)])
def test_what_needs_a_command_is_tried_where_only_small_code_meets_the_budget(
    monkeypatch: pytest.MonkeyPatch, *, meets: bool, tried: bool
) -> None:
    """Benches may fail all of that; with a rebuilt standard library code at full speed may meet the budget too."""
    facts = frozenset({"abort", "musl", "build-std", "flags", "target", "cargo -Z build-std-features"})
    space = load_space(SEARCH, facts, frozenset(NAMES), Judges(benches=True))
    rebuilt = space.candidate(["opt-level.z", "link.musl-untraced"])
    assert rebuilt is not None
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges(benches=True))
    monkeypatch.setattr(tune, "is_plain", lambda _, each: not each.arguments)
    monkeypatch.setattr(keeping_speed, "time_work", lambda _: None)
    monkeypatch.setattr(Scripted, "meets_at_speed", meets)
    search = Scripted(
        space=SearchSpace(factors={}, short=(SMALL, rebuilt)),
        workshop=None,  # type: ignore[arg-type]
        time_budget_seconds=1.0,
    )
    search.bests, search.most = [SMALL], 99
    tune.search_shortly(search, [])
    assert list(search.trials) == ["opt-level z", "the base", *([rebuilt.at_speed.label] if tried else [])]


class Slow(Scripted):
    """A search in which all is too slow at its work, but for what is told."""

    fast: str = ""
    has_slow_one = True

    @property
    def has_fast_one(self) -> bool:
        """Return whether the fast one was tried."""
        return self.fast in self.trials

    def is_slow(self, combination: Combination) -> bool:
        """Return whether it is not the fast one."""
        return combination.label != self.fast


def quickened(monkeypatch: pytest.MonkeyPatch, best: Combination, *, fast: str = "", without: str = "") -> list[str]:
    """Return what is tried where the best is too slow at its work, up to the fast one, on a machine without a fact."""
    facts = needs_of(SEARCH) - {without}
    space = load_space(SEARCH, facts, frozenset(NAMES), Judges(workloads=True))
    search = Slow(space=space, workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    search.fast = fast
    return tried_by(search, best, monkeypatch)


def tried_by(search: Scripted, best: Combination, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a search tries to keep the speed of this candidate."""
    monkeypatch.setattr(keeping_speed, "is_plain", lambda *_: True)
    monkeypatch.setattr(keeping_speed, "time_work", lambda _: None)
    search.bests, search.most = [best], 99
    keeping_speed.keep_the_speed(search)
    return list(search.trials)


EVERYTHING = load_space(SEARCH, needs_of(SEARCH), frozenset(NAMES), Judges(workloads=True))


def choosing(*ids: str) -> Combination:
    """Return the candidate of these choices, of all that there are."""
    found = EVERYTHING.candidate(ids)
    assert found is not None
    return found


MUSL = choosing("opt-level.z", "link.musl-untraced-for-size")


def test_slow_candidate_for_musl_is_given_another_allocator_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is fast enough. Where nothing is, it stays small, then without it; in the end it has its own."""
    small = "static musl without stack tables, made for size"
    quick = "static musl without stack tables"
    tried = quickened(monkeypatch, MUSL)
    assert tried == [
        f"mimalloc, {quick}",
        "mimalloc, static musl without backtraces",
        "mimalloc, static musl",
        f"mimalloc, {small}, opt-level z",
        quick,
        "less inlining",
        "the base",
    ]
    assert quickened(monkeypatch, MUSL, fast=tried[0]) == tried[:1]
    assert quickened(monkeypatch, MUSL, fast=tried[4]) == tried[:5]
    monkeypatch.setattr(Slow, "has_fast_one", True)
    assert quickened(monkeypatch, MUSL) == tried[:3]  # another one is fast enough, and larger
    assert quickened(monkeypatch, MUSL, fast=tried[0]) == tried[:1]
    assert quickened(monkeypatch, ABORTS) == []


def test_next_allocator_is_tried_where_one_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the effort, or does not work, is no reason to leave the rest."""
    left_out = "mimalloc, static musl without backtraces"
    search = Slow(space=EVERYTHING, workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    build = search.build
    monkeypatch.setattr(search, "build", lambda wanted: build([each for each in wanted if each.label != left_out]))
    tried = tried_by(search, MUSL, monkeypatch)
    assert tried[:2] == ["mimalloc, static musl without stack tables", "mimalloc, static musl"]
    assert left_out not in tried


def test_what_cannot_be_picked_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another allocator takes a command of its own; what is fast enough and takes none comes before it."""
    search = Slow(space=EVERYTHING, workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    monkeypatch.setattr(Slow, "has_fast_one", True)
    monkeypatch.setattr(keeping_speed, "is_plain", lambda _, each: each == MUSL)
    monkeypatch.setattr(keeping_speed, "time_work", lambda _: None)
    search.bests, search.most = [MUSL], 99
    keeping_speed.keep_the_speed(search)
    assert list(search.trials) == []


def test_without_another_allocator_the_slow_one_loses_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not to be had, as for a program that brings its own, nothing asks for it."""
    quick = "static musl without stack tables"
    assert quickened(monkeypatch, MUSL, without="mimalloc") == [quick, "less inlining", "the base"]


def test_slow_candidate_elsewhere_keeps_its_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's allocator but musl's is replaced."""
    tried = quickened(monkeypatch, ABORTS)
    assert tried == ["guided by a profile, opt-level z, panic abort", "less inlining, panic abort", "panic abort"]


class Crossing(Slow):
    """A search in which some are too slow at their work, and the pick is told."""

    slow: Sequence[Combination]
    still_slow: frozenset[str] = frozenset()

    @property
    def has_fast_one(self) -> bool:
        """Return that there is one."""
        return True

    def is_slow(self, combination: Combination) -> bool:
        """Return what is told."""
        return combination in self.slow or combination.label in self.still_slow

    def too_slow(self) -> list[Combination]:
        """Return those that were from the beginning."""
        return list(self.slow)


def crossed(
    monkeypatch: pytest.MonkeyPatch, pick: Combination, *slow: Combination, still_slow: Sequence[str] = ()
) -> list[str]:
    """Return what is tried where these are too slow and the pick is not."""
    search = Crossing(space=EVERYTHING, workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    search.slow, search.still_slow = slow, frozenset(still_slow)
    return tried_by(search, pick, monkeypatch)


PLAIN = choosing("opt-level.z", "link.own-libgcc", "position.fixed")


def test_slow_candidates_are_tried_with_the_code_of_the_pick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How they are linked has not made them slow: s is fast enough, and so may be the rest of z's candidate with it."""
    pick = candidate("opt-level.s")
    assert crossed(monkeypatch, pick, PLAIN, MUSL) == [
        "libgcc inside, opt-level s, fixed address",
        "mimalloc, static musl without stack tables, opt-level s",
    ]
    guided = ["guided by a profile, libgcc inside, opt-level s, fixed address"]
    assert crossed(monkeypatch, choosing("opt-level.s", "guided.profile"), PLAIN) == guided
    assert crossed(monkeypatch, Combination(), SMALL) == ["the base"]


def test_what_is_too_slow_with_the_picks_code_too_ends_it_for_that_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is not the code; and nobody builds for ever."""
    pick, first = candidate("opt-level.s"), "libgcc inside, opt-level s, fixed address"
    again = PLAIN.without("position")
    assert crossed(monkeypatch, pick, PLAIN, again, MUSL, still_slow=[first]) == [
        first,
        "mimalloc, static musl without stack tables, opt-level s",
    ]
    assert crossed(monkeypatch, pick, PLAIN, again) == [first, "libgcc inside, opt-level s"]
