"""What a start costs besides time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish.measure.command import Command
from burnish.measure.evidence import count_page_faults, evidence_of
from burnish.measure.rounds import Runs
from burnish.model import Evidence
from tests.unit.measure.timing import PROGRAMS, posix_only


def test_evidence_is_the_mean_of_all_runs() -> None:
    """Over rounds of any length; what no run tells is None."""
    rounds = [
        Runs(wall_seconds=[9.0], user_seconds=[1.0], system_seconds=[0.0], peak_bytes=[10.0], instructions=[]),
        Runs(
            wall_seconds=[9.0] * 2,
            user_seconds=[2.0, 3.0],
            system_seconds=[0.5, 1.0],
            peak_bytes=[10.0, 40.0],
            instructions=[],
        ),
    ]
    assert evidence_of(rounds) == Evidence(user_seconds=2.0, system_seconds=0.5, peak_bytes=20.0, instructions=None)


@posix_only
def test_page_faults_tell_a_program_that_touches_memory_from_one_that_does_not(tmp_path: Path) -> None:
    """A megabyte written to is some 256 pages of 4 KiB, or one large one; a program that does nothing has fewer."""

    def faults(code: str) -> float:
        argv = (sys.executable, "-S", "-c", code)
        counted = count_page_faults(Command(argv=argv, cwd=tmp_path), PROGRAMS, 30.0)
        assert counted is not None
        return counted

    assert faults("b'x' * 64_000_000") > faults("") > 0


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere they are counted")
def test_page_faults_on_windows(tmp_path: Path) -> None:
    """There they are not told."""
    assert count_page_faults(Command(argv=(sys.executable, "-V"), cwd=tmp_path), PROGRAMS, 30.0) is None
