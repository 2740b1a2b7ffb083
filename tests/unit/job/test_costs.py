"""What builds took in earlier runs: which of them tell what one from nothing takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from burnish.cargo.build import Built
from burnish.cargo.invocations import Unit
from burnish.job.costs import recall_costs, remember_build, remember_costs
from burnish.job.options import Options
from tests.unit.opened import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project."""
    return make_place(tmp_path, monkeypatch)


def built(seconds: float, units: str, *, ok: bool = True) -> Built:
    """Return a build with a letter for each unit: n for a new one, f for a fresh one."""
    found = tuple(
        Unit(package="p", name="p", kind=("bin",), crate_types=("bin",), files=(), is_fresh=each == "f")
        for each in units
    )
    return Built(command=(), ok=ok, seconds=seconds, artifacts=(), errors="", units=found)


@pytest.mark.parametrize(
    ("builds", "seconds"),
    [
        ([built(9.0, "nn")], 9.0),
        ([built(9.0, "nn"), built(1.0, "fn")], 9.0),
        ([built(9.0, "nn"), built(12.0, "fn")], 12.0),
        ([built(9.0, "nn"), built(5.0, "nn")], 5.0),
        ([built(1.0, "fn")], 0.0),
        ([built(1.0, "n", ok=False)], 0.0),
        ([built(1.0, "")], 0.0),
    ],
    ids=["whole", "then a part", "then a longer part", "then a quicker one", "a part", "failed", "unseen"],
)
def test_build_that_found_nothing_built_tells_what_one_takes(place: Place, builds: list[Built], seconds: float) -> None:
    """What was fresh in a build took no time in it; a part that took longer tells more all the same."""
    job, _ = place.open()
    for each in builds:
        remember_build(job, each)
    assert recall_costs(job).build_seconds == seconds


def test_costs_are_of_one_selection(place: Place) -> None:
    """Another profile takes another time; what is kept of the first is replaced, and its parts stay together."""
    job, _ = place.open()
    remember_costs(job, build_seconds=9.0)
    remember_costs(job, rest_seconds=5.0)
    assert (recall_costs(job).build_seconds, recall_costs(job).rest_seconds) == (9.0, 5.0)
    other, _ = place.open(Options(profile="dist"))
    assert recall_costs(other).build_seconds == 0.0


def test_costs_that_came_with_a_clone_count_for_nothing(place: Place, tmp_path: Path) -> None:
    """They are of another machine, and somebody else's word."""
    job, _ = place.open()
    remember_costs(job, build_seconds=9.0)
    stranger = replace(job, surroundings=replace(job.surroundings, user_state=tmp_path / "other"))
    assert recall_costs(stranger).build_seconds == 0.0
