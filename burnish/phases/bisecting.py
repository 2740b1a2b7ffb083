"""Bisecting: the first commit at which a limit was passed, found by building commits between, as `git bisect` does."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence

import msgspec

from burnish.cargo.revisions import Repository, Revision, repository_of
from burnish.errors import Refused, UsageError
from burnish.history.bisection import first_beyond
from burnish.history.repository import CommitPart, HistoryRepository
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.job.session import Session
from burnish.judge.findings import names_of
from burnish.model import Gate
from burnish.phases.before import require_unchanged
from burnish.phases.checking import require_ready
from burnish.phases.commit_line import CommitLine, Unjudged
from burnish.phases.comparing import Against
from burnish.search.kept import kept_recipe

_MOST_COMMITS = 20_000
_NOT_TIMED = "size"


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """Limits that were passed: those of a `gate`, at `commit` with its `title`, for the `reason` that it gives there.

    `within` is the last commit that is known to be within the limits, empty where none is; those between the two, and
    the good one where it is not known to be within, could not be judged.
    """

    gate: str
    criterion: str
    commit: str
    title: str
    reason: str
    within: str
    unjudged: list[Unjudged] = []


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """What was passed from the commit `good` to `head`, with so many `between`.

    `already` are the gates that the good one does not meet either, and `undecided` those that tell nothing of the last
    commit. `built` are the commits that were built for it, in this order.
    """

    good: str
    head: str
    between: int
    built: list[str]
    passed: list[Passed]
    already: list[Gate]
    undecided: list[Gate]


def bisect_history(session: Session, good: str) -> Bisection:
    """Return at which commits the limits were passed that the one checked out is beyond, and a good one is not.

    Nothing of the working tree is built, and no report is left: it would be of no project as it stands. Raise
    UsageError for a name that means nothing; Refused where the commit that is checked out does not come from the good
    one, one of the two cannot be built, or a change is live.
    """
    job, notes = dataclasses.replace(session.job, is_beside=True), session.notes
    _require_something(job)
    require_unchanged(job)
    require_ready(job)
    repository, revision = _found(job, good)
    commits = _commits_from(job, repository, revision)
    head = Revision(name="HEAD", commit=commits[-1].hash)
    with session.change("history", job.opened):
        kept = kept_recipe(job, notes)
        if kept.lacking:
            notes.warn(kept.lacking)
        _warn_of_unlooked(job, notes)
        line = CommitLine(
            job=job,
            notes=notes,
            candidate=kept.candidate,
            against=Against(name=good, repository=repository, revision=revision, accepting=head),
            repository=repository,
            commits=commits,
        )
        found = _looked_at(line)
    notes.drop()
    return found


def _warn_of_unlooked(job: Job, notes: Notebook) -> None:
    made = [name for package in job.project.selected for name in package.binaries]
    names = [name for name in made if name != job.project.binary and not job.settings.build.bin]
    if names:
        alone = f"`burnish history --bisect --bin {shlex.quote(names[0])}` looks at one alone"
        notes.warn(f"what is looked at is {job.project.judged}, and not {names_of(names)}: {alone}")


def _require_something(job: Job) -> None:
    if job.project.judged is None:
        raise Refused(
            "the project has no file that could be compared",
            expected="a binary, or a library that ships",
            next_command="burnish history --bisect --bin NAME, or --package NAME",
        )


def _found(job: Job, good: str) -> tuple[Repository, Revision]:
    """Return the repository, and the commit of a name. Raise as they do, in words that fit."""
    try:
        repository = repository_of(job.programs, job.project.root, job.limits.query_seconds)
        return repository, repository.revision(good)
    except UsageError as error:
        raise UsageError(
            error.found, expected="a commit, branch or tag", next_command="git log --first-parent --oneline"
        ) from error
    except Refused as error:
        is_cut_off = "shallow" in error.found
        raise Refused(
            error.found,
            expected="a clone with the commits between" if is_cut_off else "a project in a git repository",
            next_command=error.next_command if is_cut_off else "burnish check",
        ) from error


def _commits_from(job: Job, repository: Repository, revision: Revision) -> Sequence[CommitPart]:
    """Return the commits from a good one to the one that is checked out, along the first parents."""
    history = HistoryRepository(programs=job.programs, root=job.project.root, timeout_seconds=job.limits.query_seconds)
    commits = history.first_parents(_MOST_COMMITS)
    place = next((place for place, commit in enumerate(commits) if commit.hash == revision.commit), None)
    if place:
        return commits[place::-1]
    if place is None and repository.is_shallow:
        raise Refused(
            f"--against {revision.told}: this clone is shallow and does not hold the commits between",
            expected="a clone with its whole history",
            next_command="git fetch --unshallow",
        )
    what = "is the commit that is checked out" if place == 0 else "is none of the first parents that led here"
    raise Refused(
        f"--against {revision.told} {what}",
        expected="an earlier commit, from which first parents lead to the one that is checked out",
        next_command="git log --first-parent --oneline, which lists them",
    )


def _looked_at(line: CommitLine) -> Bisection:
    now = line.at_the_end()
    beyond = [gate.name for gate in now.values() if gate.verdict == "fail"]
    timed = any(name != _NOT_TIMED for name in beyond)
    already = {name: line.gates(0, timed=timed)[name] for name in beyond if line.look(0, name, timed=timed) == "beyond"}
    return Bisection(
        good=line.commits[0].hash,
        head=line.commits[-1].hash,
        between=len(line.commits) - 2,
        passed=[_first(line, name, timed=timed) for name in beyond if name not in already],
        already=list(already.values()),
        undecided=[gate for gate in now.values() if gate.verdict == "inconclusive"],
        built=line.built,
    )


def _first(line: CommitLine, gate: str, *, timed: bool) -> Passed:
    turn = first_beyond(len(line.commits), lambda place: line.look(place, gate, timed=timed))
    found, last = line.gates(turn.beyond, timed=timed)[gate], line.commits[turn.beyond]
    is_known = line.look(turn.within, gate, timed=timed) == "within"
    return Passed(
        gate=gate,
        criterion=found.criterion,
        commit=last.hash,
        title=last.title,
        reason=found.reason,
        within=line.commits[turn.within].hash if is_known else "",
        unjudged=[line.unjudged(place, gate, timed=timed) for place in range(turn.within + is_known, turn.beyond)],
    )
