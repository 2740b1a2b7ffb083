"""The commits from a good one to the one that is checked out: built where they must be, and held against the good one.

Each is looked at by the project's settings and budget as they stand, and by what the last commit of the line accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from burnish.cargo.revisions import Repository, Revision
from burnish.errors import Refused
from burnish.history.bisection import Found
from burnish.history.repository import CommitPart
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.model import Gate, Reference, VerdictName
from burnish.phases.changing import judge_change, judge_numbers
from burnish.phases.comparing import Against, builds_at, measure_both, note_check, reference_built, warn_of_surroundings
from burnish.sides.references import BuiltReference, ReferenceBuilds

SHORT = 10
"""How much of a commit's name is told."""
_FOUND: dict[VerdictName, Found] = {"pass": "within", "fail": "beyond", "not-applicable": "within"}


class Unjudged(msgspec.Struct, frozen=True, kw_only=True):
    """A commit that could not be judged, and why."""

    commit: str
    why: str


@dataclass(kw_only=True)
class CommitLine:
    """The commits of a line, the good one first, and what was seen of each: its gates, or what is lacking.

    `built` are those that were built for it, in this order.
    """

    job: Job
    notes: Notebook
    candidate: Candidate
    against: Against
    repository: Repository
    commits: Sequence[CommitPart]
    built: list[str] = field(default_factory=list)
    lacking: dict[int, str] = field(default_factory=dict)
    seen: dict[tuple[int, bool], dict[str, Gate]] = field(default_factory=dict)

    def at_the_end(self) -> dict[str, Gate]:
        """Return the gates of the last commit. Raise Refused where it, or the good one, has no build."""
        found = self.gates(len(self.commits) - 1, timed=self.job.project.binary is not None)
        if self.lacking:
            raise Refused(
                "; ".join(self.lacking.values()),
                expected="two commits that build",
                next_command="burnish history --bisect --against REF, with another one",
            )
        return found

    def gates(self, place: int, *, timed: bool) -> dict[str, Gate]:
        """Return the gates of a commit, held against the good one; none where one of them cannot be built.

        The good one is held against the limits that need no other: it has not changed since itself.
        """
        if (place, timed) not in self.seen:
            self.seen[place, timed] = {gate.name: gate for gate in self._judged(place, timed=timed)}
        return self.seen[place, timed]

    def look(self, place: int, gate: str, *, timed: bool) -> Found:
        """Return on which side of a gate's limits a commit is."""
        found = self.gates(place, timed=timed).get(gate)
        if found is None:
            # Only of the good one no gate is a limit that needs another commit.
            return "unknown" if place or place in self.lacking else "within"
        return _FOUND.get(found.verdict, "unknown")

    def unjudged(self, place: int, gate: str, *, timed: bool) -> Unjudged:
        """Return why a commit could not be judged."""
        found = self.gates(place, timed=timed).get(gate)
        why = self.lacking.get(place) or (found.reason if found else "")
        return Unjudged(commit=self.commits[place].hash, why=why)

    def _judged(self, place: int, *, timed: bool) -> list[Gate]:
        good, own = self._builds(0), self._builds(place)
        before, after = (self._built(builds, at) for builds, at in ((good, 0), (own, place)))
        if before.lacking or after.lacking:
            return []
        self.notes.note(baseline=before.side, candidate=after.side, check=None)
        note_check(self.notes, reference=Reference(name=self.against.name, commit=good.revision.commit))
        self.notes.leave(copies={"baseline": str(good.program), "candidate": str(own.program)})
        if timed:
            measure_both(self.job, self.notes, self.candidate, self.against)
        mode = self.candidate.toolkit.mode
        if place:
            return list(judge_change(self.job, self.notes, self.against, mode).gates)
        return list(judge_numbers(self.job, self.notes.side("candidate"), mode).gates)

    def _built(self, builds: ReferenceBuilds, place: int) -> BuiltReference:
        found, is_cached = reference_built(builds)
        if not is_cached:
            self.built.append(builds.revision.commit)
        if found.lacking:
            self.lacking[place] = found.lacking
        else:
            warn_of_surroundings(builds, self.notes, found)
        return found

    def _builds(self, place: int) -> ReferenceBuilds:
        commit = self.commits[place].hash
        revision = Revision(name=commit[:SHORT], commit=commit)
        return builds_at(self.job, self.notes, self.candidate, self.repository, revision)
