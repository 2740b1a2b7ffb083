"""The price: what is said of it before anything is built, after the baseline's build, and after an earlier run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from burnish.job.costs import Costs
from burnish.phases.pricing import Ahead, price_of

BUILDS, REST = "about 4 trial builds, the final build", "2 test runs, benches on both sides, timing"
AHEAD = Ahead(baseline=True, trials=4, workspace=False, tests=True, benches=True, timing=True)
BUILT = replace(AHEAD, baseline=False)


def costs(**seconds: float) -> Costs:
    """Return what earlier builds took."""
    return Costs(binary="app", triple="t", selection=(), **seconds)


@pytest.mark.parametrize(
    ("ahead", "known", "words"),
    [
        (AHEAD, costs(), f"the baseline build, {BUILDS}, {REST}; its time is known after the first build"),
        (
            BUILT,
            costs(build_seconds=41.0),
            f"about 3 min of building: {BUILDS}; then {REST}, whose time is known after a whole run",
        ),
        (
            BUILT,
            costs(build_seconds=40.0, trial_seconds=60.0, rest_seconds=120.0),
            f"about 7 min: {BUILDS}, {REST}",
        ),
        (
            AHEAD,
            costs(build_seconds=200.0, trial_seconds=60.0, rest_seconds=120.0),
            f"about 10 min: the baseline build, {BUILDS}, {REST}",
        ),
        (
            Ahead(baseline=False, trials=0, workspace=True, tests=False, benches=False, timing=False),
            costs(build_seconds=10.0, rest_seconds=30.0),
            "about 40 s: the final build, 2 builds of the whole workspace",
        ),
        (
            Ahead(baseline=False, trials=1, offers=2, workspace=False, tests=False, benches=False, timing=False),
            costs(build_seconds=10.0),
            "about 40 s: about 1 trial build, about 2 of what concessions would buy, the final build",
        ),
    ],
    ids=["first run", "its baseline built", "a later run", "before its baseline", "a library", "nothing else"],
)
def test_price_is_as_honest_as_what_is_known(ahead: Ahead, known: Costs, words: str) -> None:
    """What is done is always said, and its time as far as builds and runs were timed."""
    assert price_of(ahead, known).words == words


@pytest.mark.parametrize(
    ("known", "parts"),
    [
        (costs(), {"trials": 4, "build_seconds": None, "seconds": None, "is_whole": False}),
        (costs(build_seconds=9.0), {"trials": 4, "build_seconds": 9.0, "seconds": 45.0, "is_whole": False}),
        (
            costs(build_seconds=9.0, trial_seconds=10.0, rest_seconds=5.0),
            {"trials": 4, "build_seconds": 10.0, "seconds": 55.0, "is_whole": True},
        ),
    ],
)
def test_price_has_its_numbers(known: Costs, parts: dict[str, Any]) -> None:
    """A program reads them from the report."""
    price = price_of(BUILT, known)
    assert {name: getattr(price, name) for name in parts} == parts
