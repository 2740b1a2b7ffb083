"""A fleet on real workers, as users start them: a scheduler, two workers, one of them killed in the midst of a job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.clusters import BURNISH, children_of, scheduler, wait_for, worker
from tests.conftest import Crate, Run, Tried, cases
from tests.stubs import stub_cargo

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.promise("J1"),
    pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL"),
]
# A build takes long enough to be killed in its midst.
AT_BUILD = "sleep 0.5\n"


@pytest.fixture
def fleet_env(user_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment of workers: a cargo that takes half a second, and folders of their own."""
    env = stub_cargo(tmp_path / "stubs", user_env)
    (tmp_path / "stubs" / "at-build").write_text(AT_BUILD, encoding="utf-8")
    return {**env, "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def address(fleet_env: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Yield the address of a scheduler."""
    with scheduler(fleet_env, tmp_path) as where:
        yield where


def at_work(cache: Path) -> set[int]:
    """Return the ids of the workers that have begun a job."""
    return {
        int(path.parent.name.split("-")[0]) for path in cache.glob("burnish/fleet/*/*/children") if path.stat().st_size
    }


def test_killed_worker_costs_no_result(
    crate: Crate, burnish: Run, fleet_env: dict[str, str], address: str, tmp_path: Path, tried: Tried
) -> None:
    """Each job has one result, its checkout is gone, and the user's files are as they were."""
    count = cases(3, 12)
    projects = "".join(f'[[projects]]\npath = "hello"\nname = "p{number}"\n' for number in range(count))
    file = tmp_path / "fleet.toml"
    file.write_text(f'[defaults]\nset = ["tests.runner = \\"cargo\\""]\n{projects}', encoding="utf-8")
    before = crate.tree()
    argv = [*BURNISH, "fleet", str(file), "--scheduler", address, "--json"]
    with worker(address, fleet_env, tmp_path) as first, worker(address, fleet_env, tmp_path) as second:
        client = subprocess.Popen(argv, env=fleet_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: at_work(tmp_path / "cache") or client.poll() is not None, "a job")
        busy = min(at_work(tmp_path / "cache"))
        nanny = next(each for each in (first, second) if busy in {child.pid for child in children_of(each.pid)})
        orphans = psutil.Process(busy).children()
        for victim in (nanny.pid, busy):
            os.kill(victim, signal.SIGKILL)
        out, err = client.communicate(timeout=600)
    results = json.loads(out)["results"]
    assert [result["project"] for result in results] == [f"p{number}" for number in range(count)]
    assert {result["fault"] for result in results} == {""}, err
    lines = (tmp_path / "fleet" / "STATE.jsonl").read_bytes().splitlines()
    assert len(lines) == count
    assert orphans
    assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)
    assert list((tmp_path / "cache").glob("burnish/fleet/*/*")) == []
    assert crate.tree() == before
    again = burnish("fleet", str(file), "--scheduler", address, "--resume", cwd=tmp_path, env=fleet_env)
    assert (again.returncode, f"{count} of {count} jobs are left as they are" in again.stderr) == (0, True)
    tried("J1", kills=1, cases=count)
