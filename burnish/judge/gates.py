"""The gates: two measured sides and a budget in, one judged `Gate` for each criterion out. Pure.

A gate is made of findings, one for each limit that the budget or the recipe states. The worst finding is the gate's
verdict and gives its number; the reasons of all of them are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from burnish.cargo.diagnostics import first_error
from burnish.judge.artifacts_gate import ArtifactsWanted, judge_artifacts
from burnish.judge.behaviour_gate import judge_behaviour
from burnish.judge.benches_gate import judge_benches
from burnish.judge.budget import Budget
from burnish.judge.findings import (
    Finding,
    clipped,
    gate_of,
    missing,
    named,
    no_limit,
)
from burnish.judge.in_force import judge_in_force
from burnish.judge.instructions_gate import judge_instructions
from burnish.judge.linkage_gate import LinkageWanted, judge_linkage
from burnish.judge.startup_gate import judge_startup
from burnish.judge.tests_gate import judge_tests
from burnish.judge.workloads_gate import judge_workloads
from burnish.model import SEVERITY, Gate, Mode, Side, VerdictName
from burnish.text import format_bytes, format_seconds

_SAME_COMMAND = ArtifactsWanted()


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What the user's own build command gave afterwards: the file's digest, empty where there is none, or the error.

    `side` is the file itself, where it is another one and two builds of the baseline differ too.
    """

    built: bool
    sha256: str = ""
    error: str = ""
    side: Side | None = None


def judge_gates(  # noqa: PLR0913 - each says one thing that a gate asks for
    *,
    baseline: Side,
    candidate: Side,
    budget: Budget,
    wants: LinkageWanted,
    mode: Mode,
    accepted: frozenset[str],
    artifacts: ArtifactsWanted = _SAME_COMMAND,
    workloads: Collection[str] | None = None,
    again: Rebuilt | None = None,
) -> list[Gate]:
    """Judge every criterion, in the order of the steps.

    `accepted` are the concessions, `artifacts` says which builds are compared, `workloads` are the names of the
    project's, and `again` is what the user's own build command gave afterwards.
    """
    rest: list[Gate] = []
    counted = judge_instructions(baseline, candidate, budget, mode)
    if again is not None and again.side is not None:
        rest = [
            judge_linkage(baseline, again.side, wants, accepted),
            judge_behaviour(baseline, again.side, mode),
            judge_size(baseline, again.side, budget),
        ]
    return [
        judge_build(baseline, candidate, again, rest),
        judge_artifacts(baseline, candidate, artifacts),
        judge_linkage(baseline, candidate, wants, accepted),
        judge_behaviour(baseline, candidate, mode),
        judge_size(baseline, candidate, budget),
        judge_startup(baseline, candidate, budget, mode),
        judge_workloads(baseline, candidate, budget, mode, workloads),
        *([counted] if counted else []),
        judge_tests(baseline, candidate, budget, mode),
        judge_benches(baseline, candidate, budget, mode),
    ]


def judge_build(
    baseline: Side, candidate: Side, again: Rebuilt | None = None, judged_again: Sequence[Gate] = ()
) -> Gate:
    """Ask for the baseline's binary, for the recipe in force, and for the same file when it is built again.

    Where builds of the baseline differ too, `judged_again` are the verdicts on the other file.
    """
    verdict, reason = _built(baseline, candidate, again, judged_again)
    completes = Finding(criterion="the release build completes", verdict=verdict, reason=reason)
    return gate_of("build", [completes, *judge_in_force(candidate.in_force)])


def _built(
    baseline: Side, candidate: Side, again: Rebuilt | None, judged_again: Sequence[Gate]
) -> tuple[VerdictName, str]:
    took = f"built in {format_seconds(candidate.build_seconds)}"
    if not candidate.built:
        why = f"the candidate does not build: {clipped(first_error(candidate.build_error))}"
        return "fail", "; ".join(filter(None, (why, candidate.build_remark)))
    if candidate.artifact is None and baseline.artifact is None:
        return "pass", f"library: it has no binary of its own; {took}"
    if candidate.artifact is None:
        return "fail", f"no binary came out, where the baseline gave {named(baseline.artifact)}"
    return _built_twice(f"{named(candidate.artifact)} {took}", candidate, again, judged_again)


def _built_twice(
    built: str, candidate: Side, again: Rebuilt | None, judged_again: Sequence[Gate]
) -> tuple[VerdictName, str]:
    if again is None:
        return "pass", built
    if not again.built:
        return "fail", f"it does not build again from the written files: {clipped(first_error(again.error))}"
    if again.sha256 == candidate.sha256:
        return "pass", f"{built}; built again from the written files it is the same file"
    digests = f"sha256 {again.sha256[:12]} instead of {str(candidate.sha256)[:12]}"
    other = f"built again from the written files, {named(candidate.artifact)} is another file: {digests}"
    if again.side is None:
        return "fail", other
    return _other_file(f"{other}; this project never reproduces: two builds of the baseline differ too", judged_again)


def _other_file(reason: str, judged_again: Sequence[Gate]) -> tuple[VerdictName, str]:
    """Judge another file of a project that never reproduces by the rest: what it is, gives and weighs."""
    unmet = [gate for gate in judged_again if gate.verdict in {"fail", "inconclusive"}]
    if not unmet:
        names = ", ".join(gate.name for gate in judged_again)
        return "pass", f"{reason}; the other file passes {names} as well"
    worst = max(unmet, key=lambda gate: SEVERITY.index(gate.verdict))
    return worst.verdict, f"{reason}; the other file does not pass {worst.name}: {worst.reason}"


def judge_size(baseline: Side, candidate: Side, budget: Budget, more: Iterable[Finding] = ()) -> Gate:
    """Hold the file's size against the budget's limit, the baseline's size, or both; `more` was found of it already."""
    size = candidate.size_bytes
    if candidate.artifact is None or size is None:
        return missing("size", "the size of the shipped file", candidate, "the size was not measured")
    findings = [*more]
    if budget.max_size_bytes is not None:
        findings.append(_size_finding(size, budget.max_size_bytes))
    if budget.size_must_shrink:
        findings.append(_shrink_finding(size, baseline.size_bytes))
    return gate_of("size", findings or [no_limit(size, "bytes")], facts=_size_facts(size, baseline.size_bytes))


def _size_finding(size: int, limit: int) -> Finding:
    room = f"{format_bytes(abs(limit - size))} {'under' if size <= limit else 'over'} the limit"
    return Finding(
        criterion=f"at most {format_bytes(limit)}",
        verdict="pass" if size <= limit else "fail",
        reason=room,
        measured=size,
        limit=limit,
        unit="bytes",
    )


def _shrink_finding(size: int, before: int | None) -> Finding:
    criterion = "smaller than the baseline"
    if before is None:
        return Finding(criterion=criterion, verdict="inconclusive", reason="the baseline's size is not known")
    return Finding(
        criterion=criterion,
        verdict="pass" if size < before else "fail",
        reason=f"{format_bytes(before - size)} smaller" if size < before else "not smaller than the baseline",
        measured=size,
        limit=before,
        unit="bytes",
    )


def _size_facts(size: int, before: int | None) -> str:
    against = f", {size / before:.3f} of the baseline's {format_bytes(before)}" if before else ""
    return f"{format_bytes(size)}{against}"
