"""The machine's condition between two readings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from burnish.measure.conditions import Conditions, condition_warnings, read_conditions

BEFORE = Conditions(
    cores=2,
    total_seconds=100.0,
    idle_seconds=50.0,
    our_seconds=10.0,
    governors=frozenset({"performance"}),
)


def after(*, idle: float, ours: float, governors: frozenset[str] = BEFORE.governors) -> Conditions:
    """Return the reading ten seconds later, twenty of processor time."""
    return Conditions(
        cores=2,
        total_seconds=120.0,
        idle_seconds=50.0 + idle,
        our_seconds=10.0 + ours,
        governors=governors,
    )


def said(later: Conditions) -> list[tuple[str, str]]:
    """Return kinds and texts of the warnings."""
    return [(warning.kind, warning.text) for warning in condition_warnings(BEFORE, later)]


def test_quiet_machine_needs_no_warning() -> None:
    """Our own programs may keep a core busy: that is the measuring."""
    assert said(after(idle=10.0, ours=9.5)) == []


@pytest.mark.parametrize(("ours", "expected"), [(10.5, []), (8.0, ["load"])])
def test_load_is_what_others_take(ours: float, expected: list[str]) -> None:
    """Less than a core left for the timer is told; what a build of ours took before does not count."""
    assert [kind for kind, _ in said(after(idle=0.0, ours=ours))] == expected


def test_load_is_told_in_cores() -> None:
    """The number says how busy."""
    assert said(after(idle=0.0, ours=5.0)) == [
        ("load", "other programs kept 1.5 of 2 cores busy while the start-up was timed")
    ]


def test_load_of_a_single_core_cannot_be_told() -> None:
    """There the timer and its programs take turns with everything."""
    one = replace(BEFORE, cores=1)
    assert condition_warnings(one, replace(after(idle=0.0, ours=5.0), cores=1)) == ()


def test_governor_other_than_performance_is_told() -> None:
    """Every one of the cores' governors is named."""
    later = after(idle=10.0, ours=9.0, governors=frozenset({"schedutil", "performance", "powersave"}))
    assert said(later) == [("governor", "the processor's clock is governed by powersave, schedutil, not performance")]


def test_readings_at_one_instant_tell_nothing() -> None:
    """No time has passed, and none is divided by."""
    assert condition_warnings(BEFORE, BEFORE) == ()


def test_read_conditions_of_this_machine(tmp_path: Path) -> None:
    """Time passes, governors are read from the kernel's files, and one that cannot be read is left out."""
    for number, governor in enumerate(["powersave\n", "powersave\n", "performance\n"]):
        (tmp_path / f"policy{number}").mkdir()
        (tmp_path / f"policy{number}" / "scaling_governor").write_text(governor)
    (tmp_path / "policy9" / "scaling_governor").mkdir(parents=True)
    first = read_conditions(tmp_path)
    second = read_conditions(tmp_path / "absent")
    assert first.governors == {"powersave", "performance"}
    assert second.governors == frozenset()
    assert second.total_seconds >= first.total_seconds > first.idle_seconds > 0
    assert second.our_seconds >= first.our_seconds > 0
