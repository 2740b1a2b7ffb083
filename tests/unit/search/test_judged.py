"""A trial as it is judged and compared."""

from __future__ import annotations

from typing import Any

from burnish.judge.budget import Budget
from burnish.model import Side, Startup, Trial
from burnish.search.judged import entry_of, means_of_rounds, point_of, with_startup
from burnish.search.timing import Timed

BASELINE = Side(command=[], build_seconds=1.0, artifact="before", size_bytes=200)


def startup(*means: float) -> Startup:
    """Return the start-up of rounds with one run each."""
    mean = sum(means) / len(means)
    timing: dict[str, Any] = {"mean_seconds": mean, "median_seconds": mean, "runs": 1, "command": ["x"]}
    return Startup(ci95_seconds=(min(means), max(means)), rounds=len(means), raw=[[each] for each in means], **timing)


def trial(**parts: Any) -> Trial:
    """Return a trial of 100 bytes."""
    side = Side(command=[], build_seconds=2.0, artifact="after", size_bytes=100)
    return Trial(**{"name": "one", "choices": ["a.b"], "unusual": 1, "settings": [], "side": side, **parts})


TIMED = Timed(own=startup(0.001, 0.0011, 0.0009), baseline=startup(0.002, 0.0022, 0.0018))


def test_start_up_is_judged_against_the_baseline_of_the_same_rounds() -> None:
    """The ratio is the paired one, and the gate is the budget's."""
    judged = with_startup(trial(), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    assert judged.startup_ratio is not None
    assert [round(value, 6) for value in judged.startup_ratio] == [0.5, 0.5, 0.5]
    assert [(gate.name, gate.verdict) for gate in judged.gates] == [("startup", "fail")]


def test_start_up_that_is_judged_again_has_one_gate() -> None:
    """More rounds replace the verdict of the fewer."""
    once = with_startup(trial(), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    again = with_startup(once, TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.1))
    assert [(gate.name, gate.verdict) for gate in again.gates] == [("startup", "pass")]


def test_entry_is_what_is_compared() -> None:
    """Size, rounds, how unusual it is, and how far it misses."""
    judged = with_startup(trial(command="x cargo build"), TIMED, BASELINE, Budget(name="b", max_startup_seconds=0.0005))
    entry = entry_of(judged, means_of_rounds(TIMED), plain_first=True)
    assert (entry.name, entry.size_bytes, entry.unusual, entry.settings) == ("one", 100, 1, 1)
    assert (entry.verdict, entry.is_plain) == ("fail", False)
    assert entry.round_means == (0.001, 0.0011, 0.0009)
    assert entry.excess > 1
    assert entry_of(judged, (), plain_first=False).is_plain


def test_trial_of_which_the_budget_asks_nothing_passes() -> None:
    """No limit is no failure."""
    assert entry_of(trial(), (), plain_first=True).verdict == "pass"


def test_point_has_the_interval_where_there_is_one() -> None:
    """An untimed trial still has its place by size."""
    assert point_of(trial()).startup is None
    assert point_of(with_startup(trial(), TIMED, BASELINE, Budget(name="b"))).startup == (0.0009, 0.0011)
