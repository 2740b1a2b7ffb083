"""A plan as an overlay: the configuration by which cargo builds what the written files would give."""

from __future__ import annotations

from typing import Any

import tomlkit

from burnish.job.plan import Plan
from burnish.toml.data import deep_set
from burnish.toml.spelling import split_key


def overlay(plan: Plan, triple: str) -> str:
    """Return the plan as the configuration that `cargo --config FILE` takes: its effect without a touched file."""
    document: dict[str, Any] = {}
    made = {"inherits": plan.inherits} if plan.inherits else {}
    for key, value in {**made, **plan.profile}.items():
        document = deep_set(document, ("profile", plan.profile_name, *split_key(key)), value)
    if plan.flags:
        # Cargo does not merge a string and an array.
        flags = " ".join(plan.flags) if plan.effective.as_string else list(plan.flags)
        document["target"] = {triple: {"rustflags": flags}}
    if plan.build_target:
        document["build"] = {"target": plan.build_target}
    return tomlkit.dumps(document)
