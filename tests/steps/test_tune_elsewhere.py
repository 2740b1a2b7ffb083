"""Searches whose trials are built on a cluster, and timed here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import scheduler, wait_for, worker
from tests.conftest import Crate, Run
from tests.steps.test_tune import AUTO, trial_files

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(sys.platform == "win32", reason="paths of one kind"),
]
# Generated code that names its own file, which is below the target folder, by its whole path.
BUILD_SCRIPT = """\
fn main() {
    let folder = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{folder}/made.rs"), "pub fn made() -> &'static str { file!() }").unwrap();
}
"""
INCLUDED = """\
mod generated {
    include!(concat!(env!("OUT_DIR"), "/made.rs"));
}

"""


def with_paths(crate: Crate) -> None:
    """Let the program name a file of its build, so that a build in another folder would be another file."""
    main = (crate.root / "src" / "main.rs").read_text(encoding="utf-8")
    main = INCLUDED + main.replace("println!(", "std::hint::black_box(generated::made());\n    println!(")
    crate.write({"Cargo.toml": AUTO, "src/main.rs": main, "build.rs": BUILD_SCRIPT})
    crate.commit()


@pytest.fixture
def worker_env(user_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment of a worker that has a cargo home of its own, as on another machine."""
    (tmp_path / "cargo").mkdir()
    return {**user_env, "XDG_CACHE_HOME": str(tmp_path / "cache"), "CARGO_HOME": str(tmp_path / "cargo")}


@pytest.fixture
def address(user_env: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Yield the address of a scheduler."""
    with scheduler(user_env, tmp_path) as where:
        yield where


def digests(tuned: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each trial's file."""
    return {trial["name"]: trial["side"]["sha256"] for trial in tuned["tune"]["trials"]}


def test_trials_of_a_cluster_are_those_of_this_machine(
    crate: Crate, burnish: Run, worker_env: dict[str, str], address: str, tmp_path: Path
) -> None:
    """Byte for byte, though they were built in another folder; and a second search builds nothing."""
    with_paths(crate)
    before = crate.tree()
    with worker(address, worker_env, tmp_path):
        wait_for(lambda: "works for" in logs(tmp_path), "the worker")
        first = burnish("tune", "--json", "--scheduler", address, cwd=crate.root)
        assert first.returncode == 0, first.stderr
        assert "1 of 1 build as this machine does" in one_line(first.stderr), first.stderr
        assert "2 trials on other machines" in first.stderr
        assert "2 built" in first.stderr
        assert "side by side" not in first.stderr
        assert not list(crate.root.glob("target/burnish/trials/*/release"))
        assert not (crate.root / "target" / "burnish" / "elsewhere").exists()
        kept = trial_files(crate)
        again = burnish("tune", "--json", "--scheduler", address, cwd=crate.root)
    assert again.returncode == 0, again.stderr
    assert "the project as it is" not in again.stderr
    assert "other machines" not in again.stderr
    assert trial_files(crate) == kept
    assert len(kept) == 2
    shutil.rmtree(crate.root / "target" / "burnish" / "trials")
    here = burnish("tune", "--json", cwd=crate.root)
    assert digests(json.loads(first.stdout)) == digests(json.loads(here.stdout))
    assert crate.tree() == before
    assert list((tmp_path / "cache").glob("burnish/fleet/*/*")) == []


def test_worker_with_another_compiler_is_named_and_not_used(
    crate: Crate, burnish: Run, worker_env: dict[str, str], address: str, tmp_path: Path
) -> None:
    """The trials are built here; the change is kept as ever."""
    crate.write({"Cargo.toml": AUTO})
    crate.commit()
    (tmp_path / "other").mkdir()
    rustc = tmp_path / "other" / "rustc"
    real = shutil.which("rustc", path=worker_env["PATH"])
    older = f'{real} -vV | sed "s/^rustc .*/rustc 1.0.0/"; exit'
    rustc.write_text(f'#!/bin/sh\nif [ "$1" = -vV ]; then {older}; fi\nexec {real} "$@"\n', encoding="utf-8")
    rustc.chmod(0o755)
    env = {**worker_env, "PATH": f"{rustc.parent}:{worker_env['PATH']}"}
    with worker(address, env, tmp_path):
        wait_for(lambda: "works for" in logs(tmp_path), "the worker")
        finished = burnish("optimize", "--json", "--scheduler", address, cwd=crate.root)
    assert finished.returncode == 0, finished.stderr
    assert "builds no trials: its rustc is rustc 1.0.0, and here it is rustc" in one_line(finished.stderr)
    assert finished.stderr.count("builds no trials") == 1
    assert json.loads(finished.stdout)["outcome"] == "kept"


def one_line(said: str) -> str:
    """Return what was said without its breaks."""
    return " ".join(said.split())


def logs(folder: Path) -> str:
    """Return what the programs of a test have said."""
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.log"))
