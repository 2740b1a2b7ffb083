"""The gate of artifacts: whatever the workspace's builds made, they make still. Pure.

What did not build in the baseline is asked of nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from burnish.cargo.diagnostics import first_error
from burnish.judge.findings import Finding, clipped, count_of, gate_of, listed, names_of, not_applicable
from burnish.model import ArtifactPart, Gate, Side, VerdictName, WorkspaceBuild

_NOT_KNOWN = "is not complete, and it is not known whether it was before"


class ArtifactsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which builds are compared.

    `selected`: both sides are built by the same command. `workspace`: the user's build of all members is another one.
    `debug`: a setting may reach debug builds. `note` says why something is not compared.
    """

    selected: bool = True
    workspace: bool = False
    debug: bool = False
    note: str = ""


def judge_artifacts(baseline: Side, candidate: Side, wants: ArtifactsWanted) -> Gate:
    """Ask for every binary and library that the baseline's builds made, and for the names that libraries export."""
    findings = list(_findings(baseline, candidate, wants))
    if not findings:
        return not_applicable("artifacts", "the builds make what they made", "nothing was built to be compared")
    return gate_of("artifacts", findings, facts=wants.note)


def lost_artifacts(before: Sequence[ArtifactPart], after: Sequence[ArtifactPart]) -> list[str]:
    """Return in words what was made before and is not made any more, or not as it was."""
    made = {_key(part): part for part in after}
    return [words for part in before for words in _change(part, made.get(_key(part)))]


def release_artifacts(side: Side) -> list[ArtifactPart]:
    """Return what the release build of all members made: that of the selected ones, where these are all."""
    return side.workspace.artifacts if side.workspace is not None else side.artifacts


def _findings(baseline: Side, candidate: Side, wants: ArtifactsWanted) -> Iterator[Finding]:
    if wants.selected and candidate.built and baseline.artifact is not None and not baseline.artifacts:
        yield _unknown("the release build", "is not known to have made anything, and yet it made a binary")
    elif wants.selected and candidate.built:
        yield _compared("the release build", baseline.artifacts, candidate.artifacts)
    if wants.workspace:
        yield _of_workspace(baseline, candidate.workspace)
    if wants.debug:
        yield _of_debug(baseline, candidate.debug)


def _of_workspace(baseline: Side, after: WorkspaceBuild | None) -> Finding:
    before, what = baseline.workspace, "the release build of all members"
    if after is None:
        return _unknown(what, "was not tried with the change")
    if (before is None or before.built) and not after.built:
        return _failed(what, release_artifacts(baseline), after)
    return _compared(what, release_artifacts(baseline), after.artifacts, before)


def _of_debug(baseline: Side, after: WorkspaceBuild | None) -> Finding:
    before, what = baseline.debug, "the debug build of all members"
    if after is None:
        return _unknown(what, "was not tried with the change")
    if before is None:
        # It is built only where the candidate's does not make all that release builds do.
        complete = is_complete(baseline, after)
        return (
            _compared(what, _expected_of_debug(baseline), after.artifacts) if complete else _unknown(what, _NOT_KNOWN)
        )
    if before.built and not after.built:
        return _failed(what, before.artifacts, after)
    return _compared(what, before.artifacts, after.artifacts, before)


def is_complete(baseline: Side, debug: WorkspaceBuild) -> bool:
    """Return whether a debug build of all members made whatever the baseline's release builds made."""
    return debug.built and not lost_artifacts(_expected_of_debug(baseline), debug.artifacts)


def _expected_of_debug(baseline: Side) -> list[ArtifactPart]:
    """Return what release builds made; which names a debug build exports beside is its own affair."""
    return [msgspec.structs.replace(part, exports=None) for part in release_artifacts(baseline)]


def _compared(
    what: str, before: Sequence[ArtifactPart], after: Sequence[ArtifactPart], was: WorkspaceBuild | None = None
) -> Finding:
    lost = lost_artifacts(before, after)
    made = f"{what} has lost {listed(lost)}" if lost else f"{what} makes {_counts(before)} as before"
    failed = f" (it failed before too: {clipped(first_error(was.error))})" if was and not was.built else ""
    return _finding(what, len(lost), made + failed)


def _failed(what: str, before: Sequence[ArtifactPart], after: WorkspaceBuild) -> Finding:
    lost = lost_artifacts(before, after.artifacts)
    named = f"; lost: {listed(lost)}" if lost else ""
    reason = f"{what} does not complete any more: {clipped(first_error(after.error))}{named}"
    return _finding(what, max(len(lost), 1), reason)


def _finding(what: str, lost: int, reason: str) -> Finding:
    verdict: VerdictName = "fail" if lost else "pass"
    criterion = f"{what} makes what it made"
    return Finding(criterion=criterion, verdict=verdict, reason=reason, measured=lost, limit=0, unit="artifacts lost")


def _unknown(what: str, reason: str) -> Finding:
    return Finding(criterion=f"{what} makes what it made", verdict="inconclusive", reason=f"{what} {reason}")


def _key(part: ArtifactPart) -> tuple[str, str, str]:
    return part.package, part.target, part.kind


def _change(before: ArtifactPart, after: ArtifactPart | None) -> Iterator[str]:
    words = f"the {before.kind} {clipped(before.name)} of {clipped(before.package)}"
    if after is None:
        yield words
    elif after.format != before.format:
        yield f"{words} as {before.format}: it is {after.format}"
    elif before.exports is not None:
        gone = sorted({*before.exports} - {*(after.exports or ())})
        if gone:
            yield f"{count_of(len(gone), 'name')} that {words} exports: {names_of(gone)}"


def _counts(parts: Sequence[ArtifactPart]) -> str:
    kinds = Counter(part.kind for part in parts)
    return ", ".join(count_of(number, kind) for kind, number in kinds.items()) or "nothing"
