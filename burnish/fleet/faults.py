"""Whose fault it is that a job came to no good verdict: the project's, the machine's or ours, and why. Pure."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from burnish.fleet.fleet_jobs import Fault
from burnish.model import Report
from burnish.system.process import Finished
from burnish.system.redact import without_secrets
from burnish.text import format_about, format_bytes, neutral, shortened

Blame = tuple[Fault, str]
_LONGEST_REASON = 400
_TAIL = 4000
# Linkers, rustc and the kernel say it in ways of their own.
_NO_MEMORY = re.compile(
    r"signal: 9, SIGKILL|terminated with signal 9|Killed signal terminated program|out of memory"
    r"|memory allocation of \d+ bytes failed|Cannot allocate memory|std::bad_alloc",
    re.IGNORECASE,
)
DISK = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system|Input/output error|the disk refuses"
    r"|Out of diskspace|unable to write file"
)
"""What programs say whose disk refuses, in English."""
_LACKING = re.compile(
    r"cannot be built here|rustup does not have the toolchain|toolchain \S+ is not installed"
    r"|--toolchain \S+ is for rustup|^cannot start |there is no hyperfine|linker `[^`]+` not found|there is no libtest",
    re.MULTILINE,
)
_NO_MEMORY_WORDS = "no memory for its build or link"
_OURS, _USAGE, _UNMET = (5, 70), 1, 2
_NOT_MET = {"fail", "inconclusive"}
_FULL_BYTES = 64 * 1024 * 1024


def blame(
    finished: Finished, error: str, report: Report | None, *, limit_seconds: float, free_bytes: int | None = None
) -> Blame:
    """Return whose fault the end of a job's program is, and the reason in one line; nobody's where it ended well.

    `error` is what the program says was found, empty where it says nothing; `free_bytes` is what its disk had left.
    """
    if finished.timed_out:
        return "project", f"it took longer than its time limit, {format_about(limit_seconds)}"
    if finished.ok:
        return "", ""
    if free_bytes is not None and free_bytes < _FULL_BYTES:  # a linker that has no room may just crash, without a word
        return "machine", f"its disk is full: {format_bytes(free_bytes)} left"
    if finished.exit_status == _UNMET and report is not None and _fails_built(report):
        return _by_gates(report, error)
    # Beside a report, stderr holds what tests of the project's print, which may be anything.
    said = "\n".join([error, *(_said(report) if report is not None else [_tail(finished)])])
    return _by_words(finished.exit_status, error, said) or _by_status(finished, error, report)


def _by_words(status: int, error: str, said: str) -> Blame | None:
    if DISK.search(said):
        return "machine", one_line(f"the disk refuses: {_line_with(DISK, said)}")
    if status == -getattr(signal, "SIGKILL", 9) or _NO_MEMORY.search(said):
        return "project", one_line(f"{_NO_MEMORY_WORDS}: {_line_with(_NO_MEMORY, said) or 'it was killed'}")
    if status < 0:
        return "burnish", f"burnish was ended by signal {-status}"
    return ("machine", one_line(error)) if _LACKING.search(error) else None


def _fails_built(report: Report) -> bool:
    """Return whether gates are not met, and that of the build is none of them: its words may tell of the machine."""
    unmet = {gate.name for gate in report.gates if gate.verdict in _NOT_MET}
    return bool(unmet) and "build" not in unmet and not any(_said(report))


def _by_gates(report: Report, error: str) -> Blame:
    return "project", one_line("; ".join(_unmet(report)) or error)


def _by_status(finished: Finished, error: str, report: Report | None) -> Blame:
    status = finished.exit_status
    if status == _UNMET and report is not None:
        return _by_gates(report, error)
    # A call that burnish does not take is one that fleet.toml asks for; without our words burnish did not get so far.
    if status in _OURS or (status == _USAGE and not error):
        return "burnish", one_line(error or _last_line(finished) or f"exit status {status}")
    return "project", one_line(error or f"exit status {status}")


def _tail(finished: Finished) -> str:
    return finished.stderr.decode("utf-8", "replace")[-_TAIL:]


def _last_line(finished: Finished) -> str:
    return next(reversed(_tail(finished).strip().splitlines()), "")


def _unmet(report: Report) -> Iterator[str]:
    for gate in report.gates:
        if gate.verdict in _NOT_MET:
            yield f"{gate.name} ({gate.verdict}): {gate.reason}"


def _said(report: Report | None) -> Iterator[str]:
    """Yield what cargo said where it could not build."""
    for side in (report.baseline, report.candidate) if report else ():
        if side is not None and not side.built:
            yield side.build_error


def _line_with(pattern: re.Pattern[str], said: str) -> str:
    return next((line.strip() for line in said.splitlines() if pattern.search(line)), "")


def one_line(text: str) -> str:
    """Return a text as results hold it: one line without a secret, of a length that a table can bear."""
    return shortened(neutral(without_secrets(" ".join(text.split()))), _LONGEST_REASON)
