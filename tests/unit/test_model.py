"""What the gates come to together."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from burnish.model import SEVERITY, Gate, VerdictName, overall

verdicts = st.lists(st.sampled_from(SEVERITY))


def gates_of(names: list[VerdictName]) -> list[Gate]:
    """Return a gate for each verdict."""
    return [gate_of(name) for name in names]


def gate_of(verdict: VerdictName, name: str = "startup") -> Gate:
    """Return a gate with this verdict."""
    return Gate(name=name, criterion="", verdict=verdict, measured=None, limit=None, unit="", reason="")


@given(verdicts)
def test_overall_passes_only_when_every_gate_that_applies_passes(names: list[VerdictName]) -> None:
    """One gate that does not pass is enough, and so is none that applies."""
    expected = {"pass"} == set(names) - {"not-applicable"}
    assert (overall(gates_of(names)) == "pass") is expected


@given(verdicts)
def test_overall_fails_exactly_when_a_gate_fails(names: list[VerdictName]) -> None:
    """Inconclusive is not a failure, and hides none."""
    assert (overall(gates_of(names)) == "fail") is ("fail" in names)


@given(verdicts, st.randoms(use_true_random=False))
def test_overall_knows_no_order_and_ignores_what_does_not_apply(names: list[VerdictName], random: Random) -> None:
    """Gates may be given in any order, with any number that do not apply among them."""
    shuffled: list[VerdictName] = [*names, "not-applicable"]
    random.shuffle(shuffled)
    assert overall(gates_of(shuffled)) == overall(gates_of(names))


@given(verdicts)
def test_overall_is_never_not_applicable(names: list[VerdictName]) -> None:
    """A run in which nothing could be judged has shown nothing."""
    assert overall(gates_of(names)) != "not-applicable"
