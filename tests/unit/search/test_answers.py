"""What fails is not paid for a second time, and what may pass is not given up for it."""

from __future__ import annotations

import pytest

from burnish.concessions import NAMES
from burnish.resources import config_file
from burnish.search.candidates import Answer, Failure, answer_for
from burnish.search.choices import load_space

SPACE = load_space(config_file("search.toml").read_bytes(), frozenset({"abort"}), frozenset(NAMES))


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
    assert Answer(reason="r", choices=both).sentence(SPACE) == "r (seen with opt-level z, panic abort)"
    assert Answer(reason="r", choices=frozenset()).sentence(SPACE) == "r (seen without any of their settings)"
