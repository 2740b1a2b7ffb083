"""Judging every gate, and what a verdict means for the exit status."""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.cargo.build import Built, build
from burnish.errors import GateFailed
from burnish.job.plan import linkage_wanted
from burnish.job.run import Run
from burnish.judge import gates
from burnish.judge.artifacts_gate import judge_artifacts
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.benches_gate import require_judged
from burnish.judge.gates import Rebuilt
from burnish.judge.linkage_gate import LinkageWanted
from burnish.measure.linkage import read_linkage
from burnish.measure.size import size_and_digest
from burnish.model import Behaviour, Report, Side, VerdictName, overall
from burnish.sides.starts import observe_binary
from burnish.sides.twins import reproduces, without_noise
from burnish.phases.workspace import artifacts_wanted
from burnish.search.space import BASE

# What shows the user a failure that a candidate shares with the base.
SEE = (
    f"burnish apply-profile --recipe {BASE}, then cargo build --release and cargo test --release, then burnish rollback"
)


def judge(run: Run) -> VerdictName:
    """Judge every gate, put the table into the report, and give the verdict."""
    before, after = run.judged_sides()
    verdicts = gates.judge(
        baseline=before,
        candidate=after,
        budget=run.budget,
        wants=linkage_wanted(run.recipe, run.platform) if run.report.candidate else LinkageWanted(),
        mode=run.toolkit.mode,
        accepted=run.accepted,
        artifacts=artifacts_wanted(run),
        again=None if has_failed(run) else _built_again(run),
    )
    if run.rests_on_benches and not has_failed(run):
        verdicts = [require_judged(gate) if gate.name == "benches" else gate for gate in verdicts]
    run.note(gates=verdicts)
    return overall(verdicts)


def has_failed(run: Run) -> bool:
    """Return whether a candidate of a search fails for certain by what was seen of it: then the next one is tried."""
    before, after = run.judged_sides() if run.report.candidate else (None, None)
    if run.report.tune is None or before is None or after is None:
        return False
    seen = (judge_behaviour(before, after, run.toolkit.mode), judge_artifacts(before, after, artifacts_wanted(run)))
    return any(gate.verdict == "fail" for gate in seen)


def _built_again(run: Run) -> Rebuilt | None:
    """Build once more by the user's own command: what it gives after all tests and benches must be what was judged.

    Another file is looked at where the project never reproduces; else it tells that something is amiss.
    """
    candidate = run.report.candidate
    change = run.live_change()
    if candidate is None or candidate.artifact is None or change is None or not change.contents_before():
        return None
    with run.console.step("7 judge: cargo build --release, once more") as step:
        built = build(run.cargo("candidate"), timeout_seconds=run.limits.build_seconds)
        artifact = built.binary(run.project) if built.ok else None
        digest = size_and_digest(artifact)[1] if artifact else ""
        step.summary = _said_of_again(built, is_same=digest == candidate.sha256)
    if artifact is None or digest == candidate.sha256 or reproduces(run):
        return Rebuilt(built=built.ok, sha256=digest, error=built.errors)
    return Rebuilt(built=True, sha256=digest, side=_other_side(run, artifact))


def _said_of_again(built: Built, *, is_same: bool) -> str:
    if not built.ok:
        return "does NOT build"
    return "the same file" if is_same else "ANOTHER file"


def _other_side(run: Run, artifact: Path) -> Side:
    """Look at the file of another build of the candidate, as at the first."""
    seen: list[Behaviour] = []
    if run.toolkit.mode != "link-only":
        seen = without_noise(run, observe_binary(run, artifact), artifact, "edited", view=run)
    size_bytes, digest = size_and_digest(artifact)
    return msgspec.structs.replace(
        run.side("candidate"), size_bytes=size_bytes, sha256=digest, linkage=read_linkage(artifact), behaviour=seen
    )


def require_passed(report: Report, *, files: str, next_command: str) -> None:
    """Raise GateFailed when a gate of the report failed or stayed inconclusive."""
    unmet = [f"{gate.name} ({gate.verdict})" for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if unmet:
        raise GateFailed(
            f"not met: {', '.join(unmet)}",
            expected="every gate to pass",
            files=files,
            next_command=next_command,
        )


def next_after(report: Report) -> str:
    """Return the command to type after gates failed: other settings only where other settings may pass."""
    unmet = [gate for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    if report.tune is None:
        return "burnish optimize --recipe auto, which looks for settings that pass"
    if all(gate.verdict == "inconclusive" for gate in unmet):
        return "burnish optimize, when the machine has less to do"
    if {gate.name for gate in unmet if gate.verdict == "fail"} <= {"size", "startup", "benches"}:
        return "burnish tune, which searches more widely, then burnish optimize"
    return SEE
