"""What the command line says of settings and limits, step by step: a later step is laid over an earlier one."""

from __future__ import annotations

from collections.abc import Iterator

import tomli

from burnish.cargo.selection import read_features
from burnish.concessions import read_concessions
from burnish.errors import UsageError
from burnish.job.options import Options
from burnish.job.settings import Layer, Resolved
from burnish.judge.budget import Budget, budget_from, load_budgets
from burnish.resources import config_file
from burnish.text import did_you_mean, shown

COMMAND_LINE = "the command line"
# Python reads no decimal of more than 4300; no limit of ours has so many as this.
_MAX_DIGITS = 100


def command_line_layers(options: Options) -> Iterator[Layer]:
    """Return the settings that the steps of a run were given, first to last: for each its options, then each `--set`.

    Raise UsageError for what cannot be read.
    """
    accepted: tuple[str, ...] = ()
    for step in options.each_step:
        accepted += step.accept
        given = {
            "recipe": step.recipe,
            "history": step.history,
            "reach": step.reach,
            "build.package": list(step.package) or None,
            "build.workspace": step.workspace or None,
            "build.bin": list(step.bin) or None,
            "build.features": list(read_features(step.features)) if step.features else None,
            "build.all_features": step.all_features or None,
            "build.no_default_features": step.no_default_features or None,
            "build.profile": step.profile,
            "build.target": step.platform,
            "build.config": list(step.config) or None,
            "build.locked": step.locked or None,
            "build.offline": step.offline or None,
            "build.frozen": step.frozen or None,
            "build.jobs": _number_or_text(step.jobs),
            "allow_abort": step.allow_abort or None,
            "tests.runner": step.test_runner,
            "search.max_trials": _number_or_text(step.max_trials),
            "search.time_budget": step.time_budget,
            "search.accept": read_concessions(accepted, "--accept", UsageError) if step.accept else None,
            "budget.base": step.budget,
            "budget.max_size": _number_or_text(step.max_size),
            "budget.max_startup": _number_or_text(step.max_startup),
        }
        yield Layer(origin=COMMAND_LINE, values={key: value for key, value in given.items() if value is not None})
        yield from map(_set_layer, step.set)


def _set_layer(text: str) -> Layer:
    """Read one `--set`, which is a line of TOML."""
    try:
        return Layer(origin=COMMAND_LINE, values=tomli.loads(text))
    except ValueError as error:
        raise UsageError(
            f"--set {shown(text)} cannot be read: {error}", expected='such as "startup.runs = 30"'
        ) from error


def budget_in_force(options: Options, resolved: Resolved) -> Budget:
    """Return the budget with the limits of the project and of the command line laid over it.

    A budget named by `--budget` stands for the project's whole budget; limits given beside it hold all the same. Raise
    UsageError for an unknown budget, Refused for a limit that cannot be used.
    """
    budgets = load_budgets(config_file("budgets.toml").read_bytes())
    limits = dict(resolved.settings.budget)
    base = limits.pop("base")
    if options.budget:
        limits = {key: limits[key] for key in limits if resolved.origins[f"budget.{key}"] == COMMAND_LINE}
        benches, said = limits.get("benches"), resolved.names["budget.benches"]
        if isinstance(benches, dict):
            limits["benches"] = {name: benches[name] for name in benches if said[name] == COMMAND_LINE}
    if not isinstance(base, str) or base not in budgets:
        found = f'unknown budget "{base}"{did_you_mean(base, budgets)}' if isinstance(base, str) else ""
        raise UsageError(found or f"budget.base is {shown(base)}", expected=f"one of {', '.join(budgets)}")
    return budget_from({**budgets[base], **limits}, name=base, where=f'the budget "{base}"')


def _number_or_text(value: str | None) -> int | str | None:
    if value is None:
        return None
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    return int(value) if is_number else value
