"""What is tried next, by what was found of each choice alone."""

from __future__ import annotations

from burnish.resources import config_file
from burnish.search.choices import Candidate, SearchSpace, load_space
from burnish.search.tune import best_choices, neighbours

SPACE = load_space(config_file("search.toml").read_bytes(), frozenset({"flags", "elf", "glibc"}))
EFFECTS = {"opt-level.2": 0.97, "opt-level.s": 0.951, "opt-level.z": 0.95, "lto.thin": 1.1, "codegen-units.16": 1.0001}


def candidate(*ids: str, space: SearchSpace = SPACE) -> Candidate:
    """Give the candidate of these choices."""
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
        "opt-level.2, position.fixed",
        "opt-level.s, position.fixed",
        "codegen-units.16, opt-level.z, position.fixed",
    ]


def test_neighbours_of_a_choice_that_hardly_pays_include_the_base() -> None:
    """What gains nothing much is tried without, too."""
    near = neighbours(candidate("opt-level.2"), SPACE, {"opt-level.2": 0.99})
    assert [each.label for each in near] == ["the base"]
