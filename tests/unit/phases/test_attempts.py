"""Which candidates are applied, one after the other, while their gates fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from burnish.concessions import NAMES
from burnish.model import Gate, Side, Trial, Tune
from burnish.phases import searching
from burnish.phases.searching import attempts
from burnish.resources import config_file
from burnish.search.choices import Judges, load_space

SPACE = load_space(config_file("search.toml").read_bytes(), frozenset({"abort"}), frozenset(NAMES), Judges())
FAILS_BENCHES = Gate(
    name="benches", criterion="", verdict="fail", measured=1.2, limit=1.1, unit="ratio", reason="a bench is slower"
)


def trial(*choices: str) -> Trial:
    """Return a trial of these choices that may pass."""
    side = Side(command=[], build_seconds=1.0, artifact="a", size_bytes=1)
    return Trial(name=", ".join(choices), choices=list(choices), unusual=0, settings=[], side=side)


def applied(
    monkeypatch: pytest.MonkeyPatch, trials: list[Trial], *, lost: tuple[str, ...] = (), kept: str = ""
) -> list[str]:
    """Return what is applied where all fail their benches, or lose some tests too, but for what is kept."""
    monkeypatch.setattr(searching, "space_of", lambda *_: SPACE)
    monkeypatch.setattr(searching, "candidate_of", lambda _job, combination: combination.label)
    report = SimpleNamespace(tune=Tune(base="portable", trials=trials, frontier=[], pick="x"), gates=[], selection=None)
    session: Any = SimpleNamespace(
        job=None, notes=SimpleNamespace(report=report, warn=lambda _text: None), is_kept=False
    )
    names: list[Any] = []
    for name in attempts(session):
        names.append(name)
        session.is_kept = str(name) == kept
        judged = [msgspec.structs.replace(each, gates=[FAILS_BENCHES], lost_tests=list(lost)) for each in trials]
        report.tune = msgspec.structs.replace(report.tune, trials=judged)
    return names


def test_base_that_was_not_tried_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effort ended before it was built: what makes code slower fails its benches, and the base need not."""
    assert applied(monkeypatch, [trial("opt-level.z")]) == ["opt-level z", "the base"]


def test_base_is_not_applied_where_it_was_tried_or_another_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its own place among the trials, behind what is better."""
    assert applied(monkeypatch, [trial("opt-level.z"), trial()]) == ["opt-level z", "the base"]
    assert applied(monkeypatch, [trial("opt-level.z")], kept="opt-level z") == ["opt-level z"]


def test_base_that_would_fail_as_well_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that share no choice have lost the same test: it lies in what all have."""
    assert applied(monkeypatch, [trial("opt-level.z"), trial("panic.abort")], lost=("a",)) == ["opt-level z"]


def test_base_is_not_applied_where_nothing_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search in which no trial meets its limits is judged by the nearest."""
    too_large = Gate(name="size", criterion="", verdict="fail", measured=2.0, limit=1.0, unit="bytes", reason="")
    large = msgspec.structs.replace(trial("opt-level.z"), gates=[too_large])
    assert applied(monkeypatch, [large]) == []
