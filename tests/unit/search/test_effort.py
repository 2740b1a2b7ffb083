"""The effort of a search: what may still be built."""

from __future__ import annotations

import pytest

from burnish.search.effort import Effort


def built(count: int, seconds: float, **parts: float) -> Effort:
    """Return three times a build of 100 seconds, or another effort, of which so many builds are spent."""
    return Effort(**{"times": 3.0, "build_seconds": 100.0, **parts}, spent_seconds=[seconds] * count)


@pytest.mark.parametrize(
    ("effort", "allows"),
    [
        (built(2, 100.0), True),
        (built(3, 100.0), False),
        (built(2, 101.0), False),
        (built(1, 20.0), True),
        (built(14, 20.0), True),
        (built(15, 20.0), False),
    ],
    ids=["to the end", "after it", "beyond it", "quick ones", "the last one", "one too many"],
)
def test_build_is_not_begun_that_is_expected_to_end_too_late(effort: Effort, *, allows: bool) -> None:
    """What is expected is what the builds before took."""
    assert effort.allows() is allows


@pytest.mark.parametrize("times", [0.0, 0.1, 3.0])
def test_first_build_is_made_whatever_the_effort(times: float) -> None:
    """A search that tries nothing finds nothing."""
    effort = built(0, 0.0, times=times)
    assert effort.allows()
    effort.note(1.0)
    assert effort.allows() is (times > 0)


def test_quick_builds_are_not_counted_to_the_second() -> None:
    """Where a build takes half a second its noise decides nothing: three minutes of them may be made."""
    assert built(300, 0.5, build_seconds=0.5).allows()
    assert not built(360, 0.5, build_seconds=0.5).allows()
    assert built(50, 0.5, build_seconds=0.5, times=0.5).allows()
    assert not built(60, 0.5, build_seconds=0.5, times=0.5).allows()


def test_first_trial_stands_in_for_a_build_that_nobody_has_timed() -> None:
    """A baseline that was built before this run took no time in it."""
    assert built(2, 100.0, build_seconds=0.0).allows()
    assert not built(3, 100.0, build_seconds=0.0).allows()


def test_share_of_the_effort_ends_sooner() -> None:
    """What is kept for others is not spent."""
    assert built(1, 100.0).allows(share=0.67)
    assert not built(2, 100.0).allows(share=0.67)
    assert built(1, 100.0).allows(builds=2)
    assert not built(1, 101.0).allows(builds=2)


@pytest.mark.parametrize(
    ("effort", "left"),
    [
        (built(0, 0.0), 3),
        (built(1, 150.0), 1),
        (built(3, 100.0), 0),
        (built(0, 0.0, times=0.5), 1),
        (built(0, 0.0, build_seconds=0.0), None),
        (Effort(), None),
    ],
)
def test_builds_that_are_left_are_those_that_are_allowed(effort: Effort, left: int | None) -> None:
    """None where nobody knows how long one takes, or where there is no end."""
    assert effort.builds_left() == left
    for _ in range(left or 0):
        assert effort.allows()
        effort.note(effort.expected_seconds)
    assert effort.allows() is (left is None)


@pytest.mark.parametrize(
    ("effort", "builds", "allows"),
    [
        (built(1, 100.0), 2, True),
        (built(1, 100.0), 3, False),
        (built(0, 0.0), 3, True),
        (built(0, 0.0), 4, False),
        (built(0, 0.0, times=0.0), 1, True),
        (built(0, 0.0, times=0.0), 2, False),
        (built(0, 0.0, build_seconds=0.0), 2, False),
        (Effort(), 9, True),
    ],
    ids=["to the end", "beyond it", "all at first", "too many at first", "one always", "not two", "unknown", "no end"],
)
def test_builds_are_begun_together_that_would_be_one_after_the_other(
    effort: Effort, builds: int, *, allows: bool
) -> None:
    """The first one is made always, and others where somebody knows how long they take."""
    assert effort.allows_at_once(builds) is allows
