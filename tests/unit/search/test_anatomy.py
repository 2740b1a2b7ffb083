"""Where the start-up time goes: parts that add up to the whole, as far as each could be timed."""

from __future__ import annotations

import pytest

from burnish.search.anatomy import EMPTY, EMPTY_LOADED, LOADED, shares
from tests.unit.judge.sides import startup

US = 1e-6
TIMES = {LOADED: startup(400 * US), EMPTY: startup(350 * US), EMPTY_LOADED: startup(300 * US)}


@pytest.mark.parametrize(
    ("timed", "expected"),
    [
        (
            (LOADED, EMPTY, EMPTY_LOADED),
            {"the floor": 112, "loading and relocation": 288, "the runtime": 50, "the program's own part": 550},
        ),
        ((LOADED,), {"the floor": 112, "loading and relocation": 288, "the program's own part": 600}),
        ((EMPTY,), {"the floor": 112, "loading, relocation, runtime": 238, "the program's own part": 650}),
        ((), {"the floor": 112, "the program's own part": 888}),
    ],
)
def test_parts_add_up_to_the_whole(timed: tuple[str, ...], expected: dict[str, float]) -> None:
    """What an empty program takes beyond its own loading is the runtime; what is left is the program's."""
    parts = shares(startup(1000 * US), {name: TIMES[name] for name in timed})
    assert {part.name: part.amount / US for part in parts} == pytest.approx(expected)
    assert sum(part.amount for part in parts) == pytest.approx(1000 * US)


def test_what_takes_next_to_nothing_takes_no_negative_time() -> None:
    """A static program that only loads is about as quick as the floor."""
    parts = shares(startup(1000 * US), {LOADED: startup(110 * US)})
    assert {part.name: part.amount / US for part in parts} == pytest.approx(
        {"the floor": 112, "loading and relocation": 0, "the program's own part": 888}
    )


def test_without_a_floor_loading_begins_at_nothing() -> None:
    """Where no floor could be built, what it takes is in the first part."""
    first, _ = shares(startup(1000 * US, floor=False), {LOADED: TIMES[LOADED]})
    assert first.name == "loading and relocation"
    assert first.amount == pytest.approx(400 * US)
