"""What a change adds to the other binaries and shipped libraries: their sizes, which the builds of both sides tell."""

from __future__ import annotations

from collections.abc import Iterator

from burnish.job.binaries import BinaryNotes, others, part_of
from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.judge.absolute import absolute_only
from burnish.judge.gates import judge_size
from burnish.judge.growth import Accepted, limits_of_change, size_growth_findings, told_accepted
from burnish.model import BinaryPart, Gate, Side
from burnish.phases.changing import accepted_growth_of
from burnish.phases.comparing import Against


def judge_sizes_beside(job: Job, notes: Notebook, against: Against) -> dict[str, list[Gate]]:
    """Return the gate of size of each other binary, by name, and note the reference's size beside it.

    One that the reference does not make is new, and is judged by itself.
    """
    return dict(_gates(job, notes, against))


def _gates(job: Job, notes: Notebook, against: Against) -> Iterator[tuple[str, list[Gate]]]:
    check, reference = notes.report.check, notes.report.baseline
    is_lacking = reference is None or bool(check and check.reference and check.reference.lacking)
    for other, own in others(job, notes):
        after = own.side("candidate")
        before = None if is_lacking or reference is None else _as_built(reference, part_of(notes.report, own.binary))
        if before is None:
            yield own.binary, [judge_size(after, after, absolute_only(other.budget))]
        else:
            own.note(baseline=before)
            yield own.binary, [_judged(other, own, against, before)]


def _as_built(reference: Side, part: BinaryPart) -> Side | None:
    """Return the side of another binary as the reference's build made it; None where it did not."""
    key = part.package, part.target, part.kind
    found = (each for each in reference.artifacts if (each.package, each.target, each.kind) == key)
    sizes = [each.size_bytes for each in found]
    if not sizes:
        return None
    return Side(
        command=reference.command,
        build_seconds=reference.build_seconds,
        built=reference.built,
        artifact=part.name,
        size_bytes=sizes[0],
        kind=part.kind,
    )


def _judged(other: Job, own: BinaryNotes, against: Against, before: Side) -> Gate:
    after = own.side("candidate")
    accepted = accepted_growth_of(other, own.parent, against, before, after)

    def judged(accepted: Accepted) -> Gate:
        budget = limits_of_change(absolute_only(other.budget, against.judged), accepted)
        found = size_growth_findings(after.size_bytes, before.size_bytes, budget, accepted)
        return judge_size(before, after, budget, found)

    return told_accepted(judged(accepted), accepted, judged({}))
