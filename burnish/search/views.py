"""A run as it is with a candidate in place of its recipe: for the candidate's platform, by that platform's toolkit."""

from __future__ import annotations

import dataclasses

from burnish.cargo.targets import configured_targets
from burnish.job.plan import with_kept_symbols
from burnish.job.run import Run
from burnish.platforms import load_platforms
from burnish.platforms.finding import find_toolkit
from burnish.resources import config_file
from burnish.search.choices import Candidate
from burnish.search.space import base_recipe


def view_of(run: Run, candidate: Candidate) -> Run:
    """Give the run with the candidate's recipe, platform and toolkit."""
    view = dataclasses.replace(
        run,
        recipe=candidate.recipe(base_recipe(run)),
        rests_on_benches=bool(candidate.slower) and "speed" not in run.accepted,
    )
    view = with_kept_symbols(view)
    if not candidate.platform:
        return view
    platform = load_platforms(config_file("platforms.toml").read_bytes())[candidate.platform]
    found = find_toolkit(run.machine, platform, candidate.platform)
    arguments = (*found.toolkit.arguments, *candidate.arguments)
    configured = configured_targets(run.machine.layers, run.programs.env, run.machine.host)
    if not found.toolkit.env and not configured:
        # Nothing but the target is needed: the configuration can name it, and `cargo build` alone gives it.
        arguments = ()
        view = dataclasses.replace(view, recipe=dataclasses.replace(view.recipe, own_target=True))
    toolkit = dataclasses.replace(found.toolkit, arguments=arguments)
    return dataclasses.replace(
        view, triple=candidate.platform, platform=platform, found=dataclasses.replace(found, toolkit=toolkit)
    )
