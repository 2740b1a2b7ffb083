"""The budget's table: limits with units in, one checked value out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import Refused
from burnish.judge.budget import KEYS, BenchExpectation, Budget, Growth, budget_from, load_budgets

BUDGETS = Path(__file__).parents[3] / "config" / "budgets.toml"


def shipped(name: str) -> Budget:
    """Read a budget of ours."""
    return budget_from(load_budgets(BUDGETS.read_bytes())[name], name=name, where="budgets.toml")


def test_shipped_phase1_is_the_missions_text() -> None:
    """500 KB is 500,000 bytes, 500 us the bound, a tenth the tolerance; nothing is asked relative to the baseline.

    Of a backtrace stripping leaves addresses: it may be given up with the tables that it takes.
    """
    assert shipped("phase1") == Budget(
        name="phase1",
        max_size_bytes=500_000,
        max_startup_seconds=0.0005,
        bench_tolerance=0.10,
        accept=("unwinding", "backtraces", "fixed-address", "old-cpus", "allocator", "name-services", "symbols"),
    )


def test_shipped_improve_is_relative_to_the_baseline() -> None:
    """A project that names no budget gets no absolute limit."""
    assert shipped("improve") == Budget(
        name="improve",
        size_must_shrink=True,
        startup_must_not_slow=True,
        bench_tolerance=0.10,
        max_workload_ratio=1.05,
    )


def test_every_shipped_key_is_explained_in_the_file() -> None:
    """The file's head names every legal key."""
    head = BUDGETS.read_text(encoding="utf-8").partition("\n[")[0]
    assert [key for key in KEYS if key not in head] == ["summary"]


def test_units_and_bare_numbers_mean_bytes_and_seconds() -> None:
    """A size is in bytes, a duration in seconds, where no unit says otherwise."""
    values = {"max_size": 1024, "max_startup": 1, "bench_tolerance": 0, "min_tests": 664}
    assert budget_from(values, name="own", where="here") == Budget(
        name="own", max_size_bytes=1024, max_startup_seconds=1.0, bench_tolerance=0.0, min_tests=664
    )
    assert budget_from({"max_size": "1 KiB"}, name="own", where="here").max_size_bytes == 1024


def test_startup_can_be_limited_in_each_way() -> None:
    """As a time, as a ratio to the baseline, and as what is above the floor."""
    values = {"max_startup": "500 us", "max_startup_ratio": 1.05, "max_startup_above_floor": "2 ms"}
    assert budget_from(values, name="own", where="here") == Budget(
        name="own",
        max_startup_seconds=0.0005,
        max_startup_ratio=1.05,
        max_startup_above_floor_seconds=0.002,
    )


def test_empty_table_asks_for_nothing_but_benches() -> None:
    """Without limits there are none, except the tolerance, which has a default."""
    assert budget_from({}, name="own", where="here") == Budget(name="own", bench_tolerance=0.10)


def test_unknown_key_is_refused_with_the_nearest() -> None:
    """A typing mistake is no limit that is silently left out."""
    with pytest.raises(Refused) as caught:
        budget_from({"max_sise": 1}, name="own", where="[package.metadata.burnish.budget]")
    assert caught.value.found == (
        'unknown key max_sise in [package.metadata.burnish.budget] (did you mean "max_size"?)'
    )


def test_growth_of_a_change_is_a_size_or_a_part() -> None:
    """The size may be limited by bytes or by percent, times by percent alone."""
    values = {"max_size_growth": "16 kB", "max_startup_growth": "5%", "max_workload_growth": "2.5 %"}
    values["max_instructions_growth"] = "1%"
    budget = budget_from(values, name="own", where="here")
    assert budget.max_size_growth == Growth(size_bytes=16_000)
    assert (budget.max_startup_growth, budget.max_workload_growth) == (0.05, 0.025)
    assert budget.max_instructions_growth == 0.01
    part = budget_from({"max_size_growth": "1%"}, name="own", where="here").max_size_growth
    assert part == Growth(fraction=0.01)
    assert (Growth(size_bytes=16_000).limit(1000), Growth(fraction=0.01).limit(1000)) == (17_000, 1010)
    assert (Growth(size_bytes=16_000).told, Growth(fraction=0.01).told) == ("16,000 B", "1%")
    assert budget_from({"max_size_growth": "0%"}, name="own", where="here").max_size_growth == Growth()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_size_growth", "1 %%"),
        ("max_size_growth", "-1%"),
        ("max_size_growth", "99999999%"),
        ("max_size_growth", 0.01),
        ("max_startup_growth", 0.05),
        ("max_startup_growth", "5"),
        ("max_startup_growth", "nan%"),
        ("max_workload_growth", True),
        ("max_instructions_growth", 1.01),
        ("max_size", True),
        ("max_size", 0),
        ("max_size", -1),
        ("max_size", 1.5),
        ("max_size", ""),
        ("max_size", "500 kb"),
        ("max_size", "500 us"),
        ("max_size", 2**63),
        ("max_size", "99999999999999999999 MB"),
        ("max_size", []),
        ("max_startup", False),
        ("max_startup", "500"),
        ("max_startup", "500 kB"),
        ("max_startup", 0.0),
        ("max_startup", float("nan")),
        ("max_startup", float("inf")),
        pytest.param("max_startup", 10**400, id="max_startup-400-digits"),
        ("max_startup_ratio", 0),
        ("max_startup_ratio", -1.0),
        ("max_startup_ratio", "1.05"),
        ("max_startup_ratio", True),
        ("max_startup_ratio", float("inf")),
        ("max_startup_ratio", float("nan")),
        ("max_startup_above_floor", 0),
        ("max_startup_above_floor", "300"),
        ("size_must_shrink", 1),
        ("size_must_shrink", "yes"),
        ("startup_must_not_slow", None),
        ("bench_tolerance", 10),
        ("bench_tolerance", -0.1),
        ("bench_tolerance", "10%"),
        ("bench_tolerance", float("nan")),
        ("bench_tolerance", True),
        ("min_tests", 1.0),
        ("min_tests", -1),
        ("min_tests", True),
        pytest.param("min_tests", 10**5000, id="min_tests-5000-digits"),
        ("summary", 3),
    ],
)
def test_wrong_value_is_refused_by_key(key: str, value: object) -> None:
    """The message names the key, the place and what would be right."""
    with pytest.raises(Refused) as caught:
        budget_from({key: value}, name="own", where="the budget")
    assert caught.value.found.startswith(f"{key} in the budget is ")
    assert caught.value.expected == KEYS[key].expected


def test_wrong_value_is_shown_shortened() -> None:
    """A value of any length gives one readable line."""
    with pytest.raises(Refused) as caught:
        budget_from({"max_size": "x" * 5000}, name="own", where="here")
    assert caught.value.found == f"max_size in here is '{'x' * 59}..."


@given(
    st.dictionaries(
        st.sampled_from(sorted(KEYS)), st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    )
)
def test_any_table_gives_a_budget_or_a_refusal(values: dict[str, Any]) -> None:
    """No value of TOML's types ends in another error."""
    try:
        budget = budget_from(values, name="own", where="here")
    except Refused:
        return
    assert budget.max_size_bytes is None or budget.max_size_bytes > 0
    assert 0 <= budget.bench_tolerance <= 1


@pytest.mark.parametrize("content", [b"[improve", b"\xff", b"a = " + b"[" * 100_000, b"improve = 3"])
def test_damaged_budgets_file_is_refused(content: bytes) -> None:
    """Neither broken TOML, nor other bytes, nor a deep nest, nor a bare value is a budget."""
    with pytest.raises(Refused):
        load_budgets(content)


def test_expected_benches_are_durations_and_tolerances() -> None:
    """A table for each bench, whatever its name; a tenth where no tolerance is stated."""
    values = {"benches": {"execute simple": {"expected": "293 ns"}, "a.b/c": {"expected": 1e-6, "tolerance": 0.2}}}
    assert budget_from(values, name="own", where="here").benches == (
        BenchExpectation(bench="execute simple", seconds=293 * 1e-9, tolerance=0.10),
        BenchExpectation(bench="a.b/c", seconds=1e-6, tolerance=0.2),
    )


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"expekted": "293 ns"}, 'unknown key expekted of the bench x (did you mean "expected"?)'),
        ({}, "benches in here is"),
        ({"expected": "293"}, "benches in here is"),
        ({"expected": "293 ns", "tolerance": 2}, "benches in here is"),
        ("293 ns", "benches in here is"),
    ],
)
def test_expected_bench_that_cannot_be_meant_is_refused(table: object, says: str) -> None:
    """Another key, no duration, no fraction: refused, and named."""
    with pytest.raises(Refused) as caught:
        budget_from({"benches": {"x": table}}, name="own", where="here")
    assert caught.value.found.startswith(says)
