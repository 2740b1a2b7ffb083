"""What a search's candidates take at their work: the best ones are timed, and what is near its limit once more."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

from burnish.job.settings import WorkloadSettings
from burnish.judge.findings import count_of
from burnish.judge.workloads_gate import need_more_rounds
from burnish.model import Workload
from burnish.search.judged import is_open_at_work, met_at_work, with_workloads
from burnish.search.pick import Entry, by_product, product_ratio
from burnish.search.timing import BASELINE, FINALISTS
from burnish.search.under_way import Search
from burnish.sides.workloads import WorkloadRuns, workloads_here

_MOST_UNDECIDED = 2
"""So many that the full plan leaves undecided show that this machine cannot tell."""


def time_work(search: Search) -> None:
    """Time the workloads of the best candidates, and of the next ones while the best of all was not timed.

    What would be the pick if it met their limits, and is near them, is timed again by the full plan.
    """
    workloads = workloads_here(search.job)
    if not workloads:
        return
    _share(search)
    _decide(search, workloads)
    while names := _next(search):
        _time(search, workloads, names)
        _decide(search, workloads)
    best = search.best.label
    if best in search.at_work:
        search.notes.note_side("baseline", workloads=search.at_work[best])


def _next(search: Search) -> list[str]:
    """Return the best candidates that were not timed at work, each file once; none where the best of all was."""
    works = [trial for trial in search.ranked() if not trial.failure]
    if not works or works[0].side.workloads:
        return []
    return search.different(trial.name for trial in works if not trial.side.workloads)[:FINALISTS]


def _decide(search: Search, workloads: Sequence[WorkloadSettings]) -> None:
    """Time again, one after the other, what would be the pick if it met the limits of its work.

    Its first rounds do not count then. Nothing is kept by this verdict alone: the end judges anew.
    """
    while name := _worth_deciding(search, workloads):
        search.decided.add(_file(search, name))
        _time(search, _undecided(search, workloads, name), [name], screens=False)


def _worth_deciding(search: Search, workloads: Sequence[WorkloadSettings]) -> str:
    """Return the best of those that would be the pick if they met the limits of their work, else nothing."""
    near = {name: _file(search, name) for name, trial in search.working.items() if is_open_at_work(trial.gates)}
    stayed = search.decided & {*near.values()}
    new = [name for name, file in near.items() if file not in stayed and _undecided(search, workloads, name)]
    if len(stayed) >= _MOST_UNDECIDED or not new:
        return ""
    entries = search.entries()
    better = [entry for entry in (entries[name] for name in new) if _would_be_pick(search, entry, entries)]
    if not better or search.is_late("before all work was judged"):
        return ""
    return min(better, key=by_product).name


def _would_be_pick(search: Search, entry: Entry, entries: Mapping[str, Entry]) -> bool:
    """Return whether a candidate would be the pick if it met the limits of its work, by what is worth more rounds."""
    pick = search.ranked()[0].name
    supposed = copy.copy(search)
    supposed.trials = {**search.trials, entry.name: met_at_work(search.trials[entry.name])}
    gain = product_ratio(entry, entries[pick]) * (1 + search.job.settings.search.worth_ratio)
    is_worth_it = pick == entry.name or gain < 1 or entries[pick].verdict != "pass"
    return is_worth_it and supposed.ranked()[0].name == entry.name


def _undecided(search: Search, workloads: Sequence[WorkloadSettings], name: str) -> list[WorkloadSettings]:
    """Return the workloads of a candidate for which more rounds may show something."""
    pairs = zip(search.at_work.get(name, ()), search.trials[name].side.workloads, strict=True)
    budget, among = search.job.budget, len(workloads)
    undecided = {before.name for before, after in pairs if need_more_rounds(before, after, budget, among)}
    return [settings for settings in workloads if settings.name in undecided]


def _time(search: Search, workloads: Sequence[WorkloadSettings], names: Sequence[str], *, screens: bool = True) -> None:
    """Time some workloads of candidates beside the baseline: by fewer runs where that `screens` many."""
    programs: dict[str, Path] = {BASELINE: search.notes.copy("baseline")}
    programs |= {name: search.workshop.binary(search.trials[name]) for name in names}
    runs = WorkloadRuns(job=search.job, notes=search.notes, screens=screens)
    guided = [name for name in names if search.combinations[name].is_guided]
    whose = f"{count_of(len(names), 'candidate')} and the baseline" if screens else f"{names[0]} once more, to decide"
    seen: dict[str, Mapping[str, Workload]] = {}
    for settings in workloads:
        with search.job.console.step(f"the workload {settings.name}: {whose}") as step:
            seen[settings.name] = runs.run(settings, programs, step.count_rounds, guided)
    for name in names:
        timed = [found[name] for found in seen.values()]
        _take(
            search,
            name,
            _renewed(search.trials[name].side.workloads, timed),
            _renewed(search.at_work.get(name, ()), [found[BASELINE] for found in seen.values()]),
        )
    _share(search)


def _renewed(old: Sequence[Workload], new: Sequence[Workload]) -> list[Workload]:
    """Return what was timed before, with what was timed anew in its place."""
    return list({each.name: each for each in (*old, *new)}.values())


def _share(search: Search) -> None:
    """Give each candidate that is the same file as another one that one's latest times."""
    by_file = {_file(search, name): name for name in search.at_work}
    for name in search.working:
        same = by_file.get(_file(search, name))
        if same and search.at_work.get(name) is not search.at_work[same]:
            _take(search, name, search.trials[same].side.workloads, search.at_work[same])


def _take(search: Search, name: str, timed: Sequence[Workload], before: list[Workload]) -> None:
    """Judge a candidate by its times at work, beside the baseline's of the same rounds."""
    search.trials[name] = with_workloads(search.trials[name], timed, before, search.job.budget)
    search.at_work.pop(name, None)
    search.at_work[name] = before  # the latest one last


def _file(search: Search, name: str) -> str:
    """Return what tells the file whose work is timed: of several binaries that is the first."""
    return str(search.trials[name].side.sha256)
