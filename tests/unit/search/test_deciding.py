"""What the first rounds of its work leave undecided is timed for longer where it would be the pick."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from burnish.job.settings import defaults_layer, resolve
from burnish.model import Gate, Side, Trial, VerdictName
from burnish.resources import config_file
from burnish.search import under_way
from burnish.search.choices import Combination, SearchSpace
from burnish.search.under_way import Search

SETTINGS = resolve([defaults_layer(config_file("defaults.toml").read_bytes())]).settings


def gate(name: str, verdict: VerdictName) -> Gate:
    """Return a gate with this verdict."""
    return Gate(name=name, criterion="", verdict=verdict, measured=None, limit=None, unit="", reason="")


def trial(name: str, size: int, work: VerdictName, *others: Gate, sha256: str = "") -> Trial:
    """Return a trial of this size, whose work was judged so."""
    side = Side(command=[], build_seconds=1.0, artifact=name, size_bytes=size, sha256=sha256 or name, workloads=[])
    return Trial(name=name, choices=[], unusual=0, settings=[], side=side, gates=[gate("workloads", work), *others])


class Decided(Search):
    """A search in which what is timed for longer turns out as told."""

    truth: dict[str, VerdictName]
    asked: list[list[str]]
    is_first = True

    @property
    def job(self) -> Any:
        """Return the settings."""
        return SimpleNamespace(settings=SETTINGS)

    @property
    def notes(self) -> Any:
        """Return notes of nothing."""
        return SimpleNamespace(report=SimpleNamespace(binaries=[]), note_side=lambda *_, **__: None)

    def _digest(self, name: str) -> str:
        return str(self.trials[name].side.sha256)

    def _to_time_at_work(self) -> list[str]:
        is_first, self.is_first = self.is_first, False
        return list(self.trials) if is_first else []

    def _time_work(self, _: Any, names: Sequence[str], *, screens: bool = True) -> None:
        if screens:
            return
        self.asked.append(list(names))
        for name, each in self.trials.items():
            if any(self._digest(name) == self._digest(asked) for asked in names):
                others = [one for one in each.gates if one.name != "workloads"]
                gates = [gate("workloads", self.truth[name]), *others]
                self.trials[name] = msgspec.structs.replace(each, gates=gates)


def decided(
    monkeypatch: pytest.MonkeyPatch, *trials: Trial, truth: dict[str, VerdictName] | None = None
) -> tuple[list[list[str]], str]:
    """Return what is timed for longer, at each time, and the pick after it."""
    monkeypatch.setattr(under_way, "workloads_here", lambda _: ["work"])
    monkeypatch.setattr(under_way, "started_binaries", lambda *_: [])
    search = Decided(space=SearchSpace(factors={}, short=()), workshop=None, time_budget_seconds=1.0)  # type: ignore[arg-type]
    search.asked, search.truth = [], truth or {}
    search.trials = {each.name: each for each in trials}
    search.combinations = {each.name: Combination() for each in trials}
    search.time_work()
    return search.asked, search.ranked()[0].name


def test_half_the_size_is_worth_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small and near the limit is the pick where it turns out to be fast enough, and only then."""
    both = (trial("small", 50, "inconclusive"), trial("large", 100, "pass"))
    assert decided(monkeypatch, *both, truth={"small": "pass"}) == ([["small"]], "small")
    assert decided(monkeypatch, *both, truth={"small": "fail"}) == ([["small"]], "large")


def test_nothing_is_timed_for_longer_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what is larger than the pick, nor what failed, nor what would miss something else."""
    pick = trial("pick", 50, "pass")
    larger, slow = trial("larger", 60, "inconclusive"), trial("slow", 40, "fail")
    noisy = trial("noisy", 40, "inconclusive", gate("startup", "inconclusive"))
    assert decided(monkeypatch, pick, larger, slow, noisy) == ([], "pick")


def test_undecided_pick_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none was shown to be fast enough, the next one has its turn, and each of them once."""
    both = (trial("small", 50, "inconclusive"), trial("large", 100, "inconclusive"))
    asked, pick = decided(monkeypatch, *both, truth={"small": "inconclusive", "large": "pass"})
    assert (asked, pick) == ([["small", "large"]], "large")


def test_same_file_is_timed_once_and_as_many_as_are_timed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that do nothing here make the same file; more than the finalists have their turn after those."""
    many = [trial(f"t{number}", 10 + number, "inconclusive") for number in range(5)]
    same = trial("t0 too", 10, "inconclusive", sha256="t0")
    truth: dict[str, VerdictName] = {each.name: "fail" for each in (*many, same)}
    asked, pick = decided(monkeypatch, *many, same, trial("pick", 90, "pass"), truth=truth)
    assert (asked, pick) == ([["t0", "t1", "t2", "t3"], ["t4"]], "pick")
