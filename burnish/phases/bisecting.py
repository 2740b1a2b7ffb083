"""Bisecting: the first commit at which a limit was passed, found by building commits between, as `git bisect` does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from burnish.cargo.revisions import Repository, Revision, repository_of
from burnish.errors import Refused
from burnish.history.bisection import Found, first_beyond
from burnish.history.repository import CommitPart, HistoryRepository
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.model import Gate, Reference, VerdictName, overall
from burnish.phases.changing import judge_change
from burnish.phases.comparing import Against, measure_both, note_check, reference_built
from burnish.search.kept import kept_recipe
from burnish.sides.references import BuiltReference, ReferenceBuilds

_MOST_COMMITS = 20_000
_SHORT = 10
_NOT_TIMED = "size"
_FOUND: dict[VerdictName, Found] = {"pass": "within", "fail": "beyond"}


class Unjudged(msgspec.Struct, frozen=True, kw_only=True):
    """A commit that could not be judged, and why."""

    commit: str
    why: str


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that was passed: at `commit` with its `title`, for the `reason` that its `gate` gives there.

    `within` is the last commit that is known to be within the limit; those between the two could not be judged.
    """

    gate: str
    criterion: str
    commit: str
    title: str
    reason: str
    within: str
    unjudged: list[Unjudged] = []


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """What was passed from the commit `good` to `head`, with so many `between`; `undecided` gates tell nothing.

    `built` are the commits that were built for it, in this order.
    """

    good: str
    head: str
    between: int
    built: list[str]
    passed: list[Passed]
    undecided: list[Gate]


@dataclass(kw_only=True)
class _Line:
    """The commits from the good one, the first, to the one that is checked out, and what was seen of each."""

    job: Job
    notes: Notebook
    candidate: Candidate
    against: Against
    repository: Repository
    commits: Sequence[CommitPart]
    built: list[str] = field(default_factory=list)
    lacking: dict[int, str] = field(default_factory=dict)
    seen: dict[tuple[int, bool], dict[str, Gate]] = field(default_factory=dict)

    def now(self) -> dict[str, Gate]:
        """Return the gates of the commit that is checked out. Raise Refused where it, or the good one, has no build."""
        found = self.gates(len(self.commits) - 1, timed=self.job.project.binary is not None)
        if self.lacking:
            raise Refused(
                "; ".join(self.lacking.values()),
                expected="two commits that build",
                next_command="burnish history --bisect --against REF",
            )
        return found

    def gates(self, place: int, *, timed: bool) -> dict[str, Gate]:
        """Return the gates of a commit, held against the good one; none where one of them cannot be built."""
        if (place, timed) not in self.seen:
            self.seen[place, timed] = {gate.name: gate for gate in self._judged(place, timed=timed)}
        return self.seen[place, timed]

    def look(self, place: int, gate: str, *, timed: bool) -> Found:
        """Return on which side of a gate's limits a commit is."""
        found = self.gates(place, timed=timed).get(gate)
        return _FOUND.get(found.verdict, "unknown") if found else "unknown"

    def unjudged(self, place: int, gate: str, *, timed: bool) -> Unjudged:
        """Return why a commit could not be judged."""
        found = self.gates(place, timed=timed).get(gate)
        why = self.lacking.get(place) or self.lacking.get(0) or (found.reason if found else "")
        return Unjudged(commit=self.commits[place].hash, why=why)

    def _judged(self, place: int, *, timed: bool) -> list[Gate]:
        good, own = self._builds(0), self._builds(place)
        before, after = (self._built(builds, at) for builds, at in ((good, 0), (own, place)))
        if before.lacking or after.lacking:
            return []
        self.notes.note(baseline=before.side, candidate=after.side)
        note_check(self.notes, reference=Reference(name=self.against.name, commit=good.revision.commit))
        self.notes.leave(copies={"baseline": str(good.program), "candidate": str(own.program)})
        if timed:
            measure_both(self.job, self.notes, self.candidate, self.against)
        return list(judge_change(self.job, self.notes, self.against, self.candidate.toolkit.mode).gates)

    def _built(self, builds: ReferenceBuilds, place: int) -> BuiltReference:
        found, is_cached = reference_built(builds)
        if not is_cached:
            self.built.append(builds.revision.commit)
        if found.lacking:
            self.lacking[place] = found.lacking
        return found

    def _builds(self, place: int) -> ReferenceBuilds:
        commit = self.commits[place].hash
        return ReferenceBuilds(
            job=self.job,
            candidate=self.candidate,
            toolchain=self.notes.report.toolchain,
            repository=self.repository,
            revision=Revision(name=commit[:_SHORT], commit=commit),
        )


def bisect_history(session: Session, good: str) -> Bisection:
    """Return at which commits the limits were passed that the one checked out is beyond, and a good one is not.

    Uncommitted changes are not looked at. Raise UsageError for a name that means nothing; Refused where the commit that
    is checked out does not come from the good one, one of the two cannot be built, or the good one is beyond too.
    """
    job, notes = dataclasses.replace(session.job, is_beside=True), session.notes
    with session.change("history", job.opened):
        line = _line(job, notes, good)
        now = line.now()
        report = notes.report
        passed = _passed(line, now)
    notes.note(baseline=report.baseline, candidate=report.candidate, gates=list(now.values()))
    notes.close("met" if overall(list(now.values())) == "pass" else "not_met")
    return Bisection(
        good=line.commits[0].hash,
        head=line.commits[-1].hash,
        between=len(line.commits) - 2,
        built=line.built,
        passed=passed,
        undecided=[gate for gate in now.values() if gate.verdict == "inconclusive"],
    )


def _line(job: Job, notes: Notebook, good: str) -> _Line:
    repository = repository_of(job.programs, job.project.root, job.limits.query_seconds)
    revision = repository.revision(good)
    history = HistoryRepository(programs=job.programs, root=job.project.root, timeout_seconds=job.limits.query_seconds)
    commits = history.first_parents(_MOST_COMMITS)
    places = [place for place, commit in enumerate(commits) if commit.hash == revision.commit]
    if not places or not places[0]:
        what = "is the commit that is checked out" if places else "is none of those that led here"
        raise Refused(
            f"--against {revision.told} {what}",
            expected="an earlier commit, from which first parents lead to the one that is checked out",
            next_command="burnish history, which lists commits that were checked",
        )
    return _Line(
        job=job,
        notes=notes,
        candidate=kept_recipe(job, notes).candidate,
        against=Against(name=good, repository=repository, revision=revision),
        repository=repository,
        commits=commits[places[0] :: -1],
    )


def _passed(line: _Line, now: Mapping[str, Gate]) -> list[Passed]:
    """Return where each limit was passed that the commit at the end of the line is beyond."""
    beyond = [gate.name for gate in now.values() if gate.verdict == "fail"]
    timed = any(name != _NOT_TIMED for name in beyond)
    return [_first(line, name, timed=timed) for name in beyond]


def _first(line: _Line, gate: str, *, timed: bool) -> Passed:
    if line.look(0, gate, timed=timed) == "beyond":
        good = line.commits[0].hash[:_SHORT]
        raise Refused(
            f"{good} is beyond the limits already: {gate}: {line.gates(0, timed=timed)[gate].reason}",
            expected="a commit that is within them",
            next_command="burnish history --bisect --against REF, with an earlier one",
        )
    turn = first_beyond(len(line.commits), lambda place: line.look(place, gate, timed=timed))
    found = line.gates(turn.beyond, timed=timed)[gate]
    between = range(turn.within + 1, turn.beyond)
    return Passed(
        gate=gate,
        criterion=found.criterion,
        commit=line.commits[turn.beyond].hash,
        title=line.commits[turn.beyond].title,
        reason=found.reason,
        within=line.commits[turn.within].hash,
        unjudged=[line.unjudged(place, gate, timed=timed) for place in between],
    )
