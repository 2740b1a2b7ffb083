"""A plan as an overlay: what `cargo --config FILE` takes in place of the two edited files. Pure."""

from __future__ import annotations

from typing import Any

import tomlkit

from burnish.cargo.manifest import PROFILE
from burnish.cargo.statements import split_key
from burnish.cargo.toml import deep_set
from burnish.job.plan import Plan


def overlay(plan: Plan, triple: str) -> str:
    """Give the configuration that has the plan's effect without touching a file."""
    document: dict[str, Any] = {}
    for key, value in plan.profile.items():
        document = deep_set(document, (*PROFILE, *split_key(key)), value)
    if plan.flags:
        # Cargo does not merge a string and an array.
        flags = " ".join(plan.flags) if plan.effective.as_string else list(plan.flags)
        document["target"] = {triple: {"rustflags": flags}}
    if plan.build_target:
        document["build"] = {"target": plan.build_target}
    return tomlkit.dumps(document)
