"""One trial on the machine that builds it: in whose paths it answers, and why it refuses."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from burnish.fleet.packing import pack_tree, tree_digest
from burnish.fleet.trial_order import TrialAnswer, TrialOrder, TrialPlaces, tools_in
from burnish.fleet.trial_run import build_trial, do_trial
from burnish.system.process import Programs
from tests.conftest import Crate
from tests.stubs import stub_cargo

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stub of cargo is a shell script")
PLACES = TrialPlaces(root="/client/hello", cargo_home="/client/.cargo", target="/client/target", made="/client/made")
Build = Callable[..., TrialAnswer]


@pytest.fixture
def build(crate: Crate, tmp_path: Path) -> Build:
    """Return a function that builds a trial of a crate in a worker's environment, which it can change."""
    env = stub_cargo(tmp_path / "stubs", os.environ)
    tree = pack_tree(Programs(env=env), crate.root)

    def built(more: Mapping[str, str] | None = None, **changes: Any) -> TrialAnswer:
        order = TrialOrder(
            argv=("cargo", "build", "--release"),
            env={},
            triple="x",
            tree=tree_digest(tree),
            lockfile=b"version = 4\n",
            rustc="rustc",
            cargo="cargo",
            tools=tools_in(Programs(env=env), crate.root, "rustc", "cargo"),
            places=PLACES,
            time_limit_seconds=60.0,
        )
        order, work = msgspec.structs.replace(order, **changes), tmp_path / "work"
        answer = build_trial(order, tree, env={**env, **(more or {})}, work=work, is_unwanted=lambda: False)
        assert list(work.iterdir()) == []
        return answer

    return built


def test_answer_is_in_the_clients_paths(build: Build) -> None:
    """What cargo says, and the files: not a word of this machine's folders."""
    answer = build()
    assert (answer.exit_status, answer.refusal, answer.timed_out) == (0, "", False)
    assert b'"package_id":"path+file:///client/hello#0.1.0"' in answer.stdout
    assert b"--out-dir /client/made/release/deps" in answer.stderr
    assert b"work" not in answer.stdout + answer.stderr
    (file,) = answer.files
    assert (file.path, file.mode & 0o111, file.content[:4]) == ("/client/made/release/hello", 0o111, b"\x7fELF")


def test_builds_with_the_clients_word_for_the_overlay_and_without_own_flags(build: Build, tmp_path: Path) -> None:
    """The worker's variables that decide what is built are none of the client's; rustc is told of its folders."""
    seen = tmp_path / "seen"
    (tmp_path / "stubs" / "at-build").write_text(
        f'echo "$@ flags=$RUSTFLAGS wrapped=$RUSTC_WRAPPER chosen=$RUSTUP_TOOLCHAIN" > {seen}\n'
        f'sed 1d "$RUSTC_WRAPPER" >> {seen}\ncat "$4" Cargo.lock >> {seen}\n',
        encoding="utf-8",
    )
    argv = ("cargo", "build", "--release", "--config", "/client/overlay.toml")
    answer = build(
        {"RUSTFLAGS": "-Cown", "RUSTC_WRAPPER": "own"}, argv=argv, overlay="# asked\n", overlay_path=argv[-1]
    )
    assert answer.exit_status == 0
    told = seen.read_text(encoding="utf-8")
    assert "flags= wrapped=/" in told
    assert "own" not in told
    assert "/client/overlay.toml" not in told
    assert "# asked\nversion = 4\n" in told
    assert "=/client/hello" in told
    assert told.count("--remap-path-prefix=") == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tree": "0" * 64}, "the tree that was sent is another one"),
        ({"tools": {"rustc -vV": "rustc 1.0.0"}}, "its rustc is rustc 1."),
        ({"toolchain": "1.0.0"}, "its rustc is not there"),
    ],
)
def test_why_nothing_is_built_is_told(build: Build, changes: dict[str, Any], words: str) -> None:
    """Another tree, another compiler, a toolchain that is not there."""
    answer = build(**changes)
    assert answer.refusal.startswith(words)
    assert answer.files == ()


def test_full_disk_is_told(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written."""
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert build().refusal == "its disk is nearly full: 1,000 B left"


def test_worker_of_another_version_builds_nothing() -> None:
    """A client of another version may mean another thing."""
    order = TrialOrder(
        argv=(), env={}, triple="", tree="", lockfile=b"", rustc="", cargo="", tools={}, places=PLACES,
        time_limit_seconds=1.0, burnish="9.9.9",
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="and the client another"):
        do_trial(msgspec.json.encode(order), b"")
