"""What a program gives on one command, and what differs between two builds of it."""

from __future__ import annotations

import hashlib
import itertools
import re
import shlex

from burnish.measure.command import Command
from burnish.process import Programs
from burnish.report.model import Behaviour

HEAD_CHARACTERS = 400
# Rust prints the thread's number, which no two runs share: thread 'main' (5106) panicked at
_PANICKED_THREAD = re.compile(rb"^(thread '.*') \(\d+\) (?=panicked at )", re.MULTILINE)


def observe(command: Command, *, programs: Programs, timeout_seconds: float) -> Behaviour:
    """Run a command once and give its exit status and digests of its two streams.

    What differs between two runs or two folders without any difference in behaviour is taken out first: the program's
    own path, the number of a thread that panicked, and backtraces, which show the symbols that a recipe may strip.

    Raise Refused when the program cannot be started.
    """
    finished = programs.run(
        command.argv,
        cwd=command.cwd,
        timeout_seconds=timeout_seconds,
        stdin=command.stdin,
        env={"RUST_BACKTRACE": "0"},
    )
    stdout, stderr = (_stable(output, command.argv[0]) for output in (finished.stdout, finished.stderr))
    return Behaviour(
        args=list(command.argv[1:]),
        exit_status=finished.exit_status,
        stdout_sha256=hashlib.sha256(stdout).hexdigest(),
        stderr_sha256=hashlib.sha256(stderr).hexdigest(),
        stdout_head=_head(stdout),
        stderr_head=_head(stderr),
        timed_out=finished.timed_out,
    )


def _stable(output: bytes, program: str) -> bytes:
    named = output.replace(program.encode("utf-8", "surrogateescape"), b"<program>")
    return _PANICKED_THREAD.sub(rb"\1 ", named)


def _head(output: bytes) -> str:
    # One character is at most four bytes.
    return output[: 4 * HEAD_CHARACTERS].decode("utf-8", "replace")[:HEAD_CHARACTERS]


def differences(baseline: Behaviour, candidate: Behaviour) -> list[str]:
    """Say in sentences what differs between the two builds on one command; nothing when nothing does."""
    name = shlex.join(baseline.args) or "(no arguments)"
    found = []
    if _ending(baseline) != _ending(candidate):
        found.append(f"{_ending(baseline)} became {_ending(candidate)}")
    if baseline.stdout_sha256 != candidate.stdout_sha256:
        found.append("stdout differs" + _first_difference(baseline.stdout_head, candidate.stdout_head))
    if baseline.stderr_sha256 != candidate.stderr_sha256:
        found.append("stderr differs" + _first_difference(baseline.stderr_head, candidate.stderr_head))
    return [f"{name}: {sentence}" for sentence in found]


def _ending(behaviour: Behaviour) -> str:
    return "no end in time" if behaviour.timed_out else f"exit status {behaviour.exit_status}"


def _first_difference(before: str, after: str) -> str:
    pairs = itertools.zip_longest(before.splitlines(keepends=True), after.splitlines(keepends=True), fillvalue="")
    for number, (old, new) in enumerate(pairs, start=1):
        if old != new:
            return f" in line {number}: {old!r} became {new!r}"
    return f" after the first {HEAD_CHARACTERS} characters"
