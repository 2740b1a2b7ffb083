"""The pick of the last search, kept by its choices' names: a file in a cloned project can set nothing of its own."""

from __future__ import annotations

import contextlib

import msgspec

from burnish.run import Run
from burnish.search.choices import Candidate, SearchSpace
from burnish.search.space import base_recipe, space_of

_FILE = "tuned.json"


class _Tuned(msgspec.Struct, frozen=True, kw_only=True):
    binary: str | None
    triple: str
    choices: list[str]


def remember(run: Run, choices: list[str]) -> None:
    """Keep the pick of a search for the runs to come."""
    run.state.create()
    path = run.state.folder / _FILE
    spare = path.with_suffix(".new")
    spare.write_bytes(msgspec.json.encode(_Tuned(binary=run.project.binary, triple=run.triple, choices=choices)))
    spare.replace(path)


def recall(run: Run, space: SearchSpace) -> Candidate | None:
    """Give the pick that was kept for this binary and platform, if its choices are still to be had."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        tuned = msgspec.json.decode((run.state.folder / _FILE).read_bytes(), type=_Tuned)
        if (tuned.binary, tuned.triple) == (run.project.binary, run.triple):
            return space.candidate(tuned.choices)
    return None


def settle_recipe(run: Run) -> None:
    """Give a run of the recipe `auto` the settings that the last search picked, or else those of the base."""
    picked = recall(run, space_of(run)) if run.is_auto else None
    if picked is not None:
        run.recipe = picked.recipe(base_recipe())
