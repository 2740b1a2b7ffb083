"""What is tried: each choice alone, then what was found to be the best together."""

from __future__ import annotations

import pytest

from burnish.concessions import NAMES
from burnish.resources import config_file
from burnish.search.candidates import Answer, Failure, answer_for, best_choices, combinations, neighbours, one_at_a_time
from burnish.search.choices import Combination, SearchSpace, load_space

SEARCH = config_file("search.toml").read_bytes()
ACCEPTED = frozenset(NAMES)
SPACE = load_space(SEARCH, frozenset({"flags", "elf", "glibc", "target", "no-shared-library"}), ACCEPTED)
EFFECTS = {"opt-level.2": 0.97, "opt-level.s": 0.951, "opt-level.z": 0.95, "lto.thin": 1.1, "codegen-units.16": 1.0001}


def candidate(*ids: str, space: SearchSpace = SPACE) -> Combination:
    """Return the candidate of these choices."""
    found = space.candidate(ids)
    assert found is not None
    return found


def test_best_choice_of_each_factor_that_pays_is_taken() -> None:
    """One of the levels, and neither thin nor more units, which gain nothing."""
    assert [choice.id for choice in best_choices(SPACE, EFFECTS)] == ["opt-level.z"]


def test_choice_that_was_not_timed_or_did_not_build_is_not_taken() -> None:
    """Nothing is known of it."""
    assert best_choices(SPACE, {}) == []


def test_neighbours_are_the_near_choices_of_usual_factors() -> None:
    """Beside others `s` may beat `z`; `thin` came nowhere near, and linker flags are not tried over and over."""
    near = neighbours(candidate("opt-level.z", "position.fixed"), SPACE, EFFECTS)
    assert [each.label for each in near] == [
        "opt-level 2, fixed address",
        "opt-level s, fixed address",
        "codegen-units 16, opt-level z, fixed address",
    ]


def test_neighbours_of_a_choice_that_hardly_pays_include_the_base() -> None:
    """What gains nothing much is tried without, too."""
    near = neighbours(candidate("opt-level.2"), SPACE, {"opt-level.2": 0.99})
    assert [each.label for each in near] == ["the base"]


def test_search_tries_each_choice_alone_and_the_best_with_each_link() -> None:
    """One build for each choice; then the best of every factor, for each way to link and for none."""
    few = load_space(SEARCH, frozenset({"flags", "static", "elf", "target", "no-shared-library"}), ACCEPTED)
    singles = one_at_a_time(few)
    assert all(len(each.choices) == 1 for each in singles)
    best = [choice for choice in few.choices if choice.id in {"opt-level.s", "link.static", "segments.joined"}]
    assert [each.label for each in combinations(few, best, "link")] == [
        "opt-level s, joined segments",
        "static linking, opt-level s, joined segments",
    ]


def test_what_does_not_go_with_a_link_is_left_out_beside_it() -> None:
    """A profile, or folded functions, that pay alone are no reason not to try the best with static musl."""
    facts = {"flags", "elf", "target", "no-shared-library", "musl", "folding", "profiling", "training"}
    few = load_space(SEARCH, frozenset(facts), frozenset(NAMES))
    best = [choice for choice in few.choices if choice.id in {"opt-level.z", "guided.profile", "folding.all"}]
    assert [each.label for each in combinations(few, best, "link")] == [
        "functions folded, guided by a profile, opt-level z",
        "static musl, opt-level z",
    ]


CHOICES = load_space(config_file("search.toml").read_bytes(), frozenset({"abort"}), frozenset(NAMES))


def failed(*choices: str, reason: str = "the test t is lost") -> Failure:
    """Return a failure of these choices."""
    return Failure(choices=frozenset(choices), reason=reason)


@pytest.mark.parametrize(
    ("failures", "choices", "expected"),
    [
        ([], ["a"], None),
        ([failed("a", "b")], ["a"], None),
        ([failed("a", "b")], ["a", "b", "c"], {"a", "b"}),
        ([failed("a", "b"), failed("b", "c")], ["b"], {"b"}),
        ([failed("a", "b"), failed("b", "c")], ["a", "c"], None),
        ([failed("a"), failed("b")], ["c"], set()),
        ([failed()], ["c"], set()),
        ([failed("a"), failed("b", reason="the test u is lost")], ["c"], None),
        ([failed("a"), failed("b", reason="other"), failed("c", reason="other")], ["d"], set()),
    ],
)
def test_answer_for_what_shares_all_that_those_that_failed_had_in_common(
    failures: list[Failure], choices: list[str], expected: set[str] | None
) -> None:
    """The cause lies in what all have that failed for one reason; whoever has less of it may pass."""
    answer = answer_for(failures, choices)
    assert (None if answer is None else set(answer.choices)) == expected


def test_answer_says_where_the_reason_was_seen() -> None:
    """With the choices behind it, or that it takes none of them."""
    both = frozenset({"opt-level.z", "panic.abort"})
    assert Answer(reason="r", choices=both).sentence(CHOICES) == "r (seen with opt-level z, panic abort)"
    assert Answer(reason="r", choices=frozenset()).sentence(CHOICES) == "r (seen without any of their settings)"
