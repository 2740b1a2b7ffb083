"""The history in order: which commit moved what, and what else was another."""

from __future__ import annotations

import random

from msgspec.structs import replace

from burnish.history.entries import NumbersEntry
from burnish.history.timeline import timelines
from tests.unit.history.conftest import MakeEntry, commits_to, name_of


def test_records_stand_in_the_order_of_the_commits(entry: MakeEntry) -> None:
    """Whenever they were written; of two of one commit the newer one counts."""
    written = [entry(3), entry(1), entry(2), replace(entry(1), recorded="2026-12-01T00:00:00Z", run="again")]
    (timeline,) = timelines(written, commits_to(4))
    assert [each.title for each in timeline.milestones] == ["commit 1", "commit 2", "commit 3"]
    assert timeline.milestones[0].entry.run == "again"
    assert timeline.subject == ("tool", "tl", "x86_64-unknown-linux-gnu", "release")


def test_records_of_other_commits_are_left_out(entry: MakeEntry) -> None:
    """A branch that did not lead here has a history of its own."""
    assert timelines([entry(7)], commits_to(4)) == []
    (timeline,) = timelines([entry(7), entry(2)], commits_to(4))
    assert [each.entry.commit for each in timeline.milestones] == [name_of(2)]


def test_without_a_repository_records_stand_as_written(entry: MakeEntry) -> None:
    """A file of lines can be looked at anywhere."""
    (timeline,) = timelines([entry(3), entry(1)], [])
    assert [each.entry.commit for each in timeline.milestones] == [name_of(3), name_of(1)]
    assert timeline.milestones[0].seconds is None


def test_each_binary_and_platform_has_a_timeline(entry: MakeEntry) -> None:
    """The one that was recorded last comes first."""
    written = [entry(1), entry(2, platform="aarch64-apple-darwin"), entry(1, binary="other")]
    assert [each.subject[1:3] for each in timelines(written, commits_to(2))] == [
        ("tl", "aarch64-apple-darwin"),
        ("tl", "x86_64-unknown-linux-gnu"),
        ("other", "x86_64-unknown-linux-gnu"),
    ]


def test_size_that_moved_names_its_commit(entry: MakeEntry) -> None:
    """Every change of a thousandth or more: a size has no noise. Commits in between without a record are counted."""
    written = [entry(0), entry(1, 500_100), entry(5, 520_000), entry(6, 520_000)]
    (timeline,) = timelines(written, commits_to(6))
    (move,) = timeline.moves
    assert (move.series, move.commit, move.since, move.between) == ("size", name_of(5), name_of(1), 3)
    assert (move.before, move.after) == (500_100, 520_000)
    assert timeline.milestones[2].remarks == ["size +4.0%"]


def test_instructions_move_by_more_than_their_noise(entry: MakeEntry) -> None:
    """Some tenths of a percent come of a longer variable; half a percent does not."""
    counts = [100_000, 100_300, 100_000, 105_000]
    written = [replace(entry(at), now=NumbersEntry(instructions={"start-up": n})) for at, n in enumerate(counts)]
    (timeline,) = timelines(written, commits_to(4))
    (move,) = timeline.moves
    assert (move.series, move.commit, move.change) == ("instructions, start-up", name_of(3), "+5.0%")


def test_startup_that_moved_names_its_commit(entry: MakeEntry) -> None:
    """Noise moves nothing, another level does, from its first record on."""
    source = random.Random(3)  # noqa: S311 - the same each time
    levels = [2.0] * 10 + [2.6] * 10
    written = [entry(number, startup=level * source.gauss(1, 0.02)) for number, level in enumerate(levels)]
    (timeline,) = timelines(written, commits_to(19))
    (move,) = timeline.moves
    assert (move.series, move.unit, move.commit) == ("start-up", "x floor", name_of(10))
    assert 1.27 < move.ratio < 1.33


def test_what_else_changed_is_told(entry: MakeEntry) -> None:
    """Another compiler or machine moves numbers that no commit has moved."""
    kept = NumbersEntry(size_bytes=400_000)
    written = [
        entry(0),
        entry(1, toolchain="rustc 1.96.0", machine="another"),
        entry(2, toolchain="rustc 1.96.0", machine="another", kind="kept", kept=kept, recipe="auto: lto"),
    ]
    (timeline,) = timelines(written, commits_to(2))
    assert timeline.milestones[1].remarks == ["rustc 1.96.0", "another machine"]
    assert timeline.milestones[2].remarks == ["kept auto: lto: 400,000 B"]


def test_record_without_numbers_has_its_place(entry: MakeEntry) -> None:
    """A library has no start-up; a platform that cannot be started neither."""
    (timeline,) = timelines([entry(0, None, None), entry(1, None, None)], commits_to(1))
    assert timeline.series == []
    assert len(timeline.milestones) == 2
