"""Workloads timed in rounds by the real timer: what is printed, how it ends, and how many runs fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from burnish.measure.command import Command
from burnish.measure.floor import find_floor
from burnish.measure.hyperfine import EndedOtherwise
from burnish.measure.rounds import RoundsPlan
from burnish.measure.throughput import Throughput, fitted, measure_throughput
from burnish.measure.traces import Places
from tests.unit.measure.timing import PROGRAMS, fake_timer, posix_only, real_timer

PLAN = RoundsPlan(rounds=2, max_rounds=4, max_seconds=60.0, least=2)


def program(folder: Path, name: str, script: str) -> Path:
    """Return a program that is a shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def measured(folder: Path, before: str, after: str, *, answers: tuple[bool, ...] = (), **how: object) -> Throughput:
    """Time two scripts; `answers` say at each look whether it is undecided."""
    left = list(answers)
    commands = {
        name: Command(argv=(str(program(folder, name, script)),), cwd=folder, **how)  # type: ignore[arg-type]
        for name, script in (("baseline", before), ("candidate", after))
    }
    return measure_throughput(
        commands,
        real_timer(folder, runs=2),
        floor=find_floor(PROGRAMS, folder / "floor"),
        plan=PLAN,
        is_undecided=lambda _sides: left.pop(0) if left else False,
        on_round=lambda _done, _planned: None,
        clock=lambda: 0.0,
        places=Places(project=folder, target=folder / "target"),
    )


@posix_only
def test_what_each_side_prints_is_compared_without_its_own_path(tmp_path: Path) -> None:
    """A program that names itself prints the same as the other one; rounds, runs and memory are told."""
    found = measured(tmp_path, 'echo "from $0"', 'echo "from $0"')
    assert found.printed["baseline"] == found.printed["candidate"]
    assert len(found.printed["baseline"]) == 1
    startup = found.sides["candidate"]
    assert (startup.rounds, startup.runs, startup.looks) == (2, 2, 2)
    assert startup.evidence is not None
    assert (startup.evidence.peak_bytes or 0) > 0


@posix_only
def test_other_output_is_seen_and_so_is_output_that_never_is_the_same(tmp_path: Path) -> None:
    """Each round's output counts: one digest where all are the same, and nothing printed is an output too."""
    found = measured(tmp_path, "date +%s%N", "echo more; exit 0")
    assert len(found.printed["baseline"]) == 2
    assert len(found.printed["candidate"]) == 1
    assert found.printed["baseline"].isdisjoint(found.printed["candidate"])
    silent = measured(tmp_path, ":", ":")
    assert silent.printed["baseline"] == silent.printed["candidate"]


@posix_only
def test_more_rounds_are_taken_while_it_is_undecided(tmp_path: Path) -> None:
    """Up to the plan's most."""
    assert measured(tmp_path, ":", ":", answers=(True, True, True)).sides["baseline"].rounds == 4


@posix_only
def test_input_and_environment_reach_both(tmp_path: Path) -> None:
    """They are the workload's own, also in a round that begins with the floor."""
    script = 'read said; test "$said" = hello && test "$WORD" = given || exit 9; echo "$WORD"'
    found = measured(tmp_path, script, script, answers=(True,), stdin=b"hello\n", env={"WORD": "given"})
    assert found.sides["candidate"].rounds == 4
    assert [len(digests) for digests in found.printed.values()] == [1, 1]


@posix_only
@pytest.mark.parametrize("ending", ["exit 3", "kill -9 $$"])
def test_other_ending_is_told_with_whose_it_is(tmp_path: Path, ending: str) -> None:
    """No time of a program that failed counts."""
    with pytest.raises(EndedOtherwise) as caught:
        measured(tmp_path, ":", ending)
    assert caught.value.name == "candidate"


@posix_only
def test_ending_that_is_expected_is_timed(tmp_path: Path) -> None:
    """A search that finds nothing ends with 1, and that is its work."""
    assert measured(tmp_path, "exit 1", "exit 1", exit_status=1).sides["candidate"].rounds == 2


@pytest.mark.parametrize(
    ("one_of_each", "runs", "warmup"), [(0.05, 10, 1), (1.0, 3, 1), (4.0, 1, 0), (60.0, 1, 0), (600.0, 1, 0)]
)
def test_round_has_as_many_runs_as_fit(tmp_path: Path, one_of_each: float, runs: int, warmup: int) -> None:
    """One at least, without a warm-up then: a workload of half a minute costs two minutes and not thirty."""
    timer = replace(fake_timer(tmp_path), runs=10, warmup=1)
    plan = RoundsPlan(rounds=10, max_rounds=30, max_seconds=120.0, least=2)
    assert fitted(timer, one_of_each, plan) == replace(timer, runs=runs, warmup=warmup)
