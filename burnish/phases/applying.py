"""Writing the plan's edits under the journal, and making them final."""

from __future__ import annotations

from burnish.cargo.toml import Edit
from burnish.errors import Refused
from burnish.job.run import Run
from burnish.phases.before import plan
from burnish.transaction.change import FileEdit
from burnish.transaction.journal import STEPS, EditRole


def apply_profile(run: Run) -> None:
    """Write the recipe's profile into the manifest, under the journal."""
    made = plan(run)
    _apply(run, "1 apply-profile", made.manifest, "manifest", made.keys("manifest"))


def write_config(run: Run) -> None:
    """Write the recipe's link settings into the cargo configuration, under the journal."""
    made = plan(run)
    _apply(run, "2 write-config", made.config, made.config_role, made.keys(made.config_role))


def _apply(run: Run, title: str, edit: Edit, role: EditRole, keys: tuple[str, ...]) -> None:
    with run.console.step(f"{title}: {edit.name}") as step:
        if not edit.changed:
            step.summary = "nothing to write"
            return
        run.leave()
        change = run.live_change() or run.begin_change(STEPS)
        for warning in change.apply([FileEdit(role=role, before=edit.before, after=edit.after, keys=keys)]):
            run.warn(warning)
        step.summary = "written"


def keep(run: Run) -> None:
    """Make the applied change final."""
    change = run.live_change()
    if change is None:
        raise Refused("there is no change to keep", expected="an applied change", next_command="burnish status")
    number = change.keep()
    run.console.say(f"==> 8 keep: change {number} is final; `burnish rollback` undoes it", "title")
