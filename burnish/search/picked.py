"""A combination as a candidate, and the pick of the last search, kept by its choices' names.

A file in a cloned project can set nothing of its own: a name that is no choice here counts for nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses

import msgspec

from burnish.cargo.flags import variable
from burnish.cargo.targets import configured_targets
from burnish.cargo.toolkit import Toolkit
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.wanted import with_kept_symbols
from burnish.platforms import shipped_platforms
from burnish.platforms.finding import allocating_by_mimalloc, find_rebuilding, find_toolkit
from burnish.search.choices import Combination, SearchSpace
from burnish.search.space import base_recipe, space_of
from burnish.search.training import guide_of, guided_by

_FILE = "tuned.json"
# Code for a fixed address is in no program that is loaded anywhere.
_OF_EACH_LINK = "relocation-model="


def candidate_of(job: Job, combination: Combination) -> Candidate:
    """Return the base with the choices of a combination made: its recipe, platform and toolkit."""
    candidate = dataclasses.replace(
        job.opened,
        recipe=combination.recipe(base_recipe(job)),
        rests_on_benches=bool(combination.slower) and "speed" not in job.accepted(job.opened),
        choices=combination.ids,
    )
    candidate = with_kept_symbols(job, candidate)
    if combination.is_guided:
        return _guided(job, candidate, combination)
    if combination.rebuilds_std:
        return _with_rebuilt_std(job, candidate, combination)
    return _for_its_platform(job, candidate, combination) if combination.platform else candidate


def _guided(job: Job, candidate: Candidate, combination: Combination) -> Candidate:
    """Return a candidate with the profile that was recorded for it. Raise Refused where there is none."""
    untrained = candidate_of(job, combination.untrained)
    return guided_by(job, candidate, guide_of(job, untrained))


def _with_rebuilt_std(job: Job, candidate: Candidate, combination: Combination) -> Candidate:
    toolkit = find_rebuilding(job.surroundings, candidate.triple)
    if toolkit is None:
        raise ValueError(f"the source of the standard library is gone since {combination.label} was chosen")
    toolkit = dataclasses.replace(toolkit, arguments=(*toolkit.arguments, *combination.arguments))
    return candidate.with_toolkit(toolkit)


def _for_its_platform(job: Job, candidate: Candidate, combination: Combination) -> Candidate:
    around, triple = job.surroundings, combination.platform
    platform = shipped_platforms()[triple]
    found = find_toolkit(around, platform, triple, rebuilt=combination.needs_source)
    if combination.by_mimalloc:
        found = allocating_by_mimalloc(around, found)
    arguments = (*found.toolkit.arguments, *combination.arguments)
    if not found.toolkit.env and not configured_targets(around.layers, around.programs.env, around.host):
        # Nothing but the target is needed: the configuration can name it, and `cargo build` alone gives it.
        arguments = ()
        candidate = candidate.with_recipe(dataclasses.replace(candidate.recipe, own_target=True))
    toolkit = dataclasses.replace(found.toolkit, arguments=arguments)
    toolkit = _linking_doctests(job, candidate, toolkit) if arguments else toolkit
    return dataclasses.replace(
        candidate, triple=triple, platform=platform, found=dataclasses.replace(found, toolkit=toolkit)
    )


def _linking_doctests(job: Job, candidate: Candidate, toolkit: Toolkit) -> Toolkit:
    """Return a toolkit that links documentation tests as what they test is linked: rustdoc sees no rustflags."""
    name = variable("target", toolkit.triple, "rustdocflags")
    known = toolkit.runner_env.get(name) or job.programs.env.get(name, "")
    flags = [each.flag for each in candidate.recipe.rustflags if _OF_EACH_LINK in each.flag and each.flag not in known]
    told = {name: " ".join(filter(None, (known, *flags)))} if flags else {}
    return dataclasses.replace(toolkit, runner_env={**toolkit.runner_env, **told})


class _Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """`triple` is the platform that the search began from; its pick may be for another.

    `selection` is what of the project was built, as cargo's arguments.
    """

    binary: str | None
    triple: str
    choices: list[str]
    selection: tuple[str, ...] = ()


def remember(job: Job, choices: list[str]) -> None:
    """Keep the pick of a search for the runs to come."""
    job.state.create()
    selection = job.project.selection.identity
    tuned = _Tuned(binary=job.project.judged, triple=job.triple, choices=choices, selection=selection)
    job.sealed.write(job.state.folder / _FILE, tuned)


def recall(job: Job, space: SearchSpace) -> Combination | None:
    """Return the pick that was kept for this binary, selection and platform, if its choices are still to be had."""
    with contextlib.suppress(OSError, ValueError):
        tuned = job.sealed.read(job.state.folder / _FILE, _Tuned)
        here = (job.project.judged, job.triple, job.project.selection.identity)
        if (tuned.binary, tuned.triple, tuned.selection) == here:
            return space.candidate(tuned.choices)
    return None


def picked_candidate(job: Job, notes: Notebook) -> Candidate | None:
    """Return the pick that was kept, where the recipe is `auto` and there is a pick.

    A pick whose profile is gone is none: a search records it again.
    """
    with contextlib.suppress(Refused):
        return _picked(job, notes)
    return None


def _picked(job: Job, notes: Notebook) -> Candidate | None:
    picked = recall(job, space_of(job, notes)) if job.is_auto else None
    return candidate_of(job, picked) if picked is not None else None


def settled(job: Job, notes: Notebook) -> Candidate:
    """Return what a step works with: what the last search picked for `auto`, else the recipe as it was opened.

    Raise Refused where the profile that guided the pick is gone: the base would be another change.
    """
    return _picked(job, notes) or job.opened
