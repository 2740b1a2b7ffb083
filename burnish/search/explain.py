"""Explaining a recipe: what each setting buys, where the bytes are, and where the start-up time goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import msgspec

from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.recipe import Recipe
from burnish.job.session import Session
from burnish.measure.sections import read_sections
from burnish.measure.startup import measure_startup
from burnish.measure.statistics import mean, ratio_interval
from burnish.model import Effect, Explanation, Side, Startup, Trial
from burnish.search import anatomy
from burnish.search.code import code_as_it_is, code_of_recipe, is_beyond_bloat, moved
from burnish.search.trials import Workshop, workshop_of
from burnish.sides.starts import floor_of, startup_command, timer_of

RECIPE, BASELINE = "recipe", "baseline"


def explanation_of(session: Session, candidate: Candidate) -> Explanation:
    """Build the recipe, each setting alone and the recipe without each, time all of them, and take the result apart.

    Alone a setting is tried on the platform that the project is built for as it is: the recipe may be for another.
    """
    job, workshop = session.job, workshop_of(session)
    trials = dict(_trials(workshop, _variants(candidate, job.opened)))
    whole = trials[RECIPE]
    if whole.failure:
        name = candidate.recipe.name
        raise Refused(f"the recipe {name} cannot be explained: {whole.failure}", expected="one that works")
    binary = workshop.binary(whole)
    times = _time(workshop, candidate, {name: trial for name, trial in trials.items() if not trial.failure})
    after = code_of_recipe(job, candidate, workshop.folder)
    by_symbols = is_beyond_bloat(candidate)
    before = code_as_it_is(job, workshop.folder, by_symbols=by_symbols) if not after.lacking else after
    return Explanation(
        effects=[
            _effect(setting, trials, times, session.notes.side("baseline")) for setting in _parts(candidate.recipe)
        ],
        size_bytes=whole.side.size_bytes,
        sections=read_sections(binary),
        crates=after.shares,
        crates_note=after.note,
        moved_crates=moved(before.crates, after.crates),
        moved_functions=moved(before.functions, after.functions),
        startup=anatomy.shares(times[RECIPE], times),
        max_size_bytes=job.budget.max_size_bytes,
        max_startup_seconds=job.budget.max_startup_seconds,
    )


def _parts(recipe: Recipe) -> dict[str, Recipe]:
    """Take a recipe apart: one of each of its settings."""
    nothing = dataclasses.replace(recipe, profile={}, rustflags=(), static=False)
    parts = {
        f"{key} = {msgspec.json.encode(setting.value).decode()}": dataclasses.replace(nothing, profile={key: setting})
        for key, setting in recipe.profile.items()
    }
    parts |= {setting.flag: dataclasses.replace(nothing, rustflags=(setting,)) for setting in recipe.rustflags}
    return parts | ({"static": dataclasses.replace(nothing, static=True)} if recipe.static else {})


def _without(recipe: Recipe, part: Recipe) -> Recipe:
    return dataclasses.replace(
        recipe,
        profile={key: setting for key, setting in recipe.profile.items() if key not in part.profile},
        rustflags=tuple(setting for setting in recipe.rustflags if setting not in part.rustflags),
        static=recipe.static and not part.static,
    )


def _variants(candidate: Candidate, as_it_is: Candidate) -> dict[str, Candidate]:
    variants = {RECIPE: candidate}
    for setting, part in _parts(candidate.recipe).items():
        variants[f"only {setting}"] = as_it_is.with_recipe(part)
        variants[f"without {setting}"] = candidate.with_recipe(_without(candidate.recipe, part))
    return variants


def _trials(workshop: Workshop, variants: Mapping[str, Candidate]) -> Iterator[tuple[str, Trial]]:
    left = list(variants.values())
    for number, (name, variant) in enumerate(variants.items()):
        workshop.build_ahead(left[number : number + workshop.jobs], done=number, known=len(left))
        yield name, _try(workshop, name, variant)


def _try(workshop: Workshop, name: str, candidate: Candidate) -> Trial:
    with workshop.job.console.step(f"trial: {name}") as step:
        trial = workshop.try_out(candidate, name)
        step.summary = trial.failure or f"{trial.side.size_bytes or 0:,} bytes"
    return trial


def _time(workshop: Workshop, candidate: Candidate, trials: Mapping[str, Trial]) -> dict[str, Startup]:
    """Time the baseline, all trials, what parts the recipe's start-up, and the floor, in the same rounds."""
    job, notes = workshop.job, workshop.notes
    files = {BASELINE: notes.copy("baseline")} | {name: workshop.binary(trial) for name, trial in trials.items()}
    commands = {name: startup_command(job, notes, candidate, path) for name, path in files.items()}
    commands |= anatomy.programs(job, notes, candidate, files[RECIPE], workshop.folder)
    with job.console.step(f"timing {len(commands)} programs in rotating rounds") as step:
        startups = measure_startup(
            commands,
            timer_of(job, notes, runs=job.settings.search.runs),
            floor=floor_of(job),
            rounds=job.settings.startup.rounds,
            on_round=step.count_rounds,
        )
    return dict(startups.sides)


def _effect(setting: str, trials: Mapping[str, Trial], times: Mapping[str, Startup], baseline: Side) -> Effect:
    alone, without, whole = trials[f"only {setting}"], trials[f"without {setting}"], trials[RECIPE]
    failures = [f"{trial.name}: {trial.failure}" for trial in (alone, without) if trial.failure]
    return Effect(
        setting=setting,
        alone_bytes=_difference(alone, baseline.size_bytes),
        alone_startup=_ratio(times.get(alone.name), times[BASELINE]),
        without_bytes=_difference(without, whole.side.size_bytes),
        without_startup=_ratio(times.get(without.name), times[RECIPE]),
        note="; ".join(failures),
    )


def _difference(trial: Trial, size_bytes: int | None) -> int | None:
    if trial.failure or trial.side.size_bytes is None or size_bytes is None:
        return None
    return trial.side.size_bytes - size_bytes


def _ratio(one: Startup | None, other: Startup) -> tuple[float, float, float] | None:
    if one is None:
        return None
    ratio = ratio_interval([mean(runs) for runs in one.raw], [mean(runs) for runs in other.raw])
    return ratio.mean, ratio.low, ratio.high
