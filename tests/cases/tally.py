"""What became of each case, kept by pytest and printed as a table with `--cases`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest


class CaseTally:
    """Adds up what the tests of cases report, here or in the processes that run them for us."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []
        self.counts: dict[str, int] = {}
        self.rejections: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each case once, at its call, each count of generated projects, and why one was not kept."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == "case" and isinstance(value, dict):
                result = "right" if report.passed else "NOT RIGHT"
                self.rows.append((value["name"], value["was"] or "-", value["now"], result))
            if name == "rejected":
                self.rejections[str(value)] += 1
            if name == "projects" and isinstance(value, dict):
                for outcome, count in value.items():
                    self.counts[outcome] = self.counts.get(outcome, 0) + count

    def lines(self) -> Iterator[str]:
        """Return the table of the cases, and what became of the generated projects."""
        for name, was, now, result in sorted(self.rows):
            yield f"{result:9} {name:28} now: {now:14} was: {was}"
        right = sum(result == "right" for *_, result in self.rows)
        yield f"{len(self.rows)} cases tried, {right} right"
        if self.counts:
            total = sum(self.counts.values())
            found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.counts.items()))
            yield f"{total} generated projects tried: {found}"
        yield from (f"{count:>4} not kept: {reason}" for reason, count in self.rejections.most_common())
