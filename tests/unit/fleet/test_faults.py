"""Failures are sorted: the project's, the machine's, ours."""

from __future__ import annotations

import msgspec
import pytest

from burnish.fleet.faults import blame
from burnish.fleet.fleet_jobs import Fault
from burnish.model import Report
from burnish.system.process import Finished
from tests.unit.report.samples import samples


def ended(status: int, stderr: str = "", *, timed_out: bool = False) -> Finished:
    """Return what burnish left behind."""
    return Finished(
        argv=("burnish",), exit_status=status, stdout=b"", stderr=stderr.encode(), seconds=1.0, timed_out=timed_out
    )


def blamed(status: int, stderr: str = "", error: str = "", report: Report | None = None) -> tuple[Fault, str]:
    """Return whose fault an end is, and why."""
    return blame(ended(status, stderr), error, report, limit_seconds=60.0)


@pytest.mark.parametrize(
    ("status", "stderr", "error", "fault", "words"),
    [
        (0, "", "", "", ""),
        (2, "  | collect2: fatal error: ld terminated with signal 9 [Killed]", "", "project", "no memory"),
        (2, "  | (signal: 9, SIGKILL: kill)", "does not build", "project", "no memory"),
        (2, "  | rustc-LLVM ERROR: out of memory", "", "project", "no memory"),
        (-9, "", "", "project", "no memory for its build or link: it was killed"),
        (3, "", "the disk refuses: [Errno 28] No space left on device", "machine", "the disk refuses"),
        (2, "  | error: No space left on device (os error 28)", "does not build", "machine", "No space left"),
        (3, "", "aarch64-unknown-linux-gnu cannot be built here: there is no gcc", "machine", "there is no gcc"),
        (3, "", "rustup does not have the toolchain 1.10.0", "machine", "1.10.0"),
        (3, "", "the toolchain 1.10.0 is not installed; rust-toolchain asks for it", "machine", "1.10.0"),
        (3, "", "cannot start cargo: No such file", "machine", "cannot start cargo"),
        (3, "", "Cargo.toml is not valid TOML: nonsense", "project", "not valid TOML"),
        (70, "", "a defect of burnish: KeyError", "burnish", "KeyError"),
        (1, "", "unknown budget", "project", "unknown budget"),
        (1, "Traceback\nModuleNotFoundError: no burnish", "", "burnish", "ModuleNotFoundError"),
        (1, "", "", "burnish", "exit status 1"),
        (-15, "", "", "burnish", "signal 15"),
    ],
)
def test_fault_is_told_by_what_was_said(status: int, stderr: str, error: str, fault: Fault, words: str) -> None:
    """One line each, which says why."""
    found, reason = blamed(status, stderr, error)
    assert found == fault
    assert words in reason
    assert "\n" not in reason


def test_gate_that_is_not_met_is_the_projects() -> None:
    """Named with its verdict and its reason."""
    report = samples()["rolled-back"]
    fault, reason = blamed(2, error="gates failed", report=report)
    unmet = [gate for gate in report.gates if gate.verdict in {"fail", "inconclusive"}]
    assert fault == "project"
    assert reason.startswith(f"{unmet[0].name} ({unmet[0].verdict}): {unmet[0].reason[:20]}")


@pytest.mark.parametrize("printed", ["No space left on device", "out of memory", "the disk refuses: [Errno 28]"])
def test_words_of_a_projects_tests_blame_nobody(printed: str) -> None:
    """A gate that is not met is judged before them, and where there is a report stderr is not looked at."""
    said = f"  | thread 'full_disk' panicked: {printed}\n"
    report = samples()["rolled-back"]
    assert blamed(2, said, error="not met: size", report=report) == blamed(2, error="not met: size", report=report)
    assert blamed(3, said, error="refused", report=samples()["kept"]) == ("project", "refused")


def test_words_of_the_build_are_the_machines_where_the_build_is_not_met() -> None:
    """Its other gates say nothing of their own then."""
    report = samples()["rolled-back"]
    assert report.candidate is not None
    unbuilt = msgspec.structs.replace(report.candidate, built=False, build_error="error: No space left on device")
    gates = [msgspec.structs.replace(gate, verdict="fail") for gate in report.gates]
    assert "build" in {gate.name for gate in gates}
    failed = msgspec.structs.replace(report, candidate=unbuilt, gates=gates)
    assert blamed(2, error="not met: build", report=failed) == (
        "machine",
        "the disk refuses: error: No space left on device",
    )


def test_full_disk_is_the_machines_fault_whatever_is_said() -> None:
    """A linker that has no room may just crash; a job that ended well did so."""
    full = blame(ended(2, "linking with `cc` failed"), "not met: build", None, limit_seconds=60.0, free_bytes=1000)
    assert full == ("machine", "its disk is full: 1,000 B left")
    assert blame(ended(0), "", None, limit_seconds=60.0, free_bytes=0) == ("", "")
    assert blame(ended(3), "no manifest", None, limit_seconds=60.0, free_bytes=10**9) == ("project", "no manifest")


def test_time_limit_is_named() -> None:
    """A project that hangs is no machine's fault."""
    found = blame(ended(-9, timed_out=True), "", None, limit_seconds=7200.0)
    assert found == ("project", "it took longer than its time limit, 2.0 h")


def test_reason_holds_no_secret_and_no_control_character() -> None:
    """It goes onto terminals, into pages and into files."""
    _, reason = blamed(70, error='token = "canary-value"\x1b[31m' + "x" * 1000)
    assert "canary-value" not in reason
    assert "\x1b" not in reason
    assert len(reason) <= 400
