"""What a TOML file holds: comparing it, looking into it, changing a copy."""

from __future__ import annotations

import pytest

from burnish.errors import Refused
from burnish.toml.data import deep_set, same, table_at
from burnish.toml.reading import read_toml


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ([1], [True]), ({"a": 0}, {"a": False}), ({}, [])]
)
def test_same_is_strict_about_types(one: object, other: object) -> None:
    """Values that Python calls equal are different values of TOML."""
    assert not same(one, other)


def test_same_knows_what_does_not_equal_itself() -> None:
    """Not-a-number in a file's metadata does not make every edit of it look wrong."""
    text = b"a = [nan, { b = 1979-05-27T07:32:00Z, c = 07:32:00 }]"
    assert same(read_toml(text, ""), read_toml(text, ""))


def test_deep_set_leaves_its_input_alone() -> None:
    """A copy gets the value; tables on the way are made."""
    data = {"a": {"b": 1}, "c": 2}
    assert deep_set(data, ("a", "d", "e"), 3) == {"a": {"b": 1, "d": {"e": 3}}, "c": 2}
    assert data == {"a": {"b": 1}, "c": 2}


@pytest.mark.parametrize("data", [{"a": 1}, {"a": {"b": []}}, {"a": {"b": "x"}}])
def test_table_at_refuses_another_value_in_its_place(data: dict[str, object]) -> None:
    """Where a table should be and something else is, that is said."""
    with pytest.raises(Refused, match="which is not a table"):
        table_at(data, ("a", "b"), "Cargo.toml")
