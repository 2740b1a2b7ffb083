"""Writing the plan's edits under the journal, and making them final."""

from __future__ import annotations

from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.pin import PIN_KEYS
from burnish.job.session import Session
from burnish.phases.before import describe_plan
from burnish.search.judged_file import remember_judged
from burnish.toml.edit import TextEdit
from burnish.transaction.change import FileEdit
from burnish.transaction.journal import OWNED_BY_STEPS, EditRole


def write_profile(session: Session, candidate: Candidate) -> None:
    """Write the recipe's profile into the manifest, under the journal."""
    made = describe_plan(session.job, session.notes, candidate)
    _apply(session, candidate, "1 apply-profile", made.manifest, "manifest", made.keys("manifest"))


def write_link_settings(session: Session, candidate: Candidate) -> None:
    """Write the recipe's link settings into the cargo configuration, and the pin, under the journal."""
    made = describe_plan(session.job, session.notes, candidate)
    _apply(session, candidate, "2 write-config", made.config, made.config_role, made.keys(made.config_role))
    if made.pin.changed:
        _apply(session, candidate, "2 write-config", made.pin, "pin", PIN_KEYS)


def _apply(
    session: Session, candidate: Candidate, title: str, edit: TextEdit, role: EditRole, keys: tuple[str, ...]
) -> None:
    notes = session.notes
    with session.job.console.step(f"{title}: {edit.name}") as step:
        if not edit.changed:
            step.summary = "nothing to write"
            return
        notes.leave()
        change = session.live() or session.begin(OWNED_BY_STEPS, candidate)
        for warning in change.apply([FileEdit(role=role, before=edit.before, after=edit.after, keys=keys)]):
            notes.warn(warning)
        step.summary = "written"


def keep_change(session: Session, candidate: Candidate) -> None:
    """Make the applied change final, and remember the file that was judged for the builds to come."""
    change = session.live()
    if change is None:
        raise Refused("there is no change to keep", expected="an applied change", next_command="burnish status")
    number = change.keep()
    remember_judged(session.job, session.notes, candidate, "candidate")
    session.job.console.say(f"==> 8 keep: change {number} is final; `burnish rollback` undoes it", "title")
