"""What a program gives on one command."""

from __future__ import annotations

import hashlib
import os
import re

import msgspec

from burnish.measure.command import Command
from burnish.measure.traces import PROJECT, Places, without_places
from burnish.model import Behaviour
from burnish.system.process import Programs

HEAD_CHARACTERS = 400
# Rust prints the thread's number, which no two runs share: thread 'main' (5106) panicked at
_PANICKED_THREAD = re.compile(rb"^(thread '.*') \(\d+\) (?=panicked at )", re.MULTILINE)


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What a program gave on one command, without what differs between any two runs or folders."""

    args: list[str]
    exit_status: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False


def look_at(command: Command, *, programs: Programs, timeout_seconds: float, places: Places | None = None) -> Output:
    """Run a command once and return its exit status and its two streams.

    What differs between two runs or two folders without any difference in behaviour is taken out first: the program's
    own path, the `places` of builds and of starts, the number of a thread that panicked, and backtraces, which show the
    symbols that a recipe may strip.

    Raise Refused when the program cannot be started.
    """
    finished = programs.run(
        [*command.runner, *command.argv],
        cwd=command.cwd,
        timeout_seconds=timeout_seconds,
        stdin=command.stdin,
        env={**command.env, "RUST_BACKTRACE": "0"},
    )
    stdout, stderr = (without_traces(output, command, places) for output in (finished.stdout, finished.stderr))
    return Output(
        args=list(command.argv[1:]),
        exit_status=finished.exit_status,
        stdout=stdout,
        stderr=stderr,
        timed_out=finished.timed_out,
    )


def behaviour_of(output: Output) -> Behaviour:
    """Return an output by its digests and beginnings."""
    return Behaviour(
        args=output.args,
        exit_status=output.exit_status,
        stdout_sha256=hashlib.sha256(output.stdout).hexdigest(),
        stderr_sha256=hashlib.sha256(output.stderr).hexdigest(),
        stdout_head=_head(output.stdout),
        stderr_head=_head(output.stderr),
        timed_out=output.timed_out,
    )


def without_traces(output: bytes, command: Command, places: Places | None) -> bytes:
    """Return an output without what differs between two runs or two folders, as `look_at` says."""
    named = output.replace(os.fsencode(command.argv[0]), b"<program>")
    if places is not None:
        if command.cwd != places.project:
            named = named.replace(os.fsencode(command.cwd), PROJECT.encode())
        text = named.decode("utf-8", "surrogateescape")
        named = without_places(text, places).encode("utf-8", "surrogateescape")
    return _PANICKED_THREAD.sub(rb"\1 ", named)


def _head(output: bytes) -> str:
    # One character is at most four bytes.
    return output[: 4 * HEAD_CHARACTERS].decode("utf-8", "replace")[:HEAD_CHARACTERS]
