"""The pick: every budget met, then the least product of size and start-up as far as it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.search.pick import Entry, is_undecided, product_ratio, promising, rank, shown_ratio

STEADY = (1.00, 1.01, 0.99, 1.00)
QUICKER = (0.70, 0.71, 0.69, 0.70)
LUCKY = (0.40, 1.60, 0.50, 1.40)


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
    assert is_undecided([entry("small"), rival]) is is_open


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
    assert is_undecided([entry("small"), entry("alike", 101_000, round_means=LUCKY)])
    assert not is_undecided([entry("small"), entry("slow", 101_000, work=5.0, round_means=LUCKY)])
