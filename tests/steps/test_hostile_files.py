"""C3: files that are no TOML, or made to choke their reader: one message, little time and memory, nothing touched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Crate, Tried, cases

resource = pytest.importorskip("resource")
pytestmark = [pytest.mark.cargo, pytest.mark.promise("C3")]
# Two seconds are promised; five times that are given, since cargo's own and a busy machine's come on top.
CPU_SECONDS = 10
MEMORY_BYTES = 4 * 1024**3
CONTENTS: dict[str, bytes] = {
    "not UTF-8": b"# \xff\n",
    "NUL": b"# \0\n",
    "bare CR": b"a = 1\rb = 2\n",
    "too long": b"#" * (4 * 1024**2),
    "deep arrays": b"a = " + b"[" * 100_000,
    "deep inline tables": b"a = " + b"{a=" * 100_000,
    "deep keys": b"a" + b".a" * 100_000 + b" = 1\n",
    "deep headers": b"[a" + b".a" * 100_000 + b"]\n",
    "huge integer": b"a = " + b"9" * 100_000 + b"\n",
    "wide integer": b"a = 9223372036854775808\n",
    "many keys": b"".join(b"k%d=1\n" % number for number in range(350_000)),
    "long line": b"a = [" + b"1," * 1_500_000 + b"]\n",
    "escapes": b'a = "' + b"\\n" * 1_000_000 + b'"\n',
}


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


KINDS: dict[str, Callable[[Path], None]] = {
    "FIFO": os.mkfifo,
    "folder": Path.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": _socket,
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
}
FILES = {"manifest": "Cargo.toml", "config": ".cargo/config.toml", "included": ".cargo/more.toml"}


def limit() -> None:
    """Give the program to be started little time and memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


@pytest.mark.parametrize("name", [*CONTENTS, *KINDS])
def test_hostile_file_is_refused_in_one_message(
    crate: Crate, user_env: dict[str, str], name: str, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands where a file of the project should: exit status 3, one message, and all is as it was."""
    monkeypatch.chdir(crate.root)
    crate.write({FILES["config"]: 'include = ["more.toml"]\n', FILES["included"]: ""})
    every = list(FILES)
    turn = [*CONTENTS, *KINDS].index(name)
    chosen = [every[turn % len(every)]] if cases(1, 2) == 1 else every
    for file in chosen:
        path = crate.root / FILES[file]
        usual = path.read_bytes()
        if name in CONTENTS:
            path.write_bytes(usual + b"[package.metadata.x]\n" + CONTENTS[name])
        else:
            path.unlink()
            KINDS[name](path)
        _assert_refused(crate, user_env)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        path.write_bytes(usual)
    tried("C3", cases=len(chosen))


def _assert_refused(crate: Crate, env: dict[str, str]) -> None:
    before = crate.tree()
    argv = [sys.executable, "-m", "burnish", "plan", "--project", str(crate.root)]
    finished = subprocess.run(
        argv, env=env, cwd=crate.root, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limit
    )
    assert finished.returncode == 3, finished.stderr[-2000:]
    assert finished.stdout == ""
    assert finished.stderr.startswith("burnish: ")
    assert finished.stderr.count("burnish: ") == 1
    assert len(finished.stderr) < 2000
    assert crate.tree() == before
    assert not (crate.root / ".burnish").exists()
