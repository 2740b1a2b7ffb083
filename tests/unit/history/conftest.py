"""Records to look back on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from burnish.history.entries import HistoryEntry, NumbersEntry, Share95, TimeEntry
from burnish.history.repository import CommitPart
from tests.unit.report.conftest import full_report, hostile_report, partial_report  # noqa: F401 - fixtures

MakeEntry = Callable[..., HistoryEntry]


@pytest.fixture
def entry() -> MakeEntry:
    """Return what makes a record of the n-th commit, with a size and a start-up as a multiple of the floor."""

    def make(number: int, size_bytes: int | None = 500_000, startup: float | None = 2.0, **others: Any) -> HistoryEntry:
        ratio = Share95(mean=startup, low=startup * 0.98, high=startup * 1.02) if startup else None
        now = NumbersEntry(size_bytes=size_bytes, startup=TimeEntry(seconds=0.001, to_floor=ratio))
        made = HistoryEntry(
            kind="check",
            commit=name_of(number),
            recorded=f"2026-11-{number + 1:02d}T00:00:00Z",
            run=f"run-{number}",
            outcome="met",
            package="tool",
            binary="tl",
            platform="x86_64-unknown-linux-gnu",
            profile="release",
            machine="a machine",
            toolchain="rustc 1.95.0",
            now=now,
        )
        return replace(made, **others)

    return make


def name_of(number: int) -> str:
    """Return the hash of the n-th commit."""
    return f"{number:040x}"


def commits_to(last: int) -> list[CommitPart]:
    """Return the commits 0 to `last`, the newest first."""
    return [
        CommitPart(hash=name_of(number), seconds=1_790_000_000 + 86_400 * number, title=f"commit {number}")
        for number in range(last, -1, -1)
    ]
