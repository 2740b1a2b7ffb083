"""Building the candidate, and seeing how much of its recipe rustc was given."""

from __future__ import annotations

from burnish.cargo.build import Built
from burnish.cargo.command_lines import build_command
from burnish.job.candidate import Candidate
from burnish.job.host_flags import loss_remark, lost_flags
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.plan import make_plan, wanted_in_force
from burnish.job.wanted import target_to_write
from burnish.sides.recording import look_at_settings
from burnish.sides.side import build_side, cargo_of


def build_candidate(job: Job, notes: Notebook, candidate: Candidate) -> bool:
    """Build the candidate by the user's own command, and return whether it builds."""
    built = build_side(job, notes, candidate, "candidate", f"3 build: {job.project.selection.told('build')}")
    if built.ok:
        _look_at_settings(job, notes, candidate, built)
    else:
        # The configuration as it was before the edit.
        lost = lost_flags(job, candidate, target_to_write(job, candidate, job.surroundings.layers))
        notes.note_side("candidate", build_remark=loss_remark(lost))
    return built.ok


def _look_at_settings(job: Job, notes: Notebook, candidate: Candidate, built: Built) -> None:
    """Note how much of the recipe rustc was given."""
    with job.console.step("3 build: how cargo called rustc") as step:
        wanted = wanted_in_force(job, candidate, make_plan(job, candidate))
        cargo = cargo_of(job, candidate, "candidate")
        found = look_at_settings(job, cargo, built, build_command(job.project), wanted)
        notes.note_side("candidate", in_force=found)
        step.summary = found.unknown or f"{found.settings} settings in {found.packages} packages"
