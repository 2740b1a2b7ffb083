from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import msgspec
import pytest

from burnish.errors import Refused
from burnish.measure.behaviour import behaviour_of, look_at
from burnish.measure.command import Command
from burnish.model import Behaviour
from burnish.system.process import Programs

PROGRAMS = Programs(env=dict(os.environ))
SAME = Behaviour(
    args=["-c", "print(1)"],
    exit_status=0,
    stdout_sha256="1",
    stderr_sha256="2",
    stdout_head="one\ntwo\n",
    stderr_head="",
)


def observe_python(code: str, folder: Path, *, stdin: bytes = b"", timeout_seconds: float = 60.0) -> Behaviour:
    """Observe a Python program."""
    command = Command(argv=(sys.executable, "-I", "-c", code), cwd=folder, stdin=stdin)
    return behaviour_of(look_at(command, programs=PROGRAMS, timeout_seconds=timeout_seconds))


def test_observe_keeps_everything_that_a_program_gives(tmp_path: Path) -> None:
    """Exit status, arguments, both streams by digest and by their beginnings; stdin and folder are the command's."""
    code = (
        "import os, sys; b = sys.stdin.buffer.read(); sys.stdout.buffer.write(b); "
        "sys.stderr.write(os.path.basename(os.getcwd())); sys.exit(3)"
    )
    (tmp_path / "here").mkdir()
    assert observe_python(code, tmp_path / "here", stdin=b"\xff\xe2\x82\xac") == Behaviour(
        args=["-I", "-c", code],
        exit_status=3,
        stdout_sha256=hashlib.sha256(b"\xff\xe2\x82\xac").hexdigest(),
        stderr_sha256=hashlib.sha256(b"here").hexdigest(),
        stdout_head="\ufffd\u20ac",
        stderr_head="here",
    )


def test_observe_of_long_output(tmp_path: Path) -> None:
    """The head is short, the digest is that of everything."""
    seen = observe_python("import sys; sys.stdout.write('\\u20ac' * 1000)", tmp_path)
    other = observe_python("import sys; sys.stdout.write('\\u20ac' * 999 + 'x')", tmp_path)
    assert seen.stdout_head == other.stdout_head
    assert len(seen.stdout_head) <= 400
    assert seen.stdout_sha256 != other.stdout_sha256


def test_observe_of_a_program_that_hangs(tmp_path: Path) -> None:
    """A program that does not end in time is ended, and the result says so."""
    assert observe_python("import time; time.sleep(600)", tmp_path, timeout_seconds=0.5).timed_out


def test_observe_of_no_program(tmp_path: Path) -> None:
    """A program that cannot be started is refused."""
    with pytest.raises(Refused, match="cannot start"):
        look_at(Command(argv=(str(tmp_path / "gone"),), cwd=tmp_path), programs=PROGRAMS, timeout_seconds=5.0)


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")
def test_observe_takes_out_what_no_two_builds_share(tmp_path: Path) -> None:
    """The program's own path, a panicking thread's number and a backtrace are no difference in behaviour."""
    seen = []
    for number, folder in enumerate(("one", "another"), start=41):
        script = tmp_path / folder / "tool"
        script.parent.mkdir()
        script.write_text(
            "#!/bin/sh\necho usage: $0\n"
            f'echo "thread \'main\' ({number}) panicked at src/main.rs:1:1:" >&2; echo "trace $RUST_BACKTRACE" >&2\n'
        )
        script.chmod(0o755)
        command = Command(argv=(str(script),), cwd=tmp_path)
        noisy = Programs(env={**os.environ, "RUST_BACKTRACE": "full"})
        seen.append(behaviour_of(look_at(command, programs=noisy, timeout_seconds=60.0)))
    assert msgspec.structs.asdict(seen[0]) == msgspec.structs.asdict(seen[1])
    assert seen[0].stdout_head == "usage: <program>\n"
    assert seen[0].stderr_head == "thread 'main' panicked at src/main.rs:1:1:\ntrace 0\n"
