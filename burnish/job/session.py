"""The session of a run with the transaction: it begins changes, keeps them, and puts back whatever is not kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from burnish.cargo.checkouts import remove_left_checkout
from burnish.errors import RESTORED, GateFailed, Refused, refusal_by_disk
from burnish.job.candidate import Candidate
from burnish.job.elsewhere import Elsewhere
from burnish.job.job import Job
from burnish.job.notebook import Notebook, utc_now
from burnish.job.undoing import undo
from burnish.model import Outcome
from burnish.system.groups import end_recorded_groups
from burnish.system.turns import Turns, turns_asked_for
from burnish.transaction.change import Change, FileEdit
from burnish.transaction.lock import locked
from burnish.transaction.registry import Registry


@dataclass(kw_only=True)
class Session:
    """The changes of one run to a project's files.

    `sources` is the digest of what trials are built from, empty until it is asked for: it is worked out once.
    `elsewhere` builds trials on other machines, where there are any.
    """

    job: Job
    notes: Notebook
    sources: str = ""
    elsewhere: Elsewhere | None = None
    _number: int | None = field(default=None)

    def live(self) -> Change | None:
        """Read the live change, if there is one."""
        return live_change(self.job)

    @contextlib.contextmanager
    def change(self, owner: str, candidate: Candidate) -> Iterator[None]:
        """Open a change: any way out but `keep` puts every file back, and an error ends the run."""
        outcome = None
        try:
            try:
                self._number = self.begin(owner, candidate).journal.number
                yield
            finally:
                outcome = self._undo_ours()
        except BaseException as error:
            # Again: a signal, of which only the first is raised, may have come in the midst of undoing.
            outcome = self._undo_ours() or outcome or ("kept" if self.is_kept else "refused")
            with contextlib.suppress(OSError):
                self.notes.close(outcome)
            refused = error if isinstance(error, Refused) else refusal_by_disk(error)
            if refused and outcome == "rolled_back":
                # Too late to have refused before touching anything.
                raise GateFailed(
                    refused.found, expected=refused.expected, files=RESTORED, next_command=refused.next_command
                ) from error
            raise

    def begin(self, owner: str, candidate: Candidate) -> Change:
        """Begin a change of a candidate's recipe. Raise Refused where one is live."""
        user_state, recipe = self.job.surroundings.user_state, candidate.recipe.name[:200]
        return Change.begin(self.job.state, user_state, owner=owner, recipe=recipe, began=utc_now())

    def put_back_live(self) -> None:
        """Undo the live change."""
        undo(self.job.state, self.job.surroundings.user_state, self.job.console, only_live=True)

    @contextlib.contextmanager
    def as_before(self, comment: bytes = b"") -> Iterator[None]:
        """Hold the project as it was before the live change, but for a comment in each edited file.

        A kill within is undone as ever.
        """
        change = self.live()
        if change is None:
            yield
            return
        before, state = change.contents_before(), self.job.state
        now = {role: content for role in before if (content := state.image(role).content) is not None}
        change.apply([FileEdit(role=role, before=now[role], after=before[role] + comment) for role in now])
        try:
            yield
        finally:
            change.apply([FileEdit(role=role, before=before[role] + comment, after=now[role]) for role in now])

    def _undo_ours(self) -> Outcome | None:
        """Undo our change where it is live, by the journal and not by memory, and say what has become of it, if so.

        A live change of another process, which `begin` refuses to join, is not ours to undo.
        """
        self.job.state.create()  # a `git clean` may have taken it, and with it the journal
        Registry(self.job.state, self.job.surroundings.user_state).recover()
        live = self.live()
        if live is None or live.journal.pid != os.getpid():
            return None
        was_written = any(entry.role != "lockfile" for entry in live.journal.entries)
        self.put_back_live()
        return "rolled_back" if was_written else "refused"

    @property
    def is_kept(self) -> bool:
        """Return whether the change that this run began is final."""
        return any(done.number == self._number and done.outcome == "kept" for done in self.job.state.finished())


def live_change(job: Job) -> Change | None:
    """Read the live change of a project, if there is one; nothing is locked for that, or written."""
    return Change.load(job.state, job.surroundings.user_state)


@contextlib.contextmanager
def opened_session(
    job: Job, notes: Notebook, command: str, *, turns: Turns | None = None, elsewhere: Elsewhere | None = None
) -> Iterator[Session]:
    """Hold the project's lock, under which the programs of the session's job are recorded.

    What is timed is alone on the machine by `turns`, else by those that a worker gives to a job of a fleet. Raise Busy
    when another run holds the lock.
    """
    notes.require_report_folder()
    with locked(job.state, command):
        # By the lock whoever recorded something is dead, and this run's own record would take its place.
        if end_recorded_groups(job.state.children):
            notes.warn("programs that an earlier run had left running were ended")
        env = dict(job.programs.env)
        asked = turns_asked_for(env)
        programs = replace(job.programs, env=env, children=job.state.children, turns=turns or asked)
        user_state, limit = job.surroundings.user_state, job.limits.query_seconds
        remove_left_checkout(programs, job.project.root, user_state, limit)
        recorded = replace(job, surroundings=replace(job.surroundings, programs=programs))
        yield Session(job=recorded, notes=notes, elsewhere=elsewhere)
