"""Taking an edit back from a file that the user changed since."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.toml.data import ABSENT
from burnish.toml.edit import edit_keys
from burnish.toml.undo import undo_edit

BEFORE = b"[x]\nn = 1\n"
AFTER = edit_keys(BEFORE, {("a", "b", "c"): "ours", ("x", "n"): 2}, name="f").after


def test_undo_of_a_file_as_we_left_it_is_what_was_before() -> None:
    """Byte for byte, and empty where there was no file."""
    assert AFTER == b'[x]\nn = 2\n\n[a.b]\nc = "ours"\n'
    assert undo_edit(AFTER, BEFORE, AFTER) == BEFORE
    assert undo_edit(b"n = 1\n", None, b"n = 1\n") == b""


@pytest.mark.parametrize(
    "written", ['a = "mine"', 'a = ["mine", "too"]', "a = [{ b = 1 }]", "a = [\n  { b = [1, 2] }, # why\n]", "a = {}"]
)
@pytest.mark.parametrize("form", ["{}\n[x]\nn = 2\n", "[x]\nn = 2\n# {}\n"])
def test_undo_leaves_what_the_user_put_in_place_of_our_table(written: str, form: str) -> None:
    """A table of ours that the user made something else is theirs; our other keys get their old values."""
    now = form.format(written.replace("\n", "") if form.startswith("[") else written)
    assert undo_edit(now.encode(), BEFORE, AFTER) == now.replace("n = 2", "n = 1").encode()


def test_undo_leaves_an_inline_table_that_the_user_put_in_place_of_ours() -> None:
    """Of the user's table only our key goes."""
    now = b"a = { b = { c = 'ours', d = 1 } } # mine\n[x]\nn = 3\n"
    assert undo_edit(now, BEFORE, AFTER) == b"a = { b = { d = 1 } } # mine\n[x]\nn = 3\n"


def test_undo_asks_what_a_key_becomes() -> None:
    """The value now, before and after the edit are given for each of our keys."""
    asked: list[tuple[Any, Any, Any]] = []

    def resolve(now: Any, before: Any, after: Any) -> Any:
        asked.append((now, before, after))
        return 7

    now = AFTER.replace(b"n = 2", b"n = 3 # mine")
    assert undo_edit(now, BEFORE, AFTER, resolve) == now.replace(b"n = 3", b"n = 7").replace(b'"ours"', b"7")
    assert asked == [(3, 1, 2), ("ours", ABSENT, "ours")]


@pytest.mark.parametrize("now", [b"[x\n", b"\xff", b"a = '\0'"])
def test_undo_gives_up_on_what_is_no_toml(now: bytes) -> None:
    """The user is asked instead."""
    assert undo_edit(now, BEFORE, AFTER) is None


def test_undo_removes_tables_in_reverse_so_that_a_blank_line_of_the_user_s_stays() -> None:
    """Where the user took out the blank line between two tables of ours, the line above both is not taken for it."""
    after = edit_keys(b"  ", {("a", "x"): 1, ("b", "x"): 2}, name="f").after
    assert after == b"  \n\n[a]\nx = 1\n\n[b]\nx = 2"
    assert undo_edit(after.replace(b"\n\n[b]", b"\n[b]"), b"  ", after) == b"  \n"
