"""The pick: every budget met, then the least product of size and start-up as far as it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from burnish.measure.statistics import ratio_interval
from burnish.search.pick import Entry, is_undecided, product_ratio, promising, rank, shown_ratio

STEADY = (1.00, 1.01, 0.99, 1.00)
QUICKER = (0.70, 0.71, 0.69, 0.70)
LUCKY = (0.40, 1.60, 0.50, 1.40)
WORTH = 0.01


def entry(name: str, size: int = 100_000, **parts: Any) -> Entry:
    """Return an entry that meets its budget and starts like all others."""
    return Entry(
        name=name, size_bytes=size, **{"round_means": STEADY, "unusual": 0, "settings": 1, "verdict": "pass", **parts}
    )


def best(*entries: Entry) -> str:
    """Return the name of the first, whatever the order they come in."""
    names = {rank(order)[0].name for order in (entries, entries[::-1])}
    assert len(names) == 1
    return names.pop()


def test_smaller_file_is_picked_where_start_ups_are_alike() -> None:
    """Size decides where the start-up does not."""
    assert best(entry("large"), entry("small", 90_000)) == "small"


def test_quicker_start_pays_for_a_larger_file() -> None:
    """A tenth more of size for three tenths less of start-up is a bargain; twice the size is none."""
    assert best(entry("small"), entry("quick", 110_000, round_means=QUICKER)) == "quick"
    assert best(entry("small"), entry("quick", 200_000, round_means=QUICKER)) == "small"


def test_lucky_rounds_do_not_pay_for_a_larger_file() -> None:
    """A lower mean that its interval does not show counts for nothing."""
    assert best(entry("small"), entry("lucky", 103_000, round_means=LUCKY)) == "small"


@pytest.mark.parametrize(
    ("rival", "is_open"),
    [
        (entry("lucky", 101_000, round_means=LUCKY), True),
        (entry("unlucky", 103_000, round_means=tuple(each * 1.1 for each in LUCKY)), True),
        (entry("slow", 103_000), False),
        (entry("alike", 100_100), False),
        (entry("failing", 101_000, round_means=LUCKY, verdict="fail"), False),
        (entry("quick", 120_000, round_means=QUICKER), False),
    ],
    ids=["may be better", "may yet be", "is worse", "is as good", "can not be picked", "is the pick"],
)
def test_pick_is_undecided_while_another_may_be_better(rival: Entry, *, is_open: bool) -> None:
    """More rounds can help only where a lower mean is not shown yet, of one that could be picked."""
    assert is_undecided([entry("small"), rival], WORTH) is is_open


@pytest.mark.parametrize(
    ("spread", "worth", "is_open"),
    [(0.007, 0.01, True), (0.004, 0.01, False), (0.007, 0.02, False), (0.004, 0.001, True), (0.002, 0.001, False)],
    ids=["by 1.3%", "by 0.7%", "by 1.3% of 2%", "by 0.7% of 0.1%", "by what is equal, of 0.1%"],
)
def test_pick_is_decided_where_no_other_can_be_better_by_what_is_worth_it(
    spread: float, worth: float, *, is_open: bool
) -> None:
    """More rounds are not worth what they could show at most; what counts as equal is never worth one."""
    noisy = entry("noisy", round_means=(1 + spread, 1 - spread) * 2, settings=2)
    assert is_undecided([entry("still", round_means=(1.0,) * 4), noisy], worth) is is_open


ROUNDS = st.lists(st.floats(0.99, 1.01), min_size=4, max_size=4)


@given(st.lists(st.tuples(st.integers(99_000, 101_000), ROUNDS, st.floats(0, 1)), min_size=2, max_size=4))
def test_decided_pick_is_never_worse_than_the_true_best_by_more_than_is_worth_it(
    drawn: list[tuple[int, list[float], float]],
) -> None:
    """Wherever in its interval the truth about each one lies, stopping costs a hundredth of the product at most."""
    entries = [
        entry(str(number), size, round_means=tuple(rounds), unusual=number % 2)
        for number, (size, rounds, _) in enumerate(drawn)
    ]
    assume(not is_undecided(entries, WORTH))
    pick = rank(entries)[0]
    for each, (_, _, where) in zip(entries, drawn, strict=True):
        interval = ratio_interval(each.round_means, pick.round_means)
        true_ratio = interval.low + where * (interval.high - interval.low)
        assert pick.size_bytes <= each.size_bytes * true_ratio * (1 + WORTH) * (1 + 1e-9)


def test_who_may_turn_out_best_is_timed_on() -> None:
    """A lower mean that is not shown yet stays before a smaller file; the budget comes first all the same."""
    lucky = entry("lucky", 101_000, round_means=LUCKY)
    fails = entry("fails", 50_000, verdict="fail", excess=1.2)
    assert [each.name for each in promising([entry("small"), fails, lucky])] == ["lucky", "small", "fails"]
    assert best(entry("small"), lucky) == "small"


def test_budget_comes_before_the_product() -> None:
    """What meets the budget wins over what is smaller and fails; what may meet it stands between."""
    order = rank(
        [
            entry("fails", 50_000, verdict="fail", excess=1.2),
            entry("may", 80_000, verdict="inconclusive"),
            entry("meets", 100_000),
        ]
    )
    assert [each.name for each in order] == ["meets", "may", "fails"]


def test_nearest_is_first_where_all_fail() -> None:
    """The one that misses its limits by the least is the nearest, whatever its product."""
    far = entry("far", 50_000, verdict="fail", excess=2.0)
    near = entry("near", 90_000, verdict="fail", excess=1.1)
    assert best(far, near) == "near"


def test_ties_go_to_fewer_unusual_settings_then_to_fewer() -> None:
    """Less than half a percent is no reason for a linker script, nor for one more key."""
    assert best(entry("odd", 99_700, unusual=1), entry("plain")) == "plain"
    assert best(entry("odd", 99_000, unusual=1), entry("plain")) == "odd"
    assert best(entry("more", 100_000, settings=2), entry("plain", 100_000)) == "plain"


def test_rank_gives_each_entry_once() -> None:
    """Nothing is lost or doubled on the way."""
    entries = [entry(str(number), 100_000 + number % 3, unusual=number % 2) for number in range(9)]
    assert sorted(each.name for each in rank(entries)) == [str(number) for number in range(9)]


@pytest.mark.parametrize("rounds", [(), (1.0,)])
def test_untimed_candidates_are_compared_by_size(rounds: tuple[float, ...]) -> None:
    """No round, or one, shows nothing."""
    assert product_ratio(entry("a", 90_000, round_means=rounds), entry("b")) == 0.9


def test_rounds_of_one_that_left_early_pair_with_the_first_of_the_other() -> None:
    """Both were in those rounds; the later ones were of another time."""
    assert shown_ratio((2.0, 2.0), (1.0, 1.0, 9.0)) == pytest.approx(2.0)


def test_what_needs_a_command_of_its_own_comes_behind_what_meets_the_budget_without() -> None:
    """A rebuilt library is for budgets that `cargo build` cannot meet, however small it makes the file."""
    own = entry("own command", 50_000, is_plain=False)
    assert best(own, entry("plain", 100_000)) == "plain"
    assert best(own, entry("plain", 100_000, verdict="fail", excess=1.1)) == "own command"


def test_time_at_work_pays_for_a_larger_file() -> None:
    """A program that is a third quicker at its work may be a tenth larger; a slower one has to be smaller for it."""
    assert best(entry("small"), entry("fast", 110_000, work=0.7)) == "fast"
    assert best(entry("small", 90_000, work=1.2), entry("alike")) == "alike"
    assert product_ratio(entry("one", work=1.1), entry("other", work=1.0)) == pytest.approx(1.1)
    assert is_undecided([entry("small"), entry("alike", 101_000, round_means=LUCKY)], WORTH)
    assert not is_undecided([entry("small"), entry("slow", 101_000, work=5.0, round_means=LUCKY)], WORTH)
