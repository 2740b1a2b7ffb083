"""The gate of behaviour: both builds give the same on each listed command. Pure."""

from __future__ import annotations

import shlex
from itertools import zip_longest

import msgspec

from burnish.judge.findings import (
    A_LIBRARY,
    LINK_ONLY,
    Finding,
    absent,
    count_of,
    gate_of,
    named,
    not_applicable,
    worst_of,
)
from burnish.model import Behaviour, Gate, Mode, Side, VerdictName

# What is compared of a command, and the field that tells.
_PARTS = {"exit_status": "exit_status", "stdout": "stdout_sha256", "stderr": "stderr_sha256"}


def judge_behaviour(baseline: Side, candidate: Side, mode: Mode) -> Gate:
    """Ask for the same exit status and output from both builds on each listed command."""
    criterion = "the same exit status, stdout and stderr on each listed command"
    if candidate.artifact is None or mode == "link-only" or not (baseline.behaviour or candidate.behaviour):
        unrun = "no command was run" if candidate.kind == "bin" else candidate.unloaded or A_LIBRARY
        reason = absent(candidate, unrun) if mode != "link-only" else LINK_ONLY
        return not_applicable("behaviour", criterion, reason)
    pairs = list(zip_longest(baseline.behaviour, candidate.behaviour))
    findings = [_same_behaviour(*pair) for pair in pairs]
    worst = worst_of(findings)
    both = [(before, after) for before, after in pairs if before and after]
    left_out = [told for pair in both if (told := _left_out(*pair))]
    left_out += [_noise_told(after) for _, after in both if after.noise]
    differing = sum(finding.verdict != "pass" for finding in findings)
    finding = Finding(
        criterion=criterion,
        verdict=worst.verdict,
        reason="; ".join([worst.reason if differing else f"the same on {count_of(len(pairs), 'command')}", *left_out]),
        measured=differing,
        limit=0,
        unit="commands",
    )
    return gate_of("behaviour", [finding])


def seen_again(first: Behaviour, again: Behaviour) -> Behaviour:
    """Return what was seen of a command, with the parts named that another run of the same file gave otherwise."""
    unstable = {*first.unstable, *again.unstable, *_differing_parts(first, again)}
    return msgspec.structs.replace(first, unstable=[part for part in _PARTS if part in unstable])


def _differing_parts(one: Behaviour, other: Behaviour) -> list[str]:
    return [part for part, field in _PARTS.items() if getattr(one, field) != getattr(other, field)]


def parts_to_judge(before: Behaviour, after: Behaviour) -> list[str]:
    """Return the parts that differ and are compared: not those that differ between runs or builds of the baseline."""
    left_out = {*before.unstable, *after.noise} - {*after.unlike}
    return [part for part in _differing_parts(before, after) if part not in left_out]


def _noise_told(after: Behaviour) -> str:
    told = "; ".join(f"{part.replace('_', ' ')} ({words})" for part, words in after.noise.items())
    return f"{_command_of(after)}: left out what differs between runs or builds of the baseline too: {told}"


def _left_out(before: Behaviour, after: Behaviour) -> str:
    # A clock in the output is no reason to refuse every recipe, and the other parts still tell.
    parts = [part.replace("_", " ") for part in before.unstable if part not in {*after.noise, *after.unlike}]
    told = f"{' and '.join(parts)} not judged, since the baseline's own runs differ in it"
    return f"{_command_of(before)}: {told}" if parts else ""


def _command_of(seen: Behaviour) -> str:
    return f"with the arguments {named(shlex.join(seen.args))}" if seen.args else "without arguments"


def _same_behaviour(before: Behaviour | None, after: Behaviour | None) -> Finding:
    verdict, difference = _difference(before, after)
    seen = before or after
    return Finding(criterion="", verdict=verdict, reason=f"{_command_of(seen)}: {difference}" if seen else difference)


def _difference(before: Behaviour | None, after: Behaviour | None) -> tuple[VerdictName, str]:
    if before is None or after is None or before.args != after.args:
        return "inconclusive", "not run on both sides"
    if before.timed_out and after.timed_out:
        return "inconclusive", "ended by its time limit on both sides, so there is nothing to compare"
    if before.timed_out or after.timed_out:
        return "fail", f"ended by its time limit in the {'baseline' if before.timed_out else 'candidate'} only"
    if len(before.unstable) == len(_PARTS):
        return "inconclusive", "the baseline's own runs differ in all that is compared"
    judged = parts_to_judge(before, after)
    return ("fail", "; ".join(_change(part, before, after) for part in judged)) if judged else ("pass", "the same")


def _change(part: str, before: Behaviour, after: Behaviour) -> str:
    if part == "exit_status":
        return f"exit status {after.exit_status}, was {before.exit_status}"
    return f"{part} {_head(getattr(after, f'{part}_head'))}, was {_head(getattr(before, f'{part}_head'))}"


def _head(text: str) -> str:
    return named(text) if text.strip() else "empty"
