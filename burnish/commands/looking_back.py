"""`burnish history`: the table, the page with curves, and the document."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.commands.calls import Call
from burnish.commands.display import open_page, require_within, result_columns
from burnish.errors import Refused, UsageError
from burnish.history.entries import HistoryEntry
from burnish.history.page import render_history
from burnish.history.repository import Unrecorded
from burnish.history.store import HistoryStore
from burnish.history.timeline import Milestone, Move, Timeline, timelines
from burnish.job.job import Job
from burnish.job.options import Options
from burnish.phases.remembering import history_store
from burnish.system.console import Console
from burnish.text import format_bytes, neutral, shortened
from burnish.transaction.files import write_synced

PAGE = "history.html"
_ROWS, _MOVES = 30, 10
_HASH_COLUMNS = 10
_HOW = "burnish check, in a commit without further edits: each check leaves a record"


def show_history(call: Call) -> None:
    """Show the history of a project as a table or a document, and as a page where that is asked for.

    Raise Refused where there is no record, or none is kept.
    """
    job, _ = call.examine()
    store = store_of(job)
    entries, unread = read_history(store, next_command=_HOW)
    made = [each for each in timelines(entries, store.commits()) if _is_asked_for(call.options, each)]
    if not made:
        elsewhere = f"; {len(entries)} are of other commits or binaries" if entries else ""
        other = f"; {unread} lines there are no records" if unread else ""
        found = f"there is no record in {store.told} of the commits that led here{elsewhere}{other}"
        raise Refused(found, expected="records that earlier checks have left", next_command=_HOW)
    if unread:
        call.console.warn(f"{unread} lines of {store.told} are no records that this version of burnish knows")
    if call.json:
        call.show_json({"store": store.told, "unread": unread, "timelines": made})
    else:
        call.console.result("\n\n".join(_table(timeline, call.console) for timeline in made))
    _write_pages(job, call, made)


def read_history(store: HistoryStore, *, next_command: str) -> tuple[list[HistoryEntry], int]:
    """Return all records, and how many lines are none. Raise Refused where they cannot be read."""
    try:
        return store.read()
    except Unrecorded as error:
        raise Refused(
            f"the history cannot be read: {error}", expected="records of burnish", next_command=next_command
        ) from error


def require_bisect(options: Options) -> None:
    """Raise UsageError for a commit to compare with, where nothing is to be compared."""
    if options.against is not None:
        raise UsageError(
            "--against without --bisect: the history compares each commit with the one before",
            expected="--bisect too",
            next_command="burnish history --bisect --against REF",
        )


def _is_asked_for(options: Options, timeline: Timeline) -> bool:
    """Return whether a timeline is of the package, binary, platform and profile that were named, if any were."""
    package, binary, platform, profile = timeline.subject
    several = ((options.package, package), (options.bin, binary))
    asked = ((options.platform, platform), (options.profile, profile))
    is_named = all(not names or found in names for names, found in several)
    return is_named and all(name in {None, found} for name, found in asked)


def store_of(job: Job) -> HistoryStore:
    """Return where the history is kept. Raise Refused where none is, or the file cannot be one."""
    try:
        store = history_store(job)
    except Unrecorded as error:
        raise Refused(
            str(error), expected="a file in the project", next_command="burnish history --history FILE"
        ) from error
    if store is None:
        raise Refused(
            'no history is kept here: the setting "history" is off',
            expected="notes, or a file",
            next_command="burnish history --history notes",
        )
    return store


def _write_pages(job: Job, call: Call, made: Sequence[Timeline]) -> None:
    folder = Path(call.options.report_dir) if call.options.report_dir else job.state.folder
    if not call.opens_page and call.options.report_dir is None:
        return
    if call.options.report_dir is None:
        job.state.create()
        require_within(folder / PAGE, job.project.root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(folder / PAGE, render_history(made).encode("utf-8", "backslashreplace"), mode=0o666)
    except OSError as error:
        raise Refused(f"{folder / PAGE} cannot be written: {error.strerror}", expected="a folder") from error
    call.console.say(f"page: {folder / PAGE}")
    if call.opens_page:
        open_page(folder / PAGE)


def _table(timeline: Timeline, console: Console) -> str:
    """Return one binary's history, the newest first, as `git log` has it."""
    package, binary, platform, profile = map(neutral, timeline.subject)
    told = package if binary in {"", package} else f"{package}, binary {binary}"
    title = ", ".join(part for part in (told, platform, profile and f"profile {profile}") if part)
    cells = [list(_cells(timeline, place)) for place in range(len(timeline.milestones))]
    rows = [["commit", "day", "size", "change", "start-up / floor", ""], *reversed(cells[-_ROWS:])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, result_columns()) for row in rows]
    left = len(timeline.milestones) - _ROWS
    more = [f"  {left} more with --json"] if left > 0 else []
    moves = [f"  {_told(move)}" for move in reversed(timeline.moves[-_MOVES:])]
    moved = ["", "what moved, the newest first:", *moves] if moves else []
    return "\n".join([console.paint(title, "title"), *lines, *more, *moved])


def _line(row: Sequence[str], widths: Sequence[int], columns: int) -> str:
    *numbers, remarks = row
    head = "  " + "  ".join(cell.ljust(width) for cell, width in zip(numbers, widths, strict=False))
    room = max(columns - len(head) - 2, 20)
    return f"{head}  {shortened(remarks, room)}".rstrip()


def _cells(timeline: Timeline, place: int) -> Iterator[str]:
    milestone = timeline.milestones[place]
    yield neutral(milestone.entry.commit)[:_HASH_COLUMNS]
    yield _day(milestone)
    size, before = (timeline.milestones[at].entry.now.size_bytes if at >= 0 else None for at in (place, place - 1))
    yield format_bytes(size) if size is not None else "-"
    yield f"{size - before:+,} B" if size is not None and before is not None else ""
    startup = milestone.entry.now.startup
    ratio = startup.to_floor if startup else None
    yield f"{ratio.mean:.3f} ({ratio.low:.3f} to {ratio.high:.3f})" if ratio else "-"
    yield neutral("; ".join([*milestone.remarks, *filter(None, [milestone.title])]))


def _day(milestone: Milestone) -> str:
    if milestone.seconds is None:
        return neutral(milestone.entry.recorded)[:10]
    return time.strftime("%Y-%m-%d", time.gmtime(milestone.seconds))


def _told(move: Move) -> str:
    sides = " -> ".join(_amount(value, move.unit) for value in (move.before, move.after))
    since = f", or one of the {move.between} commits before it" if move.between else ""
    return f"{neutral(move.series)}: {sides} ({move.change}) at {neutral(move.commit)[:_HASH_COLUMNS]}{since}"


def _amount(value: float, unit: str) -> str:
    return format_bytes(value) if unit == "bytes" else f"{value:.3f}" if unit == "x floor" else f"{value:,.0f}"
