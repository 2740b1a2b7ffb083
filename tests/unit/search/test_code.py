"""Where a program's code is: summed by crate and function, and what moved from one build to another."""

from __future__ import annotations

from burnish.model import Movement
from burnish.search.code import Function, code_of, moved

FUNCTIONS = [
    Function(crate="std", name="core::ptr::drop_in_place<T>", size=10),
    Function(crate="tool", name="core::ptr::drop_in_place<T>", size=20),
    Function(crate="tool", name="core::ptr::drop_in_place<T>", size=5),
    Function(crate="tool", name="tool::main", size=7),
]


def test_code_is_summed_by_crate_and_function() -> None:
    """A function that was made several times in one crate is one; that of another crate is another."""
    code = code_of(FUNCTIONS)
    assert code.crates == {"std": 10, "tool": 32}
    assert code.functions == {
        "core::ptr::drop_in_place<T> (std)": 10,
        "core::ptr::drop_in_place<T> (tool)": 25,
        "tool::main (tool)": 7,
    }
    assert [(share.name, share.amount) for share in code.shares] == [("tool", 32), ("std", 10)]


def test_what_moved_most_comes_first_whichever_way() -> None:
    """What is gone or new counts whole, what stayed as it was not at all."""
    before, after = {"a": 100, "b": 50, "c": 5, "gone": 70}, {"a": 40, "b": 50, "c": 10, "new": 65}
    assert moved(before, after) == [
        Movement(name="gone", before_bytes=70, after_bytes=0),
        Movement(name="new", before_bytes=0, after_bytes=65),
        Movement(name="a", before_bytes=100, after_bytes=40),
        Movement(name="c", before_bytes=5, after_bytes=10),
    ]
    assert [each.name for each in moved(before, after, most=2)] == ["gone", "new"]
