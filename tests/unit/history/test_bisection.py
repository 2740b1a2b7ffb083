"""Where a limit was passed, found by as few looks as halving takes."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from burnish.history.bisection import Found, Turn, first_beyond


@given(st.integers(2, 400).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count - 1))))
def test_first_commit_beyond_is_found_by_halving(line: tuple[int, int]) -> None:
    """Neither end is looked at, and none twice."""
    count, first = line
    looked = list[int]()

    def look(place: int) -> Found:
        looked.append(place)
        return "beyond" if place >= first else "within"

    assert first_beyond(count, look) == Turn(within=first - 1, beyond=first)
    assert len(looked) == len(set(looked)) <= math.ceil(math.log2(max(count - 1, 1)))
    assert not {0, count - 1} & {*looked}


@given(st.data())
def test_what_cannot_be_judged_is_left_between(data: st.DataObject) -> None:
    """All between the two ends of the answer were tried, and are unknown; on no other side is anything said."""
    count = data.draw(st.integers(2, 40))
    first = data.draw(st.integers(1, count - 1))
    unknown = data.draw(st.sets(st.integers(1, max(count - 2, 1))))
    looked = set[int]()

    def look(place: int) -> Found:
        looked.add(place)
        return "unknown" if place in unknown else "beyond" if place >= first else "within"

    turn = first_beyond(count, look)
    assert turn.within < first <= turn.beyond
    assert {*range(turn.within + 1, turn.beyond)} <= unknown & looked
