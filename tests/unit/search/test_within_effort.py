"""A search within its effort: what is tried of it, in which order, and what is said of the rest."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from burnish.concessions import NAMES, Concession
from burnish.job.options import Options
from burnish.job.settings import defaults_layer, resolve
from burnish.model import Gate, Side, Trial, Tune, VerdictName
from burnish.resources import config_file
from burnish.search import offers, tune, under_way
from burnish.search.choices import Combination, Judges, SearchSpace, load_space
from burnish.search.effort import Effort
from burnish.search.offers import make_offers
from burnish.system.console import Console

SETTINGS = resolve([defaults_layer(config_file("defaults.toml").read_bytes())]).settings
SPACE = load_space(config_file("search.toml").read_bytes(), frozenset({"abort"}), frozenset(NAMES), Judges())
SLOW = 100.0
JOB = SimpleNamespace(
    settings=SETTINGS,
    options=Options(package=("app",)),
    console=Console(env={}, out=io.StringIO(), err=io.StringIO()),
    said=frozenset(),
)
NOTES = SimpleNamespace(
    side=lambda _: Side(command=[], build_seconds=SLOW, size_bytes=900), report=SimpleNamespace(binaries=[])
)


def candidate(*ids: str) -> Combination:
    """Return the candidate of these choices."""
    found = SPACE.candidate(ids)
    assert found is not None
    return found


@dataclass(kw_only=True)
class Builder:
    """A workshop in which each build takes its time, and some trials were left by an earlier search."""

    effort: Effort
    kept: Collection[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    offered: frozenset[Concession] = frozenset()
    built: list[str] = field(default_factory=list)
    job: Any = field(default_factory=lambda: JOB)
    notes: Any = field(default_factory=lambda: NOTES)
    jobs: int = 1
    failing: Collection[str] = ()
    size_verdict: VerdictName = "pass"
    at_once: list[list[str]] = field(default_factory=list)

    def build_ahead(self, candidates: Any, *, done: int, known: int) -> bool:
        """Take those that are not there for built; `done` and `known` are for who watches."""
        assert 0 <= done < known
        labels = [label for label in candidates if label not in self.kept][: self.jobs]
        if len(labels) > 1:
            self.at_once.append(labels)
            self.kept = {*self.kept, *labels}
            for label in labels:
                self.effort.note(self.seconds.get(label, SLOW) / len(labels))
        return len(labels) > 1

    def is_kept(self, combination: Combination) -> bool:
        """Return whether it is there."""
        return combination.label in self.kept

    def try_combination(self, combination: Combination) -> Trial:
        """Build it, where it is not."""
        if combination.label not in self.kept:
            self.built.append(combination.label)
            self.effort.note(self.seconds.get(combination.label, SLOW))
        side = Side(command=[], build_seconds=SLOW, artifact="a", size_bytes=100, sha256=combination.label)
        failure = "does not build" if combination.label in self.failing else ""
        trial = Trial(name=combination.label, choices=list(combination.ids), unusual=0, settings=[], side=side)
        verdict = self.size_verdict
        gates = [Gate(name="size", verdict=verdict, criterion="", measured=100, limit=None, unit="B", reason="")]
        return msgspec.structs.replace(trial, gates=gates, failure=failure)


def job_with(max_trials: int) -> Any:
    """Return a job with another limit."""
    search = msgspec.structs.replace(SETTINGS.search, max_trials=max_trials)
    return SimpleNamespace(**{**vars(JOB), "settings": msgspec.structs.replace(SETTINGS, search=search)})


@pytest.fixture(autouse=True)
def _labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a candidate's label stand for all else that is to be known of it to build it."""
    monkeypatch.setattr(under_way, "candidate_of", lambda _job, combination: combination.label)


def search_with(builder: Builder) -> under_way.Search:
    """Return a search that builds there."""
    workshop: Any = builder
    return under_way.Search(space=SearchSpace(factors={}, short=()), workshop=workshop, time_budget_seconds=9e9)


Z, S, BASE, ABORT = candidate("opt-level.z"), candidate("opt-level.s"), Combination(), candidate("panic.abort")


def test_what_comes_first_is_built_as_far_as_the_effort_goes() -> None:
    """Of three builds the last one is kept for offers; the rest is named, with the command that builds it."""
    builder = Builder(effort=Effort(times=3.0, build_seconds=SLOW))
    search = search_with(builder)
    search.build([Z, BASE, S, ABORT])
    assert builder.built == ["opt-level z", "the base"]
    assert search.why_stopped == (
        'left out for search.effort, after 3 min of building trials: "opt-level s", "panic abort"; '
        "`burnish tune --package app` tries them"
    )


def test_one_is_built_however_long_it_takes() -> None:
    """It is the first one, and nothing more is begun."""
    builder = Builder(effort=Effort(times=3.0, build_seconds=SLOW), seconds={"opt-level z": 1000.0})
    search_with(builder).build([Z, BASE, S])
    assert builder.built == ["opt-level z"]


def test_base_goes_before_what_is_kept_for_offers() -> None:
    """What else fails can fall back on it."""
    slower = {"opt-level z": 110.0}
    builder = Builder(effort=Effort(times=3.0, build_seconds=SLOW), seconds=slower)
    search_with(builder).build([Z, BASE])
    other = Builder(effort=Effort(times=3.0, build_seconds=SLOW), seconds=slower)
    search_with(other).build([BASE, Z, S])
    assert (builder.built, other.built) == (["opt-level z", "the base"], ["the base", "opt-level z"])


def test_what_an_earlier_search_has_built_costs_nothing() -> None:
    """It is looked at, though the effort is spent."""
    builder = Builder(effort=Effort(times=1.0, build_seconds=SLOW), kept={"panic abort"})
    search = search_with(builder)
    search.build([Z, BASE, ABORT])
    assert builder.built == ["opt-level z"]
    assert list(search.trials) == ["opt-level z", "panic abort"]
    assert '"the base"' in search.why_stopped
    assert "panic abort" not in search.why_stopped


def test_search_without_an_effort_builds_all() -> None:
    """So does `tune`, which has a time budget."""
    builder = Builder(effort=Effort())
    search = search_with(builder)
    search.build([Z, BASE, S, ABORT])
    assert len(builder.built) == 4
    assert not search.why_stopped


def test_trials_that_are_kept_back_are_made_when_it_goes_on() -> None:
    """They are for what is fast at its work; the limit is the user's word all the same."""
    builder = Builder(effort=Effort(), job=job_with(max_trials=3))
    search = search_with(builder)
    search.kept_back = 2
    search.build([Z, BASE])
    assert builder.built == ["opt-level z"]
    kept = "1 of 3 trials were made, 2 of them kept for what is fast at its work, with 1 more to try"
    assert search.stopped == kept
    search.go_on()
    search.build([BASE, S, ABORT])
    assert builder.built == ["opt-level z", "the base", "opt-level s"]
    assert search.stopped == "the limit of 3 trials was reached with 1 more to try"


def test_candidate_beyond_the_effort_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best one at speed cannot be built: the search ends all the same."""
    builder = Builder(effort=Effort(times=1.0, build_seconds=SLOW))
    search = search_with(builder)
    monkeypatch.setattr(under_way.Search, "best", Z)
    monkeypatch.setattr(under_way.Search, "time_finally", lambda _: None)
    search.build([Z])
    tune._build_at_speed(search)
    assert builder.built == ["opt-level z"]


@pytest.mark.parametrize(("times", "count"), [(3.0, 1), (4.0, 2), (2.0, 0)])
def test_offers_have_what_the_candidates_leave(monkeypatch: pytest.MonkeyPatch, times: float, count: int) -> None:
    """What could not be built of them is counted, and named with the rest."""
    builder = Builder(effort=Effort(times=times, build_seconds=SLOW, spent_seconds=[SLOW, SLOW]))
    search = search_with(builder)
    monkeypatch.setattr(offers, "offered", lambda *_: [(["speed"], Z), (["unwinding"], ABORT)])
    found = Tune(base="portable", trials=[], frontier=[], pick=None)
    assert len(make_offers(search, found, may_pass=False)) == count
    assert len(builder.built) == count
    left = f": {2 - count} of what concessions would buy; `burnish tune --package app` tries them"
    assert search.why_stopped.endswith(left) or count == 2


def test_base_is_the_second_candidate_of_a_short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pick that is known, or the likeliest to pay, comes first, then what a change falls back on."""
    monkeypatch.setattr(tune, "is_plain", lambda *_: True)
    monkeypatch.setattr(under_way.Search, "time_finally", lambda _: None)
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges())
    monkeypatch.setattr(tune, "keep_the_speed", lambda _: None)
    for known, short, built in (
        ([], (Z, S, BASE), ["opt-level z", "the base", "opt-level s"]),
        ([S], (Z, BASE), ["opt-level s", "the base", "opt-level z"]),
        ([], (BASE,), ["the base"]),
    ):
        builder = Builder(effort=Effort())
        search = search_with(builder)
        search.space = SearchSpace(factors={}, short=short)
        tune.search_shortly(search, known)
        assert builder.built == built


@pytest.mark.parametrize(
    ("jobs", "at_once"),
    [
        (1, []),
        (2, [["opt-level z", "the base"], ["opt-level s", "panic abort"]]),
        (9, [["opt-level z", "the base", "opt-level s", "panic abort"]]),
    ],
)
def test_candidates_that_would_all_be_asked_for_are_built_at_once(jobs: int, at_once: list[list[str]]) -> None:
    """As many as there are jobs; the trials are the same, in the same order."""
    builder = Builder(effort=Effort(), jobs=jobs)
    search = search_with(builder)
    search.build([Z, BASE, S, ABORT])
    assert builder.at_once == at_once
    assert list(search.trials) == ["opt-level z", "the base", "opt-level s", "panic abort"]


def test_no_more_are_built_at_once_than_effort_and_limits_allow() -> None:
    """What would not be begun one after the other is not begun together."""
    builder = Builder(effort=Effort(times=2.0, build_seconds=SLOW), jobs=9)
    search_with(builder).build([Z, BASE, S, ABORT])
    assert builder.at_once == [["opt-level z", "the base"]]
    spent = Builder(effort=Effort(times=0.0, build_seconds=SLOW), jobs=9)
    search_with(spent).build([Z, BASE, S, ABORT])
    assert (spent.at_once, spent.built) == ([], ["opt-level z"])
    late = search_with(Builder(effort=Effort(), jobs=9))
    late.time_budget_seconds = 0.0
    late.build([Z])
    late.build([BASE, S])
    assert list(late.trials) == ["opt-level z"]


def test_what_a_failure_answers_is_no_trial_though_it_was_built_beside_it() -> None:
    """The search comes to the same as one after the other: the base fails, and nobody asks for the rest."""
    found = []
    for jobs in (1, 3):
        builder = Builder(effort=Effort(), jobs=jobs, failing=["the base", "opt-level z", "opt-level s"])
        search = search_with(builder)
        search.build([BASE, Z, S])
        found.append((search.trials, search.why_stopped))
    assert found[0] == found[1]
    assert list(found[0][0]) == ["the base"]


def test_offers_are_built_at_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the effort has left for them."""
    builder = Builder(effort=Effort(times=4.0, build_seconds=SLOW, spent_seconds=[SLOW, SLOW]), jobs=9)
    wanted = [(["speed"], Z), (["unwinding"], ABORT), (["fixed-address"], S)]
    monkeypatch.setattr(offers, "offered", lambda *_: wanted)
    found = Tune(base="portable", trials=[], frontier=[], pick=None)
    assert len(make_offers(search_with(builder), found, may_pass=False)) == 3
    assert builder.at_once == [["opt-level z", "panic abort"]]


@pytest.mark.parametrize(
    ("verdict", "all_gates", "is_timed"), [("pass", False, True), ("fail", False, False), ("fail", True, True)]
)
def test_no_workload_is_timed_for_candidates_that_have_failed(
    monkeypatch: pytest.MonkeyPatch, verdict: VerdictName, *, all_gates: bool, is_timed: bool
) -> None:
    """An impossible limit of the size ends a short search without minutes of work; `--all-gates` has all of it."""
    timed: list[under_way.Search] = []
    monkeypatch.setattr(tune, "is_plain", lambda *_: True)
    monkeypatch.setattr(under_way.Search, "time_finally", lambda _: None)
    monkeypatch.setattr(tune, "judges_here", lambda *_: Judges())
    monkeypatch.setattr(tune, "keep_the_speed", timed.append)
    monkeypatch.setattr(under_way.Search, "result", lambda _: None)
    job = SimpleNamespace(**{**vars(JOB), "options": Options(all_gates=all_gates)})
    search = search_with(Builder(effort=Effort(), job=job, size_verdict=verdict))
    search.space = SearchSpace(factors={}, short=(Z, BASE))
    tune.search_shortly(search, [])
    assert timed == ([search] if is_timed else [])
