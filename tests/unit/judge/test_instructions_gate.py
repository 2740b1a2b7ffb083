"""The instructions gate: counts that hardly differ, held against a ratio."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from burnish.judge.budget import Budget
from burnish.judge.instructions_gate import judge_instructions, needs_more_counts, workload_counted
from burnish.model import Counted, Gate, Mode, Side
from tests.unit.judge.sides import library, side, workload

LIMITED = Budget(name="limited", max_instructions_ratio=1.02)


def counted(runs: Sequence[int], name: str = "start-up", failure: str = "") -> Counted:
    """Return the counts of a command, by valgrind."""
    return Counted(name=name, by="valgrind", runs=list(runs), failure=failure)


def judged(
    before: Sequence[Counted], after: Sequence[Counted], budget: Budget = LIMITED, mode: Mode = "native"
) -> Gate:
    """Judge two sides with these counts."""
    gate = judge_instructions(side(instructions=list(before)), side(instructions=list(after)), budget, mode)
    assert gate is not None
    return gate


@pytest.mark.parametrize(("count", "verdict"), [(900, "pass"), (1000, "pass"), (1019, "pass"), (1021, "fail")])
def test_ratio_is_held_against_the_limit(count: int, verdict: str) -> None:
    """Counts that do not differ from run to run show on which side of 1.02 the ratio lies."""
    gate = judged([counted([1000] * 3)], [counted([count] * 3)])
    assert (gate.verdict, gate.limit, gate.unit) == (verdict, 1.02, "ratio")
    assert gate.measured == pytest.approx(count / 1000)
    assert gate.reason.endswith("user-space work, counted by valgrind: not time")


def test_counts_on_both_sides_of_the_limit_are_inconclusive() -> None:
    """More runs could tell, and one alone tells nothing."""
    before, unsure = [1000, 1010, 990], [1000, 1050, 1010]
    assert judged([counted(before)], [counted(unsure)]).verdict == "inconclusive"
    assert needs_more_counts(before, unsure, 1.02, among=1)
    assert not needs_more_counts(before, before, 1.02, among=1)
    assert not needs_more_counts(before, unsure, None, among=1)
    assert judged([counted([1000])], [counted([1000])]).verdict == "inconclusive"


def test_one_command_that_grew_is_named() -> None:
    """The gate is as bad as its worst command."""
    names = ["start-up", workload_counted("fib"), workload_counted("words")]
    before = [counted([1000, 1001, 999], name) for name in names]
    after = [counted([value, value + 1, value - 1], name) for value, name in zip((1000, 1100, 990), names, strict=True)]
    gate = judged(before, after)
    assert gate.verdict == "fail"
    assert gate.reason.startswith("more: workload fib 1.1000 (1.09")
    assert "within the limit: start-up 1.0000 (" in gate.reason


def test_workload_that_guided_the_build_judges_nothing() -> None:
    """It was made quick for the candidate: the others judge."""
    guided = workload_counted("fib")
    before = side(instructions=[counted([1000] * 3), counted([1000] * 3, guided)])
    trained = replace(workload(0.1, "fib"), trained=True)
    after = side(workloads=[trained], instructions=[counted([1000] * 3), counted([2000] * 3, guided)])
    gate = judge_instructions(before, after, LIMITED, "native")
    assert gate is not None
    assert gate.verdict == "pass"
    assert "not judged, since the build was guided by it: workload fib" in gate.reason


def test_what_nobody_counted_is_inconclusive() -> None:
    """No counter, a start that valgrind cannot follow, and a command of one side alone show nothing."""
    assert "nobody counts instructions here" in judged([], []).reason
    cut = judged([counted([1000] * 3)], [counted([], failure="it gave exit status 132 under valgrind, not 0")])
    assert (cut.verdict, cut.measured) == ("inconclusive", None)
    assert cut.reason == "not counted: start-up: it gave exit status 132 under valgrind, not 0"
    alone = judged([counted([1000] * 3), counted([5] * 3, "workload a")], [counted([1000] * 3)])
    assert (alone.verdict, alone.reason) == ("inconclusive", "not counted on both sides: workload a")
    assert judged([counted([1000] * 3)], [counted([1000] * 2)]).verdict == "inconclusive"


def test_gate_is_there_only_where_the_budget_asks() -> None:
    """Without a limit there is no gate; where nothing can be started, or nothing was built, none applies."""
    asked = [counted([1000] * 3)]
    assert judge_instructions(side(instructions=asked), side(instructions=asked), Budget(name="b"), "native") is None
    assert judged(asked, asked, mode="emulated").verdict == "not-applicable"
    assert judged(asked, asked, mode="link-only").verdict == "not-applicable"
    gate = judge_instructions(library(), library(), LIMITED, "native")
    assert gate is not None
    assert gate.verdict == "not-applicable"


def test_same_program_seldom_fails_and_three_percent_more_is_found() -> None:
    """With the noise that hash seeds make (a thousandth), over simulated pairs of three rounds."""
    chance = random.Random(1)  # noqa: S311 - a simulation
    budget = Budget(name="b", max_instructions_ratio=1.01)

    def side_of(mean: float) -> Side:
        return side(instructions=[counted([round(chance.gauss(mean, mean / 1000)) for _ in range(3)])])

    same = [judge_instructions(side_of(1e6), side_of(1e6), budget, "native") for _ in range(300)]
    more = [judge_instructions(side_of(1e6), side_of(1.03e6), budget, "native") for _ in range(300)]
    assert sum(gate is not None and gate.verdict == "fail" for gate in same) == 0
    assert sum(gate is not None and gate.verdict == "fail" for gate in more) >= 290
