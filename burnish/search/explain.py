"""Explaining a recipe: what each setting buys, where the bytes are, and where the start-up time goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import msgspec

from burnish.errors import Refused
from burnish.job.recipe import Recipe
from burnish.job.run import Run
from burnish.measure.sections import read_sections
from burnish.measure.startup import measure_startup
from burnish.measure.statistics import mean, ratio_interval
from burnish.model import Effect, Explanation, Startup, Trial
from burnish.sides.starts import startup_command
from burnish.phases.starting import floor_of, timer_of
from burnish.search import anatomy
from burnish.search.bloat import read_crates
from burnish.search.sources import digest_sources
from burnish.search.trials import Workshop

RECIPE, BASELINE = "recipe", "baseline"


def explain(run: Run, as_it_is: Run) -> Explanation:
    """Build the recipe, each setting alone and the recipe without each, time all of them, and take the result apart.

    Alone a setting is tried in the run as it was before it took up the recipe, which may be for another platform.
    """
    sources = digest_sources(
        run.cargo("candidate"), cargo_home=run.cargo_home, timeout_seconds=run.limits.query_seconds
    )
    workshop = Workshop(run=run, sources=sources)
    trials = {name: _try(workshop, name, view) for name, view in _variants(run, as_it_is).items()}
    whole = trials[RECIPE]
    if whole.failure:
        raise Refused(f"the recipe {run.recipe.name} cannot be explained: {whole.failure}", expected="one that works")
    binary = workshop.binary(whole)
    times = _time(run, workshop, {name: trial for name, trial in trials.items() if not trial.failure})
    crates, crates_note = read_crates(run, workshop.folder)
    return Explanation(
        effects=[_effect(setting, trials, times, run) for setting in _parts(run.recipe)],
        size_bytes=whole.side.size_bytes,
        sections=read_sections(binary),
        crates=crates,
        crates_note=crates_note,
        startup=anatomy.shares(times[RECIPE], times),
        max_size_bytes=run.budget.max_size_bytes,
        max_startup_seconds=run.budget.max_startup_seconds,
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


def _variants(run: Run, as_it_is: Run) -> dict[str, Run]:
    variants = {RECIPE: run}
    for setting, part in _parts(run.recipe).items():
        variants[f"only {setting}"] = dataclasses.replace(as_it_is, recipe=part)
        variants[f"without {setting}"] = dataclasses.replace(run, recipe=_without(run.recipe, part))
    return variants


def _try(workshop: Workshop, name: str, view: Run) -> Trial:
    with workshop.run.console.step(f"trial: {name}") as step:
        trial = workshop.try_view(view, name, step.update)
        step.summary = trial.failure or f"{trial.side.size_bytes or 0:,} bytes"
    return trial


def _time(run: Run, workshop: Workshop, trials: Mapping[str, Trial]) -> dict[str, Startup]:
    """Time the baseline, all trials, what parts the recipe's start-up, and the floor, in the same rounds."""
    settings = run.resolved.settings
    files = {BASELINE: run.copy("baseline")} | {name: workshop.binary(trial) for name, trial in trials.items()}
    commands = {name: startup_command(run, path) for name, path in files.items()}
    commands |= anatomy.programs(run, files[RECIPE], workshop.folder)
    with run.console.step(f"timing {len(commands)} programs in rotating rounds") as step:
        startups = measure_startup(
            commands,
            timer_of(run, runs=settings.search.runs),
            floor=floor_of(run),
            rounds=settings.startup.rounds,
            on_round=lambda done, planned: step.update(f"round {done} of {planned}"),
        )
    return dict(startups.sides)


def _effect(setting: str, trials: Mapping[str, Trial], times: Mapping[str, Startup], run: Run) -> Effect:
    alone, without, whole = trials[f"only {setting}"], trials[f"without {setting}"], trials[RECIPE]
    notes = [f"{trial.name}: {trial.failure}" for trial in (alone, without) if trial.failure]
    return Effect(
        setting=setting,
        alone_bytes=_difference(alone, run.side("baseline").size_bytes),
        alone_startup=_ratio(times.get(alone.name), times[BASELINE]),
        without_bytes=_difference(without, whole.side.size_bytes),
        without_startup=_ratio(times.get(without.name), times[RECIPE]),
        note="; ".join(notes),
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
