"""Searching for the best settings: by itself, and for the recipe `auto`."""

from __future__ import annotations

import msgspec

from burnish.cargo.recipe import Recipe
from burnish.phases.baseline import build_baseline
from burnish.phases.before import plan, require_unchanged
from burnish.phases.judging import judge
from burnish.plan import require_in_force
from burnish.report.model import Trial, Tune
from burnish.run import Run
from burnish.search import tune as searching
from burnish.search.space import base_recipe, space_of
from burnish.search.tuned import recall, remember
from burnish.undo import undo

TUNE = "tune"


def holds_recipe(run: Run) -> bool:
    """Say whether there is nothing to do: the files hold the recipe, and for `auto` a search has picked it."""
    return plan(run).is_empty and not run.is_untuned


def tune(run: Run) -> None:
    """Search as widely as the limits allow, and keep the pick for `--recipe auto`. No file of the user's changes."""
    live = run.live_change()
    if live is not None and live.journal.owner == TUNE:
        # An earlier search was killed: only Cargo.lock can be other than it was.
        undo(run.state, run.user_state, run.console, only_live=True)
    require_unchanged(run)
    with run.change(TUNE):
        build_baseline(run)
        found = searching.search_widely(run)
        _take_up(run, found)
    if found.pick is not None:
        remember(run, found.trials[0].choices)
    run.close("tuned")


def _take_up(run: Run, found: Tune) -> None:
    """Put a search into the report, with its best trial as the candidate."""
    run.note(tune=found)
    if found.pick is None:
        return
    best = found.trials[0]
    run.recipe = _recipe(run, best) or run.recipe
    run.note(candidate=best.side)
    plan(run)


def search(run: Run) -> list[Recipe]:
    """Give the recipes to apply, the most promising first: the one that was named, or those that a short search finds.

    Where no trial meets what the budget asks of size and start-up, the nearest one is judged, and nothing is applied.
    """
    if not run.is_auto:
        return [run.recipe]
    known = recall(run, space_of(run))
    found = searching.search_shortly(run, [known] if known else [])
    run.note(tune=found)
    recipes = [recipe for trial in found.trials if _may_pass(trial) and (recipe := _recipe(run, trial)) is not None]
    if not recipes and found.pick is not None:
        _judge_nearest(run, found)
    return recipes


def _may_pass(trial: Trial) -> bool:
    return not trial.failure and all(gate.verdict != "fail" for gate in trial.gates)


def _recipe(run: Run, trial: Trial) -> Recipe | None:
    candidate = space_of(run).candidate(trial.choices)
    return candidate.recipe(base_recipe()) if candidate else None


def _judge_nearest(run: Run, found: Tune) -> None:
    _take_up(run, found)
    judge(run)
    for sentence in (*found.shortfall, *found.remedies):
        run.warn(sentence)


def choose(run: Run, recipe: Recipe) -> None:
    """Take up a recipe, and forget what was found of the one before it."""
    run.recipe = recipe
    copies = {name: copy for name, copy in run.record.copies.items() if name == "baseline"}
    run.leave(copies=copies)
    run.note(candidate=None, gates=[], edits=[])
    made = plan(run)
    require_in_force(made)
    for note in made.notes:
        run.warn(note)


def compare_with_trial(run: Run) -> None:
    """Warn where the build from the written files is another file than the trial of the same settings."""
    trial = _trial_of(run)
    built = run.side("candidate").sha256
    if trial is not None and built != trial.side.sha256:
        run.warn(
            f"the build from the written files is not the file of its trial: sha256 {str(built)[:12]} instead of "
            f"{str(trial.side.sha256)[:12]}"
        )


def note_attempt(run: Run) -> None:
    """Put the verdicts on the applied recipe beside its trial, so that the report tells why the next one was tried."""
    trial = _trial_of(run)
    if trial is None or run.report.tune is None:
        return
    judged = msgspec.structs.replace(trial, gates=run.report.gates)
    trials = [judged if each.name == trial.name else each for each in run.report.tune.trials]
    run.note(tune=msgspec.structs.replace(run.report.tune, trials=trials))
    if run.is_kept:
        remember(run, trial.choices)


def _trial_of(run: Run) -> Trial | None:
    trials = run.report.tune.trials if run.report.tune else []
    return next((trial for trial in trials if run.recipe.name == f"auto: {trial.name}"), None)
