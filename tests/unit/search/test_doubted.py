"""What a search finds slower to start than the baseline is timed once more, from files that lie elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from burnish.job.settings import defaults_layer, resolve
from burnish.judge.budget import Budget
from burnish.measure.startup import summarise
from burnish.model import Gate, Side, Startup, Trial
from burnish.resources import config_file
from burnish.search.choices import Combination, SearchSpace
from burnish.search.timing import Timed
from burnish.search.under_way import Search
from burnish.system.console import Console

SETTINGS = resolve([defaults_layer(config_file("defaults.toml").read_bytes())]).settings
FIRST, SECOND = 1.2, 0.9


def startup(seconds: float, measured: int) -> Startup:
    """Return ten rounds of nearly the same."""
    timing = summarise(["tool"], [[seconds * (1 + 0.001 * (number % 3))] for number in range(10)])
    return Startup(**{name: getattr(timing, name) for name in timing.__struct_fields__}, floor=None, measured=measured)


class Twice(Search):
    """A search whose one trial is slower at first, and not when it is timed anew."""

    def prepare(self, folder: Path, *gates: Gate, ratios: Sequence[float]) -> None:
        """Have a trial there with these gates, that takes so much of the baseline's time at each measurement."""
        side = Side(command=[], build_seconds=1.0, artifact=str(folder / "trial"), size_bytes=9, sha256="t")
        self.trials = {"z": Trial(name="z", choices=[], unusual=0, settings=[], side=side, gates=list(gates))}
        self.combinations = {"z": Combination()}
        self.asked: list[bool] = []
        self.ratios = list(ratios)

    def _digest_of_baseline(self) -> str:
        return "b"

    def _digest(self, name: str) -> str:
        return name

    def _timed_with_others(self, *_: Any, anew: bool = False) -> dict[str, Timed]:
        self.asked.append(anew)
        own = startup(1e-3 * self.ratios[len(self.asked) - 1], 2 if anew else 1)
        return {"z": Timed(own=own, baseline=startup(1e-3, 1))}


def timed(tmp_path: Path, *gates: Gate, ratios: Sequence[float]) -> tuple[Twice, list[bool], list[bool]]:
    """Time it; return the search, how it was timed each time, and which of the two files lie elsewhere then."""
    files = [tmp_path / "baseline", tmp_path / "trial"]
    for file in files:
        file.write_text("x", encoding="utf-8")
    opened = [file.open("rb") for file in files]  # so that no new file gets the number of an old one
    before = [file.stat().st_ino for file in files]
    job = SimpleNamespace(
        settings=SETTINGS,
        budget=Budget(name="b", startup_must_not_slow=True),
        console=Console(env={}, out=io.StringIO(), err=io.StringIO()),
    )
    baseline = Side(command=[], build_seconds=1.0, size_bytes=10, behaviour=[SimpleNamespace()])  # type: ignore[list-item]
    notes = SimpleNamespace(
        side=lambda _: baseline,
        copy=lambda _: files[0],
        note_side=lambda *_, **__: None,
        report=SimpleNamespace(binaries=[]),
    )
    workshop: Any = SimpleNamespace(job=job, notes=notes, binary=lambda _: files[1])
    search = Twice(space=SearchSpace(factors={}, short=()), workshop=workshop, time_budget_seconds=1.0)
    search.prepare(tmp_path, *gates, ratios=ratios)
    search.time(all_rounds=10)
    moved = [file.stat().st_ino != number for file, number in zip(files, before, strict=True)]
    for each in opened:
        each.close()
    return search, search.asked, moved


def gate(name: str, verdict: Any) -> Gate:
    """Return a gate's verdict."""
    return Gate(name=name, verdict=verdict, criterion="", measured=1.0, limit=None, unit="B", reason="")


@pytest.mark.parametrize(
    ("ratios", "asked", "verdict"),
    [([FIRST, SECOND], [False, True], "pass"), ([FIRST, FIRST], [False, True], "fail"), ([SECOND], [False], "pass")],
)
def test_what_is_slower_once_is_timed_again_and_that_counts(
    tmp_path: Path, ratios: list[float], asked: list[bool], verdict: str
) -> None:
    """Both files are laid out anew before; what passes is timed once, and nothing is moved."""
    search, seen, moved = timed(tmp_path, gate("size", "pass"), ratios=ratios)
    assert (seen, moved) == (asked, [len(asked) > 1] * 2)
    (startup_gate,) = [each for each in search.trials["z"].gates if each.name == "startup"]
    assert startup_gate.verdict == verdict


def test_what_fails_otherwise_too_is_not_timed_again(tmp_path: Path) -> None:
    """It would not be taken whatever came of it."""
    _, asked, moved = timed(tmp_path, gate("size", "fail"), ratios=[FIRST])
    assert (asked, moved) == ([False], [False, False])
