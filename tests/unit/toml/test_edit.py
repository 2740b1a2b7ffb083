"""The edit as a value that is proven."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.errors import Refused
from burnish.toml.edit import TextEdit, edit_keys, guarded


def test_guarded_gives_the_edit_of_what_was_expected() -> None:
    """A result that holds the expected data is an edit."""
    assert guarded(b"", b"a = 1", {"a": 1}, "x") == TextEdit(name="x", before=b"", after=b"a = 1")


@pytest.mark.parametrize("after", [b"a = 2", b"a = true", b"a = 1\nb = 1", b"", b"a = ", b"a.b = 1"])
def test_guarded_refuses_everything_else(after: bytes) -> None:
    """A result with one value more, less or other, or that is no TOML, is refused before anything is written."""
    with pytest.raises(Refused, match=r"cannot edit Cargo\.toml safely"):
        guarded(b"", after, {"a": 1}, "Cargo.toml")


def test_edit_without_change_has_no_diff() -> None:
    """The same bytes, or nothing for no file, are no change."""
    for before, after in ((b"a = 1", b"a = 1"), (None, b"")):
        edit = TextEdit(name="Cargo.toml", before=before, after=after)
        assert not edit.changed
        assert edit.diff() == ""


def test_edit_diff_is_unified() -> None:
    """The diff is one that git and patch read."""
    edit = TextEdit(name="Cargo.toml", before=b"1\n2\n3\n4\n5\n6\n", after=b"1\n2\n3\n4\nfive\n6\n")
    assert edit.diff() == "--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"


def test_edit_diff_says_where_the_final_newline_is_missing() -> None:
    """Each last line without a line feed has patch's remark behind it."""
    remark = "\\ No newline at end of file\n"
    edit = TextEdit(name="x", before=b"a", after=b"b")
    assert edit.diff() == f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n{remark}+b\n{remark}"


def test_edit_diff_of_a_new_file_is_from_nothing() -> None:
    """A file that is not there yet is /dev/null in the diff."""
    assert TextEdit(name="x", before=None, after=b"a\n").diff() == "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"


def test_edit_diff_splits_at_line_feeds_only() -> None:
    """A form feed or a Unicode line separator inside a line does not make two lines of it."""
    edit = TextEdit(name="x", before="a\u2028b\x0cc\r\n".encode(), after="a\u2028b\x0cc\r\nd\r\n".encode())
    assert edit.diff().count("\n") == 5


@pytest.mark.parametrize(
    ("value", "reason"), [(object(), "Unable to convert"), (["a", None], "Unable to convert"), ("\ud800", "surrogates")]
)
def test_edit_refuses_a_value_that_toml_cannot_hold(value: Any, reason: str) -> None:
    """The message says why, and that nothing was touched."""
    with pytest.raises(Refused, match=rf"cannot edit x\.toml safely: .*{reason}") as refused:
        edit_keys(b"", {("a",): value}, name="x.toml")
    assert refused.value.files == "untouched"


def test_edit_of_a_file_that_does_not_exist_begins_with_the_note() -> None:
    """Only there, and only where there is something to write."""
    assert edit_keys(None, {("a", "b"): 1}, name="x", note="# ours\n").after == b"# ours\n\n[a]\nb = 1\n"
    assert edit_keys(b"", {("a", "b"): 1}, name="x", note="# ours\n").after == b"[a]\nb = 1\n"
    assert not edit_keys(None, {}, name="x", note="# ours\n").changed
