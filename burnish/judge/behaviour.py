"""The gate of behaviour: both builds give the same on each listed command. Pure."""

from __future__ import annotations

import shlex
from itertools import zip_longest

from burnish.judge.findings import LINK_ONLY, Finding, Mode, absent, count_of, gate_of, named, not_applicable, worst_of
from burnish.report.model import Behaviour, Gate, Side, VerdictName


def judge_behaviour(baseline: Side, candidate: Side, mode: Mode) -> Gate:
    """Ask for the same exit status and output from both builds on each listed command."""
    criterion = "the same exit status, stdout and stderr on each listed command"
    if candidate.artifact is None or mode == "link-only" or not (baseline.behaviour or candidate.behaviour):
        reason = absent(candidate, "no command was run") if mode != "link-only" else LINK_ONLY
        return not_applicable("behaviour", criterion, reason)
    pairs = list(zip_longest(baseline.behaviour, candidate.behaviour))
    findings = [_same_behaviour(*pair) for pair in pairs]
    worst = worst_of(findings)
    differing = sum(finding.verdict != "pass" for finding in findings)
    finding = Finding(
        criterion=criterion,
        verdict=worst.verdict,
        reason=worst.reason if differing else f"the same on {count_of(len(pairs), 'command')}",
        measured=differing,
        limit=0,
        unit="commands",
    )
    return gate_of("behaviour", [finding])


def _same_behaviour(before: Behaviour | None, after: Behaviour | None) -> Finding:
    verdict, difference = _difference(before, after)
    seen = before or after
    arguments = shlex.join(seen.args) if seen else ""
    command = f"with the arguments {named(arguments)}" if arguments else "without arguments"
    return Finding(criterion="", verdict=verdict, reason=f"{command}: {difference}")


def _difference(before: Behaviour | None, after: Behaviour | None) -> tuple[VerdictName, str]:
    if before is None or after is None or before.args != after.args:
        return "inconclusive", "not run on both sides"
    if before.timed_out and after.timed_out:
        return "inconclusive", "ended by its time limit on both sides, so there is nothing to compare"
    if before.timed_out or after.timed_out:
        return "fail", f"ended by its time limit in the {'baseline' if before.timed_out else 'candidate'} only"
    changes = _changes(before, after)
    return ("fail", "; ".join(changes)) if changes else ("pass", "the same")


def _changes(before: Behaviour, after: Behaviour) -> list[str]:
    changes = []
    if before.exit_status != after.exit_status:
        changes.append(f"exit status {after.exit_status}, was {before.exit_status}")
    if before.stdout_sha256 != after.stdout_sha256:
        changes.append(f"stdout {_head(after.stdout_head)}, was {_head(before.stdout_head)}")
    if before.stderr_sha256 != after.stderr_sha256:
        changes.append(f"stderr {_head(after.stderr_head)}, was {_head(before.stderr_head)}")
    return changes


def _head(text: str) -> str:
    return named(text) if text.strip() else "empty"
