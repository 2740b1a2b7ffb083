"""The frontier: what no other candidate beats."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from burnish.search.judged import Point, dominates, frontier


def point(name: str, size: int, startup: tuple[float, float] | None = (1.0, 2.0), build: float = 10.0) -> Point:
    """Return a point; by default start-up and build time tell nothing."""
    return Point(name=name, size_bytes=size, startup=startup, build_seconds=build)


def test_smaller_one_beats_its_equal() -> None:
    """One byte is shown: sizes are exact."""
    assert frontier([point("large", 101), point("small", 100)]) == ["small"]


def test_overlapping_start_ups_do_not_tell_candidates_apart() -> None:
    """A larger file with a lower mean is on the frontier only where its interval lies wholly below."""
    assert frontier([point("small", 100), point("luckier", 101, (0.5, 1.5))]) == ["small"]
    assert frontier([point("small", 100), point("quicker", 101, (0.5, 0.9))]) == ["small", "quicker"]


def test_larger_file_that_builds_much_sooner_stays() -> None:
    """Build time is the third thing that is bought, and little differences in it are noise."""
    assert frontier([point("small", 100), point("sooner", 101, build=7.9)]) == ["small", "sooner"]
    assert frontier([point("small", 100), point("hardly", 101, build=8.1)]) == ["small"]


def test_same_candidates_all_stay() -> None:
    """What equals another is not beaten by it."""
    assert frontier([point("b", 100), point("a", 100)]) == ["a", "b"]


def test_untimed_candidates_are_told_apart_by_the_rest() -> None:
    """Without a binary that starts there are sizes and build times."""
    assert frontier([point("small", 100, None), point("large", 101, None)]) == ["small"]


times = st.floats(0.1, 10)
points = st.builds(
    lambda size, low, width, build: Point(name="", size_bytes=size, startup=(low, low + width), build_seconds=build),
    st.integers(1, 5),
    times,
    times,
    times,
)


@given(points, points)
def test_two_candidates_never_beat_each_other(one: Point, other: Point) -> None:
    """Whatever the numbers, domination goes one way at most."""
    assert not (dominates(one, other) and dominates(other, one))


@given(st.lists(points, min_size=1, max_size=8))
def test_somebody_is_always_on_the_frontier(several: list[Point]) -> None:
    """The smallest file can only be beaten by one of its own size."""
    assert frontier(several)
