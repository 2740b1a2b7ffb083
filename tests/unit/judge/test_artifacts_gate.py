"""The gate of artifacts: red for whatever is lost, green for what nobody had."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from burnish.judge.artifacts_gate import ArtifactsWanted, is_complete, judge_artifacts
from burnish.model import ArtifactPart, Gate, Side, WorkspaceBuild
from tests.unit.judge.sides import made_part, side

BIN, LIBRARY = made_part("bin"), made_part("cdylib", exports=["tool_close", "tool_open"])
EXT = made_part("cdylib", "ext", "ext", exports=["ext_greet"])
MACROS, STATIC = made_part("proc-macro", "macros", "macros"), made_part("staticlib", "st", "st", exports=["st_run"])
ALL = [BIN, LIBRARY, EXT, MACROS, STATIC]


def whole(*artifacts: ArtifactPart, **changes: Any) -> WorkspaceBuild:
    """Return a build of all members that completed, changed."""
    build = WorkspaceBuild(command=["cargo", "build"], seconds=1.0, built=True, artifacts=list(artifacts))
    return replace(build, **changes)


def judged(before: Side, after: Side, **wants: Any) -> Gate:
    """Judge two sides."""
    return judge_artifacts(before, after, ArtifactsWanted(**wants))


def both(before: list[ArtifactPart] = ALL, after: list[ArtifactPart] = ALL, **wants: Any) -> Gate:
    """Judge two sides that made these, by the user's own command."""
    return judged(side(artifacts=before), side(artifacts=after), **wants)


def test_same_artifacts_pass() -> None:
    """What makes all that it made passes, whatever it makes beside; and it is said what it makes."""
    after = side(artifacts=[*ALL, made_part("bin", "more")])
    gate = judge_artifacts(side(artifacts=ALL), after, ArtifactsWanted(note="nothing else was built"))
    assert (gate.name, gate.verdict, gate.measured, gate.limit) == ("artifacts", "pass", 0, 0)
    assert gate.reason == (
        "the release build makes 1 bin, 2 cdylibs, 1 proc-macro, 1 staticlib as before; nothing else was built"
    )


@pytest.mark.parametrize("lost", ALL, ids=lambda part: part.kind + part.target)
def test_each_kind_that_is_lost_is_named(lost: ArtifactPart) -> None:
    """A file that the user ships and that is no longer made fails, by its kind, its name and its package."""
    gate = both(after=[part for part in ALL if part != lost])
    assert (gate.verdict, gate.measured) == ("fail", 1)
    assert f"the release build has lost the {lost.kind} {lost.name} of {lost.package}" in gate.reason


def test_another_file_format_fails() -> None:
    """A library of another system is not the library."""
    gate = both(after=[BIN, LIBRARY, replace(EXT, format="pe"), MACROS, STATIC])
    assert (gate.verdict, "libext.so of ext as elf: it is pe" in gate.reason) == ("fail", True)


@pytest.mark.parametrize("library", [LIBRARY, STATIC], ids=lambda part: part.kind)
def test_name_that_a_library_exports_no_more_fails(library: ArtifactPart) -> None:
    """Who links with the library misses it; what is exported beside is no loss."""
    before = [BIN, library]
    fewer = replace(library, exports=["other", *(library.exports or [])[1:]])
    gate = both(before, [BIN, fewer])
    assert (gate.verdict, gate.measured) == ("fail", 1)
    assert f"exports: {(library.exports or [])[0]}" in gate.reason
    assert both(before, [BIN, replace(library, exports=["other", *(library.exports or [])])]).verdict == "pass"


def test_nothing_known_of_a_baseline_that_made_a_binary_is_inconclusive() -> None:
    """A comparison with nothing shows nothing."""
    assert both(before=[]).verdict == "inconclusive"


def test_candidate_of_a_command_of_its_own_is_judged_by_plain_cargo() -> None:
    """What a special command does not make, the user's own still does: that one counts."""
    before, after = side(artifacts=ALL), side(artifacts=[BIN])
    assert judged(before, after, selected=False).verdict == "not-applicable"
    assert judged(before, replace(after, workspace=whole(*ALL)), selected=False, workspace=True).verdict == "pass"
    lost = judged(before, replace(after, workspace=whole(BIN)), selected=False, workspace=True)
    assert (lost.verdict, lost.measured) == ("fail", 4)


# all members


def members(before: WorkspaceBuild | None, after: WorkspaceBuild | None) -> Gate:
    """Judge two sides whose own command makes one binary of all members."""
    return judged(side(workspace=before), side(workspace=after), workspace=True)


def test_member_that_is_lost_fails() -> None:
    """The judged binary is there, and another member's library is not."""
    assert members(whole(*ALL), whole(*ALL)).verdict == "pass"
    gate = members(whole(*ALL), whole(BIN, LIBRARY, MACROS, STATIC))
    assert (gate.verdict, gate.measured, gate.unit) == ("fail", 1, "artifacts lost")
    assert "the release build of all members has lost the cdylib libext.so of ext" in gate.reason


@pytest.mark.parametrize(("made", "lost"), [((BIN, MACROS), 3), (tuple(ALL), 1)])
def test_build_of_all_members_that_fails_now(made: tuple[ArtifactPart, ...], lost: int) -> None:
    """Cargo's first error is told and what is lost by it; without an artifact lost it is a failure all the same."""
    error = "error: linking with `cc` failed: exit status: 1\n  = note: rust-lld: error: recompile with -fPIC"
    gate = members(whole(*ALL), whole(*made, built=False, error=error))
    assert (gate.verdict, gate.measured) == ("fail", lost)
    assert "does not complete any more: rust-lld: error: recompile with -fPIC" in gate.reason


def test_member_that_never_built_is_asked_of_nobody() -> None:
    """What failed before may fail now; what was made beside it is made still."""
    broken = whole(BIN, LIBRARY, built=False, error="error: old is broken")
    gate = members(broken, broken)
    assert (gate.verdict, "failed before too: error: old is broken" in gate.reason) == ("pass", True)
    assert members(broken, replace(broken, artifacts=[BIN])).verdict == "fail"


def test_members_that_were_not_built_with_the_change_are_inconclusive() -> None:
    """What was not tried is not known."""
    gate = members(whole(*ALL), None)
    assert (gate.verdict, "was not tried with the change" in gate.reason) == ("inconclusive", True)


# debug builds


def debugging(before: WorkspaceBuild | None, after: WorkspaceBuild | None, made: list[ArtifactPart] = ALL) -> Gate:
    """Judge the debug builds of two sides that made the same in release."""
    return judged(side(artifacts=made, debug=before), side(artifacts=made, debug=after), debug=True)


def test_complete_debug_build_passes_without_the_baselines() -> None:
    """What release builds make is what debug builds make, but for the names that a library exports in each."""
    complete = whole(*[replace(part, exports=[]) for part in ALL])
    gate = debugging(None, complete)
    assert (gate.verdict, gate.measured) == ("pass", 0)
    assert is_complete(side(artifacts=ALL), complete)
    assert not is_complete(side(artifacts=ALL), whole(BIN))
    assert not is_complete(side(artifacts=ALL), whole(*ALL, built=False))


def test_debug_build_that_lacks_something() -> None:
    """It fails where the baseline's has it, passes where that lacked it too, and nobody knows without that."""
    assert debugging(whole(*ALL), whole(BIN)).verdict == "fail"
    assert debugging(whole(*ALL), whole(*ALL, built=False, error="error: no")).verdict == "fail"
    assert debugging(whole(BIN), whole(BIN)).verdict == "pass"
    assert debugging(whole(BIN, built=False, error="error: x"), whole(BIN, built=False)).verdict == "pass"
    assert debugging(None, whole(BIN)).verdict == "inconclusive"
    assert debugging(None, None).verdict == "inconclusive"
