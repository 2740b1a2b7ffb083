"""What differs between runs of the baseline, with a clock that the test sets."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest

from burnish.measure.behaviour import Output
from burnish.phases.baseline import build_baseline
from burnish.sides.starts import Starts, starts_of
from burnish.sides.twins import Twins
from tests.unit.opened import make_place


@pytest.mark.parametrize("starts_in_a_second", [1, 5, 6, 7, 8, 9, 12, 13, 100])
def test_clock_that_goes_on_between_runs_is_no_other_behaviour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts_in_a_second: int
) -> None:
    """All of one program's starts may fall into one second, and those of the other into the next."""
    started = itertools.count()

    def tells_the_time(_starts: Starts, _program: Path) -> list[Output]:
        number = next(started)
        second, nanosecond = divmod(number, starts_in_a_second)
        said = f"it is {1_764_000_000 + second}.{nanosecond:09}\n".encode()
        return [Output(args=["--version"], exit_status=0, stdout=said, stderr=b"")]

    place = make_place(tmp_path, monkeypatch)
    with place.session() as session:
        job, notes = session.job, session.notes
        build_baseline(job, notes)
        behaviour = [msgspec.structs.replace(each, unstable=["stdout"]) for each in notes.side("baseline").behaviour]
        notes.note_side("baseline", behaviour=behaviour)
        monkeypatch.setattr(Starts, "outputs", tells_the_time)
        starts = starts_of(job, notes, job.opened)
        seen = Twins(session=session).without_noise(behaviour, notes.copy("baseline"), "beside", starts)
    assert [each.unlike for each in seen] == [[]]
