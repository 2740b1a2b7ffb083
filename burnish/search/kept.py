"""The recipe that a project's files hold: kept here once, or named by the project itself."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from burnish.concessions import NAMES
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.pin import PIN_NAME, Pin, read_pin, selecting
from burnish.job.plan import make_plan
from burnish.job.recipe import AUTO, load_recipes
from burnish.job.wanted import with_kept_symbols
from burnish.resources import config_file
from burnish.search.choices import SearchSpace
from burnish.search.picked import candidate_of, recall
from burnish.search.space import lacking_for, space_of
from burnish.transaction.change import Change

_MAX_NAME = 200


@dataclass(frozen=True, kw_only=True)
class KeptRecipe:
    """What the project is built with as it stands, and the name of the recipe that it holds, empty for none.

    `lacking` says why a recipe that was kept cannot be looked for.
    """

    candidate: Candidate
    name: str = ""
    lacking: str = ""


def kept_recipe(job: Job, notes: Notebook) -> KeptRecipe:
    """Return the recipe of the newest change that is kept here, else the one that the project names and holds.

    In a fresh clone there is no record of what was kept.
    """
    name = _newest_kept(job)
    if not name:
        is_held = not job.is_auto and make_plan(job, job.opened).is_empty
        return KeptRecipe(candidate=job.opened, name=job.opened.recipe.name if is_held else "")
    candidate = _candidate_named(job, notes, name)
    if candidate is None:
        words = f"the recipe {name}, which was kept here, is not known any more: its settings were not looked for"
        return KeptRecipe(candidate=job.opened, lacking=words)
    return KeptRecipe(candidate=candidate, name=name)


def kept_build(job: Job, notes: Notebook) -> KeptRecipe:
    """Return what makes the program that is kept: what the repository's pin says, else what was kept here.

    Raise Refused where the pin cannot be followed here, with what is lacking.
    """
    pin = read_pin(job.state.image("pin").content)
    if pin is None or not pin.choices:
        return kept_recipe(job, notes)
    if pin.options != selecting(job.options):
        words = (
            f"{PIN_NAME} is of another selection: what was asked for is built by cargo's own command, and not judged"
        )
        return KeptRecipe(candidate=job.opened, lacking=words)
    candidate = _pinned(job, notes, pin)
    return KeptRecipe(candidate=candidate, name=candidate.recipe.name)


def _pinned(job: Job, notes: Notebook, pin: Pin) -> Candidate:
    combination = _space_of_kept(job, notes).candidate(pin.choices)
    if combination is None:
        lacking = lacking_for(job, pin.choices)
        raise Refused(
            f"what {PIN_NAME} asks for cannot be built here: {'; '.join(lacking)}",
            expected="a machine that has it",
            next_command="burnish doctor, which names each and its remedy",
        )
    return candidate_of(job, combination)


def _space_of_kept(job: Job, notes: Notebook) -> SearchSpace:
    """Return what can be built here, whatever it takes: what was kept had been accepted."""
    return space_of(job, notes, frozenset(NAMES))


def _newest_kept(job: Job) -> str:
    """Return the name of the recipe that was kept last, empty where the files hold nothing of it any more."""
    paths = [ended.path for ended in job.state.finished() if ended.outcome == "kept"]
    change = Change.read(job.state, job.surroundings.user_state, paths[-1]) if paths else None
    if change is None or not change.is_registered:
        return ""
    edited = [entry for entry in change.journal.entries if entry.role != "lockfile"]
    holds = {entry.holds(job.state.image(entry.role).digest) for entry in edited}
    return change.journal.recipe if holds - {"before", "gone"} else ""


def _candidate_named(job: Job, notes: Notebook, name: str) -> Candidate | None:
    if name == job.opened.recipe.name:
        return job.opened
    if name.startswith(AUTO):
        return _candidate_found(job, notes, name)
    own = job.settings.recipes
    recipe = load_recipes(config_file("recipes.toml").read_bytes(), own, job.resolved.names["recipes"]).get(name)
    if recipe is None:
        return None
    candidate = job.opened.with_recipe(recipe)
    return candidate if name in own else with_kept_symbols(job, candidate)


def _candidate_found(job: Job, notes: Notebook, name: str) -> Candidate | None:
    """Return what a search has picked, where that is what was kept."""
    with contextlib.suppress(Refused, ValueError):
        picked = recall(job, _space_of_kept(job, notes))
        candidate = candidate_of(job, picked) if picked is not None else None
        if candidate is not None and candidate.recipe.name[:_MAX_NAME] == name:
            return candidate
    return None
