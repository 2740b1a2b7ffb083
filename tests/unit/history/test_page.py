"""The page: a curve for each number, what moved, and nothing that foreign text can do to it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from msgspec.structs import replace

from burnish.history.page import render_history
from burnish.history.timeline import timelines
from tests.unit.history.conftest import MakeEntry, commits_to
from tests.unit.report.conftest import ATTACK


def tags_of(page: str) -> list[str]:
    """Return the elements of a page."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - of the parser
            found.append(tag)

    Reader().feed(page)
    return found


def test_page_has_a_curve_for_each_number(entry: MakeEntry) -> None:
    """A point for each record, its interval where it has one, a line where the number moved."""
    page = render_history(timelines([entry(0), entry(1), entry(2, 520_000)], commits_to(2)))
    assert page.count("<svg") == 2
    assert page.count("<circle") == 6
    assert page.count('class="ends"') == 3
    assert page.count('class="mark"') == 1
    assert "size +4.0%" in page
    assert "<script" not in page


def test_text_of_others_is_only_text(entry: MakeEntry) -> None:
    """Titles of commits, names of packages and machines open no element."""
    entries = [entry(0), entry(1, 520_000, toolchain="rustc x")]
    attacked = [
        replace(each, package=f"tool{ATTACK}", binary=f"tl{ATTACK}", toolchain=each.toolchain + ATTACK)
        for each in entries
    ]
    commits = [replace(commit, title=commit.title + ATTACK) for commit in commits_to(1)]
    friendly = render_history(timelines(entries, commits_to(1)))
    hostile = render_history(timelines(attacked, commits))
    assert tags_of(hostile) == tags_of(friendly)
    assert not re.search("[\x00\u202e\x1b]", hostile)


def test_one_record_is_a_curve_too(entry: MakeEntry) -> None:
    """There is nothing to compare with yet."""
    assert render_history(timelines([entry(0)], commits_to(0))).count("<circle") == 2
