from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.behaviour_gate import judge_behaviour, seen_again
from burnish.judge.findings import LINK_ONLY
from burnish.model import Behaviour, Gate
from tests.unit.judge.sides import DIVIDE, VERSION, library, side, verdict_and_numbers


def behaviour_gate(before: list[Behaviour], after: list[Behaviour]) -> Gate:
    """Judge these observations."""
    return judge_behaviour(side(behaviour=before), side(behaviour=after), "native")


def test_same_behaviour_passes() -> None:
    """Both commands gave the same on both sides; heads are for people and are not compared."""
    gate = behaviour_gate([VERSION, DIVIDE], [VERSION, replace(DIVIDE, stderr_head="other")])
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "commands")
    assert gate.reason == "the same on 2 commands"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exit_status": 101}, "exit status 101, was 1"),
        ({"stdout_sha256": "x", "stdout_head": "hello"}, "stdout `hello`, was empty"),
        ({"stderr_sha256": "x", "stderr_head": "panic"}, "stderr `panic`, was `error\n`"),
        ({"timed_out": True}, "ended by its time limit in the candidate only"),
        (
            {"exit_status": -6, "stderr_sha256": "x", "stderr_head": ""},
            "exit status -6, was 1; stderr empty, was `error\n`",
        ),
    ],
)
def test_other_behaviour_fails(change: dict[str, Any], words: str) -> None:
    """The first command that differs is named, and how it differs."""
    gate = behaviour_gate([VERSION, DIVIDE, DIVIDE], [VERSION, replace(DIVIDE, **change), replace(DIVIDE, **change)])
    assert verdict_and_numbers(gate) == ("fail", 2, 0, "commands")
    assert gate.reason == f"with the arguments `-c '1 // 0'`: {words}"


def test_behaviour_that_cannot_be_compared_is_inconclusive() -> None:
    """A command that hangs on both sides, or that was run on one only, shows nothing."""
    hung = replace(VERSION, timed_out=True)
    assert behaviour_gate([hung], [hung]).verdict == "inconclusive"
    assert behaviour_gate([VERSION, DIVIDE], [VERSION]).verdict == "inconclusive"
    assert behaviour_gate([VERSION], [DIVIDE]).verdict == "inconclusive"


def test_behaviour_failure_is_not_hidden_by_what_cannot_be_compared() -> None:
    """The worst of the commands decides."""
    hung = replace(VERSION, timed_out=True)
    assert behaviour_gate([hung, DIVIDE], [hung, replace(DIVIDE, exit_status=0)]).verdict == "fail"


def test_behaviour_without_arguments_is_named_so() -> None:
    """An empty argument list is no empty pair of quotes."""
    bare = replace(VERSION, args=[])
    gate = behaviour_gate([bare], [replace(bare, exit_status=2)])
    assert gate.reason == "without arguments: exit status 2, was 0"


def test_behaviour_does_not_apply_without_binary_or_commands() -> None:
    """Nothing was run."""
    assert judge_behaviour(library(), library(), "native").reason == "there is no binary"
    assert behaviour_gate([], []).verdict == "not-applicable"
    assert judge_behaviour(side(), side(), "link-only").reason == LINK_ONLY


def test_behaviour_that_differs_between_the_baselines_own_runs_is_not_judged_and_told() -> None:
    """A clock in the output is left out, whatever the candidate shows; the other parts are judged still."""
    clock = seen_again(VERSION, replace(VERSION, stdout_sha256="other"))
    assert clock == replace(VERSION, unstable=["stdout"])
    later = replace(VERSION, stdout_sha256="later")
    gate = behaviour_gate([clock, DIVIDE], [later, DIVIDE])
    assert verdict_and_numbers(gate) == ("pass", 0, 0, "commands")
    assert gate.reason == (
        "the same on 2 commands; with the arguments `--version`: stdout not judged, since the baseline's own runs "
        "differ in it"
    )
    assert behaviour_gate([clock], [replace(later, exit_status=1)]).verdict == "fail"


def test_behaviour_that_differs_in_everything_is_inconclusive() -> None:
    """Where nothing is left to compare, nothing was shown."""
    other = replace(VERSION, exit_status=7, stdout_sha256="x", stderr_sha256="y")
    random = seen_again(VERSION, other)
    assert random.unstable == ["exit_status", "stdout", "stderr"]
    assert behaviour_gate([random], [VERSION]).verdict == "inconclusive"


def test_seen_again_remembers_what_earlier_runs_differed_in() -> None:
    """A part that differed once stays out, though two later runs agree; runs that agree name nothing."""
    assert seen_again(VERSION, VERSION) == VERSION
    assert seen_again(VERSION, replace(VERSION, unstable=["stderr"])).unstable == ["stderr"]
    assert seen_again(replace(VERSION, unstable=["stderr"]), VERSION).unstable == ["stderr"]


def test_unstable_part_that_differs_in_more_than_the_baselines_runs_fails() -> None:
    """What is unlike all runs of the baseline is a change of behaviour; what is like them is told."""
    clock = replace(VERSION, unstable=["stdout"])
    later = replace(VERSION, stdout_sha256="later", stdout_head="9 broken")
    assert behaviour_gate([clock], [replace(later, unlike=["stdout"])]).verdict == "fail"
    gate = behaviour_gate([clock], [replace(later, noise={"stdout": "`1` or `2`"})])
    assert gate.verdict == "pass"
    assert gate.reason == (
        "the same on 1 command; with the arguments `--version`: left out what differs between runs or builds of the "
        "baseline too: stdout (`1` or `2`)"
    )
