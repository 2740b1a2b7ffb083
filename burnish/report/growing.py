"""What every rendering says of what changed since the reference of a check. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.model import Check, DependencyChange, Movement, Report
from burnish.report.explanation import Table, movement_table
from burnish.report.summary import NOT_THERE
from burnish.text import commit_words

_SHORT = 3


def reference_words(report: Report) -> str:
    """Return what a check was compared with, empty where that is nothing."""
    reference = report.check.reference if report.check else None
    return commit_words(reference.name, reference.commit) if reference is not None else ""


def change_tables(report: Report) -> list[Table]:
    """Return the tables of a check's report: the crates and functions that moved, and the dependencies that changed."""
    check = report.check
    if check is None or check.reference is None:
        return []
    sides = (reference_words(report), "as it stands")
    note = f": {check.moved_note}" if check.moved_note else ""
    tables = [
        movement_table(f"crates that moved most{note}", check.moved_crates, sides),
        movement_table(f"functions that moved most{note}", check.moved_functions, sides),
        _dependencies(check.dependencies, sides),
    ]
    return [table for table in tables if table.rows]


def _dependencies(changes: Sequence[DependencyChange], sides: tuple[str, str]) -> Table:
    rows = [
        (each.name, ", ".join(each.before) or NOT_THERE, ", ".join(each.after) or NOT_THERE, _kind(each))
        for each in changes
    ]
    return Table(title="dependencies that changed", columns=("", *sides, ""), rows=rows)


def _kind(change: DependencyChange) -> str:
    return "updated" if change.before and change.after else "added" if change.after else "removed"


def changes_in_short(report: Report) -> list[str]:
    """Return in a sentence each which crates grew most, and which dependencies changed; nothing where none did."""
    grown = [each for each in _moved(report) if each.after_bytes > each.before_bytes]
    told = [f"code that grew most: {_few(list(map(_grown, grown)))}"] if grown else []
    return [*told, *changes_beside_code(report)]


def changes_beside_code(report: Report) -> list[str]:
    """Return in a sentence each what grew where no code did, and which dependencies changed."""
    return list(_sentences(report.check)) if report.check else []


def _moved(report: Report) -> Sequence[Movement]:
    return report.check.moved_crates if report.check else []


def _sentences(check: Check) -> Iterator[str]:
    if check.moved_note and not check.moved_crates:
        yield f"what grew: {check.moved_note}"
    if check.dependencies:
        yield f"dependencies: {_few(list(map(_dependency, check.dependencies)))}"


def _few(words: Sequence[str]) -> str:
    left = len(words) - _SHORT
    return ", ".join([*words[:_SHORT], *([f"{left} more in the report"] if left > 0 else [])])


def _grown(movement: Movement) -> str:
    return f"{movement.name} {movement.after_bytes - movement.before_bytes:+,} B"


def _dependency(change: DependencyChange) -> str:
    before, after = "/".join(change.before), "/".join(change.after)
    versions = " -> ".join(filter(None, (before, after)))
    return f"{change.name} {versions} {'' if before and after else _kind(change)}".rstrip()
