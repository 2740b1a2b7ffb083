"""The one door to other programs: argument lists, a time limit, and the whole process group ended with the program."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from burnish.errors import Refused
from burnish.system.children import GRACE_SECONDS, MARK, RunningWords
from burnish.system.redact import hiding
from burnish.system.signals import uninterrupted
from burnish.system.turns import Turns

OnLine = Callable[[str], None]
LOOK_SECONDS = 0.5
_RUST = "install Rust from https://rustup.rs, or put its folder on the PATH"
_REMEDIES = {"cargo": _RUST, "rustc": _RUST}
MAX_CAPTURED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a program left behind. `exit_status` is negative for a signal, as in `subprocess`."""

    argv: tuple[str, ...]
    exit_status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Return whether the program ended by itself with status 0."""
        return self.exit_status == 0 and not self.timed_out


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Starts programs in `env`.

    While a program runs, a word that it carries in its environment stands in the file `children`, if there is one, so
    that a rollback after our own sudden end can find what outlived us. It is written before the program is started: no
    end of ours leaves a program that nobody knows. `secrets` are left out of all that programs say. Programs may run at
    once, each on a thread of its own. By `turns` what is timed is alone on the machine.
    """

    env: Mapping[str, str] = field(repr=False)
    children: Path | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    turns: Turns = field(default_factory=Turns, repr=False, compare=False)
    _answers: dict[object, Finished] = field(default_factory=dict, repr=False, compare=False)
    _running: RunningWords = field(default_factory=RunningWords, repr=False, compare=False)

    def run(  # noqa: PLR0913 - each says one thing about one start
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        timeout_seconds: float,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        on_stdout: OnLine | None = None,
        on_stderr: OnLine | None = None,
        merged: bool = False,
        is_hung: Callable[[], bool] = lambda: False,
        descriptors: Sequence[int] = (),
    ) -> Finished:
        """Run one program to its end and return what it left.

        `env` adds to the environment. `on_stdout` and `on_stderr` get each line, without its end, as it comes, on
        threads of their own. `merged` sends stderr to stdout, in the order written. A program that runs longer than
        `timeout_seconds`, or of which `is_hung` says so, is ended with its whole group, and the result says so. It
        inherits `descriptors`, files that we have open; not on Windows.

        Raise Refused when the program cannot be started.
        """
        started = time.monotonic()
        word = secrets.token_hex(8)
        with self._started(argv, cwd=cwd, env=env, merged=merged, word=word, descriptors=descriptors) as process:
            # A program that prints its environment would print another word each time.
            hide = hiding({*self.secrets, word})
            pumps = [_Pump(process.stdout, on_stdout, hide), _Pump(process.stderr, on_stderr, hide)]
            feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
            feeder.start()
            timed_out = _wait(process, timeout_seconds, is_hung)
            if timed_out:
                _end_group(process.pid)
            stdout, stderr = (pump.finish(process.pid) for pump in pumps)
        return Finished(
            argv=tuple(argv),
            exit_status=process.returncode,
            stdout=stdout,
            stderr=stderr,
            seconds=time.monotonic() - started,
            timed_out=timed_out,
        )

    def ask(self, argv: Sequence[str], *, cwd: Path, timeout_seconds: float, stdin: bytes = b"") -> Finished:
        """Return what a program says whose answer stays the same while we run, such as its version: asked only once.

        Raise Refused when the program cannot be started.
        """
        question = (tuple(argv), cwd, stdin, frozenset(self.env.items()))
        answer = self._answers.get(question)
        if answer is None:
            answer = self.run(argv, cwd=cwd, timeout_seconds=timeout_seconds, stdin=stdin)
            if not answer.timed_out:
                self._answers[question] = answer
        return answer

    @contextlib.contextmanager
    def _started(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None,
        merged: bool,
        word: str,
        descriptors: Sequence[int],
    ) -> Iterator[subprocess.Popen[bytes]]:
        process = None
        try:
            with uninterrupted():  # a signal in the midst would leave a program behind that nobody knows
                marked = {**(env or {}), **self._record(word)}
                process = self._popen(argv, cwd=cwd, env=marked, merged=merged, descriptors=descriptors)
            yield process
        finally:
            if process is not None:
                if process.poll() is None:
                    _end_group(process.pid)
                process.wait()
            self._forget(word)

    def _popen(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], merged: bool, descriptors: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - an argument list, never a shell; callers put paths behind `--`
                list(argv),
                cwd=cwd,
                env={**self.env, **env},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                start_new_session=sys.platform != "win32",
                pass_fds=tuple(descriptors),
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except (OSError, ValueError) as error:
            raise Refused(
                f"cannot start {argv[0]}: {error}",
                expected="a program that can be executed",
                next_command=_REMEDIES.get(argv[0], "install it, or put its folder on the PATH"),
            ) from error

    def _record(self, word: str) -> dict[str, str]:
        if self.children is None:
            return {}
        self._running.add(self.children, word)
        return {MARK: f"{word}:{self.children}"}

    def _forget(self, word: str) -> None:
        if self.children is not None:
            self._running.remove(self.children, word)


@dataclass(kw_only=True)
class _Captured:
    chunks: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, line: bytes) -> None:
        if self.size_bytes < MAX_CAPTURED_BYTES:
            self.chunks.append(line)
            self.size_bytes += len(line)


class _Pump:
    """Reads one pipe on a thread, so that a full pipe never stops the program."""

    def __init__(self, pipe: IO[bytes] | None, on_line: OnLine | None, hide: Callable[[bytes], bytes]) -> None:
        self._captured = _Captured()
        self._hide = hide
        self._thread = threading.Thread(target=self._read, args=(pipe, on_line), daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[bytes] | None, on_line: OnLine | None) -> None:
        if pipe is None:
            return
        with contextlib.suppress(ValueError, OSError), pipe:
            for line in map(self._hide, iter(lambda: pipe.readline(MAX_CAPTURED_BYTES), b"")):
                self._captured.add(line)
                if on_line is not None:
                    on_line(line.rstrip(b"\r\n").decode("utf-8", "replace"))

    def finish(self, group: int) -> bytes:
        """Return what was read. A grandchild that still holds the pipe is ended: the program it served is gone."""
        self._thread.join(GRACE_SECONDS)
        if self._thread.is_alive():
            _end_group(group)
            self._thread.join(GRACE_SECONDS)
        return b"".join(self._captured.chunks)


def _feed(pipe: IO[bytes] | None, stdin: bytes) -> None:
    if pipe is not None:
        with contextlib.suppress(OSError), pipe:
            pipe.write(stdin)


def _end_group(group: int) -> None:
    from burnish.system.groups import end_group  # what seldom happens; `status` need not wait for psutil

    end_group(group)


def _wait(process: subprocess.Popen[bytes], timeout_seconds: float, is_hung: Callable[[], bool]) -> bool:
    """Wait on a thread, which wakes at once; `Popen.wait` with a limit only looks now and then. Say if time ran out."""
    deadline = time.monotonic() + timeout_seconds
    waiter = threading.Thread(target=process.wait, daemon=True)
    waiter.start()
    while waiter.is_alive() and (left := deadline - time.monotonic()) > 0 and not is_hung():
        waiter.join(min(left, LOOK_SECONDS))
    return waiter.is_alive()
