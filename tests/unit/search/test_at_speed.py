"""The short search: the best candidate stands ready without what makes code slower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from burnish.concessions import NAMES
from burnish.model import Side, Trial
from burnish.resources import config_file
from burnish.search import tune
from burnish.search.choices import Combination, Judges, SearchSpace, load_space

SPACE = load_space(
    config_file("search.toml").read_bytes(), frozenset({"abort"}), frozenset(NAMES), Judges(benches=True)
)
SIDE = Side(command=[], build_seconds=1.0, artifact="after", size_bytes=100)


def candidate(*ids: str) -> Combination:
    """Return the candidate of these choices."""
    found = SPACE.candidate(ids)
    assert found is not None
    return found


class Scripted(tune.Search):
    """A search that tries nothing: what is the best is told for each time that its trials are timed."""

    bests: Sequence[Combination]
    most: int

    @property
    def job(self) -> Any:
        """Return nothing that would be asked."""

    notes = job
    meets_budget = meets_at_speed = has_fast_one = True

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

    def time_work(self) -> None:
        """Time no workload."""

    def result(self) -> Any:
        """Judge nothing."""


def searched(monkeypatch: pytest.MonkeyPatch, *bests: Combination, most: int = 99) -> list[str]:
    """Return what a short search tries where these are the best in turn, and it may try so many."""
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges(benches=True))
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
    space = load_space(config_file("search.toml").read_bytes(), facts, frozenset(NAMES), Judges(benches=True))
    rebuilt = space.candidate(["opt-level.z", "link.musl-untraced"])
    assert rebuilt is not None
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges(benches=True))
    monkeypatch.setattr(tune, "is_plain", lambda _, each: not each.arguments)
    monkeypatch.setattr(Scripted, "meets_at_speed", meets)
    search = Scripted(
        space=SearchSpace(factors={}, short=(SMALL, rebuilt)),
        workshop=None,  # type: ignore[arg-type]
        time_budget_seconds=1.0,
    )
    search.bests, search.most = [SMALL], 99
    tune.search_shortly(search, [])
    assert list(search.trials) == ["opt-level z", "the base", *([rebuilt.at_speed.label] if tried else [])]
