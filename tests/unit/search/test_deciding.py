"""What the first rounds of its work leave undecided is timed once more where it would be the pick."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from burnish.job.settings import defaults_layer, resolve
from burnish.judge.budget import Budget
from burnish.measure.startup import summarise
from burnish.model import Gate, Side, Startup, Trial, Workload
from burnish.resources import config_file
from burnish.search import at_work
from burnish.search.choices import Combination, SearchSpace
from burnish.search.under_way import Search
from burnish.system.console import Console

SETTINGS = resolve([defaults_layer(config_file("defaults.toml").read_bytes())]).settings
Told = Literal["fast", "slow", "open"]
ROUNDS: Mapping[Told, tuple[float, float]] = {"fast": (1.0, 0.001), "slow": (1.2, 0.001), "open": (1.02, 0.2)}


def times(told: Told, marker: float) -> Startup:
    """Return ten rounds that are so beside the baseline's, each a ten thousandth of `marker` longer."""
    ratio, noise = ROUNDS[told]
    rounds = [[(0.01 + marker * 1e-6) * ratio * (1 + noise * (-1) ** number)] for number in range(10)]
    timing = summarise(["tool"], rounds)
    return Startup(**{name: getattr(timing, name) for name in timing.__struct_fields__}, floor=None)


def trial(name: str, size: int, *gates: Gate, sha256: str = "") -> Trial:
    """Return a trial of this size, with these gates."""
    side = Side(command=[], build_seconds=1.0, artifact=name, size_bytes=size, sha256=sha256 or name)
    return Trial(name=name, choices=[], unusual=0, settings=[], side=side, gates=list(gates))


@dataclass
class Bench:
    """What workloads of programs take: by the first rounds, and by the full plan."""

    first: Mapping[str, Told] = field(default_factory=dict)
    full: Mapping[str, Told] = field(default_factory=dict)
    settled: Sequence[str] = ()
    asked: list[tuple[str, bool, list[str]]] = field(default_factory=list)
    noted: list[Workload] = field(default_factory=list)

    def runs(self, *, screens: bool, **_: Any) -> Any:
        """Return what carries out workloads."""

        def run(settings: Any, programs: Mapping[str, Path], *_: Any) -> dict[str, Workload]:
            names = [name for name in programs if name != "baseline"]
            self.asked.append((settings.name, screens, names))
            known = self.first if screens else self.full
            told: dict[str, Told] = {name: "fast" if settings.name in self.settled else known[name] for name in names}
            marker = len(self.asked)
            seen = {name: Workload(name=settings.name, times=times(each, marker)) for name, each in told.items()}
            return {"baseline": Workload(name=settings.name, times=times("fast", marker)), **seen}

        return SimpleNamespace(run=run)

    def search(self, *trials: Trial, budget_seconds: float = 1e6) -> Search:
        """Return a search with these trials."""
        console = Console(env={}, out=io.StringIO(), err=io.StringIO())
        budget = Budget(name="b", max_workload_ratio=1.05)
        job = SimpleNamespace(settings=SETTINGS, budget=budget, console=console)
        notes = SimpleNamespace(
            report=SimpleNamespace(binaries=[]),
            note_side=lambda _, workloads: self.noted.__setitem__(slice(None), workloads),
            copy=lambda _: Path("baseline"),
        )
        workshop: Any = SimpleNamespace(job=job, notes=notes, binary=lambda trial: Path(trial.name))
        search = Search(space=SearchSpace(factors={}, short=()), workshop=workshop, time_budget_seconds=budget_seconds)
        for each in trials:
            search.trials[each.name] = each
            search.combinations[each.name] = Named(label=each.name)
        return search


class Named(Combination):
    """A combination that is called as its trial is."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.__dict__["label"] = label

    label = ""


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a bench on which one workload is timed."""
    bench = Bench()
    monkeypatch.setattr(at_work, "workloads_here", lambda _: [SimpleNamespace(name="work")])
    monkeypatch.setattr(at_work, "WorkloadRuns", bench.runs)
    monkeypatch.setattr("burnish.search.under_way.started_binaries", lambda *_: [])
    return bench


SMALL, LARGE = trial("small", 50), trial("large", 100)
FIRST = ("work", True, ["small", "large"])


@pytest.mark.parametrize(("full", "pick"), [("fast", "small"), ("slow", "large"), ("open", "large")])
def test_half_the_size_is_worth_a_verdict(bench: Bench, full: Told, pick: str) -> None:
    """What is near the limit is the pick where the full plan shows it, and the baseline is that of its rounds."""
    bench.first, bench.full = {"small": "open", "large": "fast"}, {"small": full}
    search = bench.search(SMALL, LARGE)
    at_work.time_work(search)
    assert bench.asked == [FIRST, ("work", False, ["small"])]
    assert search.ranked()[0].name == pick
    (baseline,) = bench.noted
    assert baseline.times is not None
    assert baseline.times.mean_seconds == pytest.approx(times("fast", 2 if pick == "small" else 1).mean_seconds)


def test_nothing_is_timed_again_for_nothing(bench: Bench) -> None:
    """Neither what is larger than the pick, or hardly smaller, nor what is slow, nor what would miss something else."""
    bench.first = {"pick": "fast", "larger": "open", "alike": "open", "noisy": "open"}
    noisy = Gate(name="startup", criterion="", verdict="inconclusive", measured=None, limit=None, unit="", reason="")
    trials = [trial("pick", 1000), trial("larger", 1200), trial("alike", 994), trial("noisy", 400, noisy)]
    search = bench.search(*trials)
    at_work.time_work(search)
    assert [screens for _, screens, _ in bench.asked] == [True]
    assert search.ranked()[0].name == "pick"


def test_undecided_ones_have_their_turn_the_best_first(bench: Bench) -> None:
    """Where none was shown to be fast enough, the next one is asked, and nobody after the one that is."""
    names = ["a", "b", "c"]
    bench.first = dict.fromkeys(names, "open")
    bench.full = {"a": "slow", "b": "fast"}
    search = bench.search(*(trial(name, 10 * number) for number, name in enumerate(names, 1)))
    at_work.time_work(search)
    assert [asked for _, screens, (*asked,) in bench.asked if not screens] == [["a"], ["b"]]
    assert search.ranked()[0].name == "b"


def test_machine_that_cannot_tell_is_not_asked_for_ever(bench: Bench) -> None:
    """Two that stay undecided by the full plan are enough."""
    names = ["a", "b", "c", "d"]
    bench.first = bench.full = dict.fromkeys(names, "open")
    at_work.time_work(bench.search(*(trial(name, 10 * number) for number, name in enumerate(names, 1))))
    assert [asked for _, screens, (*asked,) in bench.asked if not screens] == [["a"], ["b"]]


def test_same_file_that_comes_later_has_the_verdict(bench: Bench) -> None:
    """Its first rounds would open what was decided."""
    bench.first, bench.full = {"small": "open", "large": "fast"}, {"small": "slow"}
    search = bench.search(SMALL, LARGE)
    at_work.time_work(search)
    asked = list(bench.asked)
    search.trials["twin"] = trial("twin", 50, sha256="small")
    search.combinations["twin"] = Named(label="twin")
    at_work.time_work(search)
    assert bench.asked == asked
    verdicts = {name: each.gates[0].verdict for name, each in search.trials.items()}
    assert verdicts == {"small": "fail", "large": "pass", "twin": "fail"}


def test_what_is_settled_is_not_timed_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two workloads one is near its limit; the other one keeps its rounds."""
    works = [SimpleNamespace(name="work"), SimpleNamespace(name="other")]
    monkeypatch.setattr(at_work, "workloads_here", lambda _: works)
    bench.settled = ["other"]
    bench.first, bench.full = {"small": "open", "large": "fast"}, {"small": "fast"}
    search = bench.search(SMALL, LARGE)
    at_work.time_work(search)
    assert [name for name, screens, _ in bench.asked if not screens] == ["work"]
    assert search.ranked()[0].name == "small"
    assert [each.name for each in search.trials["small"].side.workloads] == ["work", "other"]


def test_what_the_time_does_not_allow_is_told(bench: Bench) -> None:
    """It stays undecided, and the result says why."""
    bench.first = {"small": "open", "large": "fast"}
    search = bench.search(SMALL, LARGE, budget_seconds=0.0)
    at_work.time_work(search)
    assert bench.asked == [FIRST]
    assert search.ranked()[0].name == "large"
    assert search.why_stopped == "the time budget of 2 h was used up before all work was judged"
