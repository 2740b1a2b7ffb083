"""A record: what it takes from a report, and what a reader makes of lines that it does not know."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from burnish.history.entries import decode_entries, encode_entry, entries_of, entry_of
from burnish.model import BinaryPart, Check, Counted, Reference, Report
from tests.unit.history.conftest import MakeEntry
from tests.unit.report.samples import kept


def test_check_records_the_project_as_it_stands() -> None:
    """With a reference that is the candidate, and its ratios are to the reference and to the floor."""
    report = replace(kept(), outcome="met")
    entry = entry_of(report, "check", "c" * 40)
    assert report.candidate is not None
    assert (entry.now.size_bytes, entry.kept, entry.outcome) == (report.candidate.size_bytes, None, "met")
    startup = entry.now.startup
    assert startup is not None
    assert startup.to_floor is not None
    assert startup.to_reference is not None
    assert startup.to_floor.low < startup.to_floor.mean < startup.to_floor.high
    assert startup.to_floor.mean == pytest.approx(startup.seconds / 6.671e-4, rel=0.02)
    assert startup.to_reference.mean == pytest.approx(2.081 / 2.158, rel=0.02)
    assert set(entry.now.workloads) == {"a megabyte of zeros", "a picture, with colours", "many small files"}


def test_check_against_a_commit_names_it() -> None:
    """The ratios are to it; an earlier report is named as it was typed."""
    commit = Check(reference=Reference(name="main", commit="a" * 40))
    report = Check(reference=Reference(name="old/report.json"))
    named = [entry_of(replace(kept(), check=check), "check", "c" * 40).reference for check in (commit, report, None)]
    assert named == ["a" * 40, "old/report.json", ""]


def test_each_binary_has_a_record() -> None:
    """Of those that the same command makes each has a history of its own."""
    other = BinaryPart(
        name="other", target="other", package="hexyl", baseline=kept().candidate, candidate=kept().baseline
    )
    first, second = entries_of(replace(kept(), binaries=[other]), "kept", "c" * 40)
    assert (first.binary, first.now.size_bytes) == ("hexyl", 1_290_616)
    assert (second.binary, second.now.size_bytes) == ("other", 1_098_520)


def test_kept_change_records_the_commit_and_what_came_of_it() -> None:
    """The commit has the numbers of the baseline: the change is in no commit yet."""
    entry = entry_of(kept(), "kept", "c" * 40)
    assert entry.kept is not None
    assert (entry.now.size_bytes, entry.kept.size_bytes) == (1_290_616, 1_098_520)
    assert entry.recipe.startswith("auto")


def test_interval_without_an_end_is_no_ratio(full_report: Report) -> None:
    """One round tells nothing of the spread."""
    assert full_report.baseline is not None
    assert full_report.baseline.startup is not None
    startup = full_report.baseline.startup
    assert startup.floor is not None
    one_round = replace(startup.floor.timing, raw=startup.floor.timing.raw[:1])
    single = replace(startup, raw=startup.raw[:1], floor=replace(startup.floor, timing=one_round))
    entry = entry_of(replace(full_report, baseline=replace(full_report.baseline, startup=single)), "check", "c" * 40)
    assert entry.now.startup is not None
    assert entry.now.startup.to_floor is None
    assert decode_entries([encode_entry(entry)]) == ([entry], 0)


def test_instructions_are_recorded(full_report: Report) -> None:
    """They move less than times from run to run."""
    assert full_report.baseline is not None
    side = replace(full_report.baseline, instructions=[Counted(name="start-up", by="valgrind", runs=[10, 12])])
    assert entry_of(replace(full_report, baseline=side), "check", "c").now.instructions == {"start-up": 11}


def test_record_is_one_line_that_is_read_again(hostile_report: Report) -> None:
    """Whatever the names are."""
    entry = entry_of(hostile_report, "kept", "c" * 40)
    line = encode_entry(entry)
    assert b"\n" not in line
    assert decode_entries([line, b"", b"  "]) == ([entry], 0)


def test_record_of_a_later_version_is_read(entry: MakeEntry) -> None:
    """Fields that are not known are skipped; another `version` is another thing, and is counted."""
    document = json.loads(encode_entry(entry(1)))
    later = json.dumps({**document, "new": {"a": 1}}).encode()
    other = json.dumps({**document, "version": 2}).encode()
    assert decode_entries([later, other]) == ([entry(1)], 1)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_lines_that_are_no_records_are_counted(lines: list[bytes]) -> None:
    """They were written by hand, or torn; no reader fails."""
    found, unread = decode_entries(lines)
    assert (found, unread) == ([], sum(bool(line.strip()) for line in lines))


def test_deep_or_endless_lines_are_counted(entry: MakeEntry) -> None:
    """What is made to choke a reader is skipped."""
    lines = [b"[" * 100_000, b'{"a":' * 50_000, b"x" * 2_000_000, msgspec.json.encode({"version": math.pi})]
    assert decode_entries([*lines, encode_entry(entry(1))]) == ([entry(1)], 4)
