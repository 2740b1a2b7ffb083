"""The phases: each does one step of the flow on a run, and leaves what it found in the run's report, on disk."""

from __future__ import annotations

from burnish.phases.applying import apply_profile, keep, write_config
from burnish.phases.baseline import baseline, baseline_by_itself
from burnish.phases.before import plan, preflight, preflight_step, require_applicable
from burnish.phases.benching import bench
from burnish.phases.building import build
from burnish.phases.judging import has_failed, judge, next_after, require_passed
from burnish.phases.searching import (
    attempts,
    choose,
    compare_with_trial,
    explain,
    holds_recipe,
    is_nothing_left,
    note_attempt,
    search,
    settle,
    tune,
)
from burnish.phases.starting import measure
from burnish.phases.testing import test
from burnish.phases.workspace import build_workspace

__all__ = [
    "apply_profile",
    "attempts",
    "baseline",
    "baseline_by_itself",
    "bench",
    "build",
    "build_workspace",
    "choose",
    "compare_with_trial",
    "explain",
    "has_failed",
    "holds_recipe",
    "is_nothing_left",
    "judge",
    "keep",
    "measure",
    "next_after",
    "note_attempt",
    "plan",
    "preflight",
    "preflight_step",
    "require_applicable",
    "require_passed",
    "search",
    "settle",
    "test",
    "tune",
    "write_config",
]
