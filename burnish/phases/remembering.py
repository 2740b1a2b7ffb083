"""Recording a run in the history: against the commit that was measured, or not at all, and then the report says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec

from burnish.errors import Refused
from burnish.history.entries import EntryKind, HistoryEntry, entries_of
from burnish.history.repository import HistoryRepository, Unrecorded
from burnish.history.store import NOTES, OFF, HistoryStore
from burnish.history.timeline import timelines
from burnish.job.given import COMMAND_LINE
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.model import HistoryPart, Outcome
from burnish.transaction.change import Change
from burnish.transaction.files import digest_of, resolve_inside
from burnish.transaction.journal import PATHS, FileRole

_NAMED = 3
_TREND = 30


def history_store(job: Job) -> HistoryStore | None:
    """Return where the history is kept, None where none is. Raise Unrecorded for a file that must not be written."""
    where = job.settings.history
    repository = HistoryRepository(
        programs=job.programs, root=job.project.root, timeout_seconds=job.limits.query_seconds
    )
    if where == OFF:
        return None
    return HistoryStore(repository=repository, file=None if where == NOTES else _file(job, where))


def _file(job: Job, where: str) -> Path:
    """Return the history's file. What the project itself names lies in the project: it may come from anybody."""
    path = job.project.root / where
    if job.resolved.origins["history"] == COMMAND_LINE:
        return path
    try:
        return resolve_inside(job.project.root, path)
    except Refused as refused:
        raise Unrecorded(f'setting "history": {refused.found}') from refused


def remember_check(job: Job, notes: Notebook, outcome: Outcome) -> None:
    """Record a check against the commit that is checked out, and put into the report what became of that."""
    _remember(job, notes, "check", outcome)


def remember_kept(job: Job, notes: Notebook) -> None:
    """Record a kept change against the commit that it was made on: its own numbers, and what came of them."""
    _remember(job, notes, "kept", "kept")


def _remember(job: Job, notes: Notebook, kind: EntryKind, outcome: Outcome) -> None:
    told = ""
    try:
        store = history_store(job)
        if store is None:
            return
        told = store.told
        commit = _measured_commit(job, notes, store, kind)
        entries = entries_of(msgspec.structs.replace(notes.report, outcome=outcome), kind, commit)
        store.append(commit, entries)
        notes.note(history=HistoryPart(store=told, recorded=True, commit=commit, sizes=_sizes(store, entries[0])))
    except (Unrecorded, Refused) as error:
        notes.note(history=HistoryPart(store=told, why_not=str(error)))


def _measured_commit(job: Job, notes: Notebook, store: HistoryStore, kind: EntryKind) -> str:
    """Return the commit that was measured. Raise Unrecorded where the files were not those of the commit."""
    commit = store.repository.head()
    if store.repository.committed(PATHS["manifest"]) is None:
        # A copy in somebody's scratch folder: the repository around it is another project's.
        raise Unrecorded("the commit does not hold the project's Cargo.toml")
    if store.repository.moved_after(dt.datetime.fromisoformat(notes.report.run.started)):
        raise Unrecorded("another commit was checked out while this one was measured")
    own = [job.builds, job.state.folder, job.project.target_directory]
    own += [Path(place) for place in (job.options.report_dir, store.file) if place is not None]
    ours = list(_changed_by_us(job, store.repository)) if kind == "kept" else []
    dirty = store.repository.dirty([*own, *(job.project.root / PATHS[role] for role in ours)])
    if dirty:
        more = f" and {len(dirty) - _NAMED} more" if len(dirty) > _NAMED else ""
        raise Unrecorded(f"uncommitted changes: {', '.join(dirty[:_NAMED])}{more}")
    return commit


def _changed_by_us(job: Job, repository: HistoryRepository) -> Iterator[FileRole]:
    """Yield the roles of the files that the newest kept change has written, where they held the commit's content."""
    kept = [done for done in job.state.finished() if done.outcome == "kept"]
    change = Change.read(job.state, job.surroundings.user_state, kept[-1].path) if kept else None
    for entry in change.journal.entries if change else ():
        content = repository.committed(PATHS[entry.role])
        if entry.before == (None if content is None else digest_of(content)):
            yield entry.role


def _sizes(store: HistoryStore, entry: HistoryEntry) -> list[int]:
    """Return the sizes of the same binary at the commits that led here, the oldest first."""
    entries, _ = store.read()
    own = [each for each in entries if each.subject == entry.subject]
    made = timelines(own, store.commits())
    sizes = [each.entry.now.size_bytes for timeline in made[:1] for each in timeline.milestones]
    return [size for size in sizes if size is not None][-_TREND:]
