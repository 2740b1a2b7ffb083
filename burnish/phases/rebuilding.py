"""Building once more by the user's own command, after all tests and benches: what it gives must be what was judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from burnish.cargo.build import Built, build_release
from burnish.job.binaries import sessions
from burnish.job.candidate import Candidate
from burnish.job.session import Session
from burnish.judge.findings import names_of
from burnish.judge.gates import Rebuilt
from burnish.measure.size import size_and_digest
from burnish.model import Behaviour, Side
from burnish.sides.products import judged_file
from burnish.sides.side import cargo_of, look_at_file
from burnish.sides.starts import starts_of
from burnish.sides.twins import Twins

FIRST = ""
"""The key of the first binary's file; each other one has its name."""


def built_again(session: Session, candidate: Candidate) -> Mapping[str, Rebuilt]:
    """Build once more from the written files, and return what became of each judged file; nothing without any.

    Another file is looked at where the project never reproduces; else it tells that something is amiss.
    """
    job, side = session.job, session.notes.report.candidate
    change = session.live()
    if side is None or side.artifact is None or change is None or not change.contents_before():
        return {}
    with job.console.step(f"7 judge: {job.project.selection.told('build')}, once more") as step:
        built = build_release(cargo_of(job, candidate, "candidate"), timeout_seconds=job.limits.build_seconds)
        judged = dict(_judged(session)) if built.ok else {FIRST: session}
        digests = {name: _digest(each, built) for name, each in judged.items()}
        others = [name for name, each in judged.items() if digests[name] != each.notes.side("candidate").sha256]
        step.summary = _said(built, others)
    return {name: _rebuilt(each, candidate, built, digests[name]) for name, each in judged.items()}


def _judged(session: Session) -> Iterator[tuple[str, Session]]:
    """Yield the session of each file that was judged, the first binary's first."""
    yield FIRST, session
    for part, each in sessions(session):
        if part.candidate is not None and part.candidate.artifact is not None:
            yield part.name, each


def _digest(session: Session, built: Built) -> str:
    artifact = judged_file(session.job.project, built)
    return size_and_digest(artifact)[1] if artifact else ""


def _said(built: Built, others: list[str]) -> str:
    if not built.ok:
        return "does NOT build"
    beside = [name for name in others if name != FIRST]
    if not others:
        return "the same file"
    return f"ANOTHER file: {names_of(beside)}" if beside else "ANOTHER file"


def _rebuilt(session: Session, candidate: Candidate, built: Built, digest: str) -> Rebuilt:
    twins = Twins(session=session)
    if not digest or digest == session.notes.side("candidate").sha256 or twins.reproduce():
        return Rebuilt(built=built.ok, sha256=digest, error=built.errors)
    return Rebuilt(built=True, sha256=digest, side=_other_side(twins, candidate, built))


def _other_side(twins: Twins, candidate: Candidate, built: Built) -> Side:
    """Look at the file of another build of the candidate, as at the first."""
    seen: list[Behaviour] = []
    first, artifact = twins.notes.side("candidate"), judged_file(twins.job.project, built)
    if artifact is None:
        return first
    if candidate.toolkit.mode != "link-only" and first.behaviour:
        starts = starts_of(twins.job, twins.notes, candidate)
        seen = twins.without_noise(starts.observe(artifact), artifact, "edited", starts)
    looked_at = look_at_file(first, artifact)
    return msgspec.structs.replace(looked_at, artifact=first.artifact, behaviour=seen)
