"""The other binaries that a project's build command makes: each is a job and a notebook of its own, within the run's.

What is done with a binary, such as starting it, asks a job which binary is meant and a notebook what was seen of it.
For another binary both are the run's own with that one in place of the first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from burnish.cargo.project import Project
from burnish.errors import Refused
from burnish.job.job import Job
from burnish.job.notebook import BinaryRecord, Notebook
from burnish.job.session import Session
from burnish.job.settings import DEFAULTS_ORIGIN, BinSettings, Resolved
from burnish.model import BinaryPart, Report, StartupWarning
from burnish.text import did_you_mean

_OF_THE_MACHINE = {"no-floor", "floor-disturbed", "load", "steal", "governor", "emulation"}


@dataclass(kw_only=True)
class BinaryNotes(Notebook):
    """What was seen of another binary, as a notebook: it is written into the run's own, the `parent`."""

    parent: Notebook
    binary: str

    def leave(self, **parts: Any) -> None:  # noqa: ANN401 - the record's own fields
        """Leave something for the steps to come, in the run's record and report."""
        self.record = msgspec.structs.replace(self.record, **parts)
        seen, parent = self.record, self.parent
        own = BinaryRecord(**{name: getattr(seen, name) for name in BinaryRecord.__struct_fields__})
        part = msgspec.structs.replace(
            part_of(parent.report, self.binary),
            baseline=seen.report.baseline,
            candidate=seen.report.candidate,
            gates=seen.report.gates,
        )
        parent.leave(others={**parent.record.others, self.binary: own}, report=with_part(parent.report, part))

    def warn(self, text: str) -> None:
        """Say a warning of this binary."""
        self.parent.warn(f"{self.binary}: {text}")

    def warn_of_startup(self, warnings: Sequence[StartupWarning]) -> None:
        """Say what is odd about this binary's starts: what is odd about the machine was said of the first one."""
        super().warn_of_startup([each for each in warnings if each.kind not in _OF_THE_MACHINE])


def others(job: Job, notes: Notebook) -> Iterator[tuple[Job, BinaryNotes]]:
    """Yield for each other binary of the run its job and its notebook."""
    for part in notes.report.binaries:
        yield job_of(job, part), notes_of(notes, part)


def started_others(job: Job, notes: Notebook) -> Iterator[tuple[Job, BinaryNotes]]:
    """Yield those that are started."""
    for part in notes.report.binaries:
        if not part.unstarted:
            yield job_of(job, part), notes_of(notes, part)


def sessions(session: Session) -> Iterator[tuple[BinaryPart, Session]]:
    """Yield each other binary with a session of it: the same change to the same files."""
    for part in session.notes.report.binaries:
        job, notes = job_of(session.job, part), notes_of(session.notes, part)
        yield part, dataclasses.replace(session, job=job, notes=notes)


def job_of(job: Job, part: BinaryPart) -> Job:
    """Return the job with another binary in place of the first."""
    package = next((each for each in job.project.selected if each.name == part.package), job.project.package)
    project = dataclasses.replace(
        job.project,
        package=package,
        binary=part.target if part.kind == "bin" else None,
        library=None if part.kind == "bin" else (part.target, part.kind),
    )
    return dataclasses.replace(job, project=project, resolved=_resolved_for(job.resolved, part.name))


def notes_of(notes: Notebook, part: BinaryPart) -> BinaryNotes:
    """Return the notebook of another binary."""
    own = notes.record.others.get(part.name, BinaryRecord())
    report = msgspec.structs.replace(
        notes.report, baseline=part.baseline, candidate=part.candidate, gates=part.gates, binaries=[]
    )
    record = msgspec.structs.replace(notes.record, report=report, others={}, **msgspec.structs.asdict(own))
    return BinaryNotes(
        console=notes.console, state=notes.state, sealed=notes.sealed, record=record, parent=notes, binary=part.name
    )


def startups_beside(notes: Notebook) -> int:
    """Return how many other binaries are started in the run, whose start-up is judged beside this one's."""
    parts = _whole(notes).report.binaries
    seen = [any(side is not None and side.behaviour for side in (part.baseline, part.candidate)) for part in parts]
    return sum(seen)


def workloads_beside(notes: Notebook) -> int:
    """Return how many workloads of other binaries are judged in the run, beside this one's."""
    whole = _whole(notes).record
    every = [whole.workloads, *(each.workloads for each in whole.others.values())]
    return sum(map(len, every)) - len(notes.record.workloads)


def _whole(notes: Notebook) -> Notebook:
    return notes.parent if isinstance(notes, BinaryNotes) else notes


def part_of(report: Report, name: str) -> BinaryPart:
    """Return another binary's part of a report."""
    return next(part for part in report.binaries if part.name == name)


def with_part(report: Report, part: BinaryPart) -> Report:
    """Return a report with another binary's part in place of what stood there of it."""
    known = {each.name: each for each in report.binaries}
    return msgspec.structs.replace(report, binaries=list({**known, part.name: part}.values()))


def own_settings(resolved: Resolved, name: str) -> BinSettings | None:
    """Return what the project says of one binary alone; None where it says nothing."""
    return resolved.settings.bins.get(name)


def _resolved_for(resolved: Resolved, name: str) -> Resolved:
    """Return the settings that hold for another binary.

    How the first is started says nothing of the others: those are asked for their version.
    """
    settings = resolved.settings
    startup = msgspec.structs.replace(settings.startup, args=("--version",), stdin="", exit_status=0)
    plain = msgspec.structs.replace(settings, startup=startup, behaviour=(), workloads=())
    origins = {**resolved.origins, "startup.exit_status": DEFAULTS_ORIGIN}
    return with_own_settings(dataclasses.replace(resolved, settings=plain, origins=origins), name, trains=False)


def with_own_settings(resolved: Resolved, name: str, *, trains: bool = True) -> Resolved:
    """Return the settings with what the project says of one binary alone. Only the first one's workloads train."""
    own = own_settings(resolved, name)
    if own is None:
        return resolved
    startup = msgspec.structs.replace(
        resolved.settings.startup, **_stated(args=own.args, stdin=own.stdin, exit_status=own.exit_status)
    )
    settings = msgspec.structs.replace(
        resolved.settings, startup=startup, **_stated(behaviour=own.behaviour, workloads=own.workloads)
    )
    if not trains:
        judging = tuple(msgspec.structs.replace(each, train=False) for each in settings.workloads)
        settings = msgspec.structs.replace(settings, workloads=judging)
    known = {} if own.exit_status is None else {"startup.exit_status": resolved.origins["bins"]}
    return dataclasses.replace(resolved, settings=settings, origins={**resolved.origins, **known})


def _stated(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def require_known_bins(project: Project, resolved: Resolved) -> None:
    """Raise Refused where the settings name a binary that no package has: it would never be looked at."""
    known = [name for package in project.members for name in package.binaries]
    for name in resolved.settings.bins:
        if name not in known:
            raise Refused(
                f'{resolved.origins["bins"]} has settings for the binary "{name}"{did_you_mean(name, known)}',
                expected=f"one of {', '.join(known) or 'no binary: there is none'}",
                next_command="burnish plan, after correcting the name",
            )
