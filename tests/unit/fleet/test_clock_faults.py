"""Clocks that jump while a job is at work."""

from __future__ import annotations

import time

import msgspec
import pytest

from burnish.fleet.clock_faults import Clocks, by_clock
from burnish.fleet.fleet_jobs import Fault, fleet_failure
from tests.unit.fleet.jobs import job, passed


@pytest.mark.parametrize(
    ("fault", "jump_seconds", "then", "words"),
    [
        ("project", 3600.0, "machine", "its clock jumped ahead by 60 min meanwhile: no"),
        ("burnish", -60.0, "machine", "its clock jumped back by 60 s meanwhile: no"),
        ("project", 0.0, "project", "no"),
        ("machine", 3600.0, "machine", "no"),
    ],
)
def test_failure_under_a_clock_that_jumped_is_the_machines(
    fault: Fault, jump_seconds: float, then: str, words: str
) -> None:
    """With that word; what was the machine's already keeps its own reason."""
    result = by_clock(fleet_failure(job(), fault, "no"), jump_seconds)
    assert (result.fault, result.reason) == (then, words)


def test_job_that_passed_has_passed() -> None:
    """What is timed is timed by a clock that nobody sets."""
    assert by_clock(passed(job()), 3600.0) == msgspec.structs.replace(passed(job()))


@pytest.mark.parametrize(("moved", "found"), [(0.0, 0), (2.0, 0), (-2.0, 0), (60.0, 60), (-60.0, -60)])
def test_jump_is_what_the_time_of_day_has_moved_beside_the_other_clock(
    monkeypatch: pytest.MonkeyPatch, moved: float, found: int
) -> None:
    """A clock that is set right gradually does not jump."""
    clocks, now = Clocks.now(), time.time
    monkeypatch.setattr(time, "time", lambda: now() + moved)
    assert round(clocks.jump_seconds) == found
