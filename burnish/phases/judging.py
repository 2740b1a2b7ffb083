"""Judging every gate, and what a verdict means for the exit status."""

from __future__ import annotations

from burnish.cargo.build import build
from burnish.errors import GateFailed
from burnish.judge import gates
from burnish.judge.linkage import LinkageWanted
from burnish.judge.verdict import overall
from burnish.measure.size import size_and_digest
from burnish.plan import linkage_wanted
from burnish.report.model import Report, VerdictName
from burnish.run import Run


def judge(run: Run) -> VerdictName:
    """Judge every gate, put the table into the report, and give the verdict."""
    before, after = run.judged_sides()
    verdicts = gates.judge(
        baseline=before,
        candidate=after,
        budget=run.budget,
        wants=linkage_wanted(run.recipe, run.platform) if run.report.candidate else LinkageWanted(),
        mode=run.toolkit.mode,
        artifact_sha256_again=_digest_when_built_again(run),
    )
    run.note(gates=verdicts)
    return overall(verdicts)


def _digest_when_built_again(run: Run) -> str | None:
    """Build once more by the user's own command: what it gives after all tests and benches must be what was judged."""
    candidate = run.report.candidate
    if candidate is None or candidate.artifact is None:
        return None
    with run.console.step("7 judge: cargo build --release, once more") as step:
        built = build(run.cargo("candidate"), timeout_seconds=run.limits.build_seconds)
        artifact = built.binary(run.project)
        digest = size_and_digest(artifact)[1] if artifact else ""
        step.summary = "the same file" if digest == candidate.sha256 else "ANOTHER file"
    return digest


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
