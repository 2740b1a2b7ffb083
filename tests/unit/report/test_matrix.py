from __future__ import annotations

import msgspec

from burnish import model
from burnish.model import Gate, Report, Side, VerdictName
from burnish.report.matrix import is_met, render_matrix


def gate(name: str, verdict: VerdictName = "pass") -> Gate:
    """Return one judged gate."""
    return Gate(name=name, criterion="", verdict=verdict, measured=None, limit=None, unit="", reason="")


def test_matrix_is_platforms_by_gates_with_the_numbers(full_report: Report, partial_report: Report) -> None:
    """One row for each platform: numbers where there are some, n/a where a gate does not apply, and who did not run."""
    tests = model.Tests(command=[], passed=["a", "b"], failed=["c"], ignored=[], seconds=1)
    linked = msgspec.structs.replace(
        partial_report,
        platform=msgspec.structs.replace(partial_report.platform, mode="emulated"),
        candidate=Side(command=[], build_seconds=1, size_bytes=463_656, tests=tests),
        gates=[gate("build"), gate("size", "not-applicable"), gate("startup", "not-applicable"), gate("tests", "fail")],
    )
    names = ("build", "artifacts", "linkage", "behaviour", "size", "startup", "tests", "benches")
    native = msgspec.structs.replace(full_report, gates=[gate(name) for name in names])
    text = render_matrix({"here": native, "other": linked}, {"far": "run\x1b there"})
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[:5] if "--" not in line] == [
        ["platform", "mode", *names, "verdict"],
        ["here", "native", "pass", "pass", "pass", "pass", "pass 473,368 B", "pass 668 us", "pass 1", "pass", "pass"],
        ["other", "emulated", "pass", *["not judged"] * 3, "463,656 B", "n/a", "fail 2", "not judged", "fail"],
        ["far", "-", *["-"] * 8, "not run"],
    ]
    assert text.splitlines()[-1] == "- far was not run: run\\x1b there"
    assert len({len(line) for line in text.splitlines()[:5]}) == 1


def test_report_without_a_verdict_is_not_met(partial_report: Report) -> None:
    """A run that ended before it was judged has not passed."""
    assert not is_met(partial_report)
    assert is_met(msgspec.structs.replace(partial_report, gates=[gate("build"), gate("tests", "not-applicable")]))
    assert not is_met(msgspec.structs.replace(partial_report, gates=[gate("build"), gate("tests", "inconclusive")]))
