"""What a program gives on one command."""

from __future__ import annotations

import hashlib
import re

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
        [*command.runner, *command.argv],
        cwd=command.cwd,
        timeout_seconds=timeout_seconds,
        stdin=command.stdin,
        env={**command.env, "RUST_BACKTRACE": "0"},
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
