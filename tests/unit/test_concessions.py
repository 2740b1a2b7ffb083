"""The concessions: a closed list of what may be taken from the people who run the binary."""

from __future__ import annotations

import pytest

from burnish.concessions import NAMES, SENTENCES, in_order, read_concessions, told
from burnish.errors import Refused, UsageError


def test_every_concession_says_in_a_sentence_what_it_takes() -> None:
    """The list is closed, and each name has its words."""
    assert tuple(SENTENCES) == NAMES
    assert len(set(SENTENCES.values())) == len(NAMES) == 11


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ([], ()),
        ("", ()),
        ("symbols, speed", ("speed", "symbols")),
        (["symbols", "speed,unwinding", "speed"], ("speed", "unwinding", "symbols")),
        ("all", NAMES),
        (["speed", "all"], NAMES),
    ],
)
def test_concessions_are_read_in_the_order_of_the_list(stated: object, names: tuple[str, ...]) -> None:
    """A text, several, with commas between; `all` stands for each."""
    assert read_concessions(stated, "--accept") == names


def test_unknown_concession_is_refused_with_the_nearest() -> None:
    """The list is told, and the error is the caller's."""
    with pytest.raises(UsageError) as error:
        read_concessions(["speed", "unwindin"], "--accept", UsageError)
    assert error.value.found == '--accept accepts "unwindin", which is no concession (did you mean "unwinding"?)'
    assert error.value.expected.startswith("all, or some of speed, unwinding, ")


@pytest.mark.parametrize("stated", [1, None, ["speed", 1], {"speed": True}])
def test_what_is_no_text_is_refused(stated: object) -> None:
    """A setting may be anything that TOML has."""
    with pytest.raises(Refused):
        read_concessions(stated, "search.accept")


def test_concessions_are_told_with_what_they_take() -> None:
    """In the order of the list, whatever order they came in."""
    assert in_order({"symbols", "speed"}) == ["speed", "symbols"]
    assert [text.partition(":")[0] for text in told(["symbols", "speed"])] == ["speed", "symbols"]
