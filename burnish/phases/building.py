"""Building a side, and reading of its artefact what the file itself tells."""

from __future__ import annotations

import shutil

from burnish.cargo import build as cargo_build
from burnish.cargo.project import Project
from burnish.job.host_flags import loss_remark, lost_flags
from burnish.job.plan import make_plan, target_to_write, wanted_in_force
from burnish.job.run import Run, SideName
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Side
from burnish.sides.products import made_by
from burnish.sides.recording import look_at_settings


def build(run: Run) -> bool:
    """Build the candidate by the user's own command, and say whether it builds."""
    built = build_side(run, "candidate", "3 build: cargo build --release")
    if built.ok:
        inspect_side(run, "candidate", built)
        _look_at_settings(run, built)
    else:
        # The configuration as it was before the edit.
        lost = lost_flags(run, target_to_write(run, run.machine.layers))
        run.note_side("candidate", build_remark=loss_remark(lost))
    return built.ok


def _look_at_settings(run: Run, built: cargo_build.Built) -> None:
    """Note how much of the recipe rustc was given."""
    with run.console.step("3 build: how cargo called rustc") as step:
        wanted = wanted_in_force(run, make_plan(run))
        command = cargo_build.release_command(run.project)
        found = look_at_settings(run, run.cargo("candidate"), built, command, wanted)
        run.note_side("candidate", in_force=found)
        step.summary = found.unknown or f"{found.settings} settings in {found.packages} packages"
