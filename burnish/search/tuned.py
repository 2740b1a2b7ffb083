"""The pick of the last search, kept by its choices' names: a file in a cloned project can set nothing of its own."""

from __future__ import annotations

import contextlib

import msgspec

from burnish.job.run import Run
from burnish.search.choices import Candidate, SearchSpace
from burnish.search.space import space_of
from burnish.search.views import view_of

_FILE = "tuned.json"


class _Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """`triple` is the platform that the search began from; its pick may be for another."""

    binary: str | None
    triple: str
    choices: list[str]


def remember(run: Run, choices: list[str]) -> None:
    """Keep the pick of a search for the runs to come."""
    run.state.create()
    path = run.state.folder / _FILE
    triple = run.report.platform.triple
    run.sealed.write(path, _Tuned(binary=run.project.binary, triple=triple, choices=choices))


def recall(run: Run, space: SearchSpace) -> Candidate | None:
    """Give the pick that was kept for this binary and platform, if its choices are still to be had."""
    with contextlib.suppress(OSError, ValueError):
        tuned = run.sealed.read(run.state.folder / _FILE, _Tuned)
        if (tuned.binary, tuned.triple) == (run.project.binary, run.report.platform.triple):
            return space.candidate(tuned.choices)
    return None


def picked_view(run: Run) -> Run | None:
    """Give the run with the pick that was kept, where it is one of the recipe `auto` and there is a pick."""
    picked = recall(run, space_of(run)) if run.is_auto else None
    return view_of(run, picked) if picked is not None else None
