"""A cluster on a network of its own: a scheduler and two workers in namespaces, one killed, another one cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.clusters import BURNISH, children_of, scheduler, wait_for, worker
from tests.conftest import Crate, Tried, cases
from tests.netns.namespaces import Machine, machines, why_none
from tests.stubs import stub_cargo

_REASON = why_none()
pytestmark = [
    pytest.mark.cargo,
    pytest.mark.netns,
    pytest.mark.promise("J1"),
    pytest.mark.skipif(bool(_REASON), reason=_REASON),
]
# Long enough to be killed in its midst; it sleeps, since both workers have the same two processors.
AT_BUILD = "sleep 1.5\n"
# How long Dask waits for a worker that does not answer: no less is possible, and without it 30 s.
QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}


@dataclass(frozen=True, kw_only=True)
class Network:
    """A scheduler's address, its machine, those for workers, and the environment and folder of all."""

    address: str
    client: Machine
    machines: dict[str, Machine]
    env: Mapping[str, str]
    folder: Path

    @contextmanager
    def working(self, *hosts: str) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
        """Start a worker on each of these machines."""
        with ExitStack() as stack:
            options = (self.address, self.env, self.folder, "--insecure")
            yield {host: stack.enter_context(worker(*options, within=self.machines[host].within)) for host in hosts}

    def fleet(self, count: int, results: str) -> subprocess.Popen[str]:
        """Start a fleet of so many jobs, on the scheduler's machine."""
        projects = "".join(f'[[projects]]\npath = "hello"\nname = "p{number}"\n' for number in range(count))
        file = self.folder / f"{results}.toml"
        file.write_text(f'[defaults]\nset = ["tests.runner = \\"cargo\\""]\n{projects}', encoding="utf-8")
        options = ["--scheduler", self.address, "--insecure", "--results", str(self.folder / results), "--json"]
        argv = [*self.client.within, *BURNISH, "fleet", str(file), *options]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, env=dict(self.env), stdout=pipe, stderr=pipe, text=True, cwd=self.folder)

    def at_work(self, host: str) -> set[int]:
        """Return the ids of the workers of a machine that have begun a job."""
        begun = (self.folder / "cache" / "burnish" / "fleet" / host).glob("*/children")
        return {int(path.parent.name.split("-")[0]) for path in begun if path.stat().st_size}


@pytest.fixture
def network(user_env: dict[str, str], crate: Crate, tmp_path: Path) -> Iterator[Network]:
    """Yield a network with a scheduler and two machines beside it."""
    env = stub_cargo(tmp_path / "stubs", {**user_env, **QUICK, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    (tmp_path / "stubs" / "at-build").write_text(AT_BUILD, encoding="utf-8")
    assert crate.root.parent == tmp_path
    with (
        machines(["boss", "one", "two"]) as (boss, *others),
        scheduler(env, tmp_path, host=boss.address, within=boss.within) as address,
    ):
        by_host = {each.host: each for each in others}
        yield Network(address=address, client=boss, machines=by_host, env=env, folder=tmp_path)


def ended(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    """Return the results of a fleet that has passed."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    results: list[dict[str, object]] = json.loads(out)["results"]
    return results


def test_killed_and_cut_off_workers_cost_no_result(network: Network, crate: Crate, tried: Tried) -> None:
    """Jobs go to both; each has one result, the checkouts are gone, and the user's files are as they were."""
    count, before = cases(3, 10), crate.tree()
    with network.working("one", "two") as workers:
        fleet = network.fleet(count, "disturbed")
        wait_for(lambda: fleet.poll() is not None or all(map(network.at_work, workers)), "jobs on both")
        assert fleet.poll() is None, fleet.communicate()
        (victim,) = network.at_work("one")
        assert victim in {child.pid for child in children_of(workers["one"].pid)}
        os.kill(victim, signal.SIGKILL)
        network.machines["two"].cut_off()
        results = ended(fleet)
        wait_for(lambda: not network.at_work("two"), "the end of the job that was cut off")
    assert sorted(str(result["project"]) for result in results) == sorted(f"p{number}" for number in range(count))
    assert {result["fault"] for result in results} == {""}
    lines = (network.folder / "disturbed" / "STATE.jsonl").read_bytes().splitlines()
    assert len({json.loads(line)["key"] for line in lines}) == len(lines) == count
    assert crate.tree() == before
    assert list((network.folder / "cache").glob("burnish/fleet/*/*")) == []
    tried("J1", kills=1, cases=count)


@pytest.mark.skipif(os.environ.get("BURNISH_DEEP") != "1", reason="takes minutes: BURNISH_DEEP=1")
def test_two_workers_share_the_jobs(network: Network, capfd: pytest.CaptureFixture[str]) -> None:
    """They take less time than one, though both have the same processors, and none builds while another one times."""
    seconds: dict[int, float] = {}
    for hosts in (["one"], ["one", "two"]):
        with network.working(*hosts) as _:
            wait_for(partial(_are_there, network, len(hosts)), "the workers")
            began = time.monotonic()
            results = ended(network.fleet(8, f"by-{len(hosts)}"))
            seconds[len(hosts)] = time.monotonic() - began
        assert {result["machine"] for result in results} == set(hosts)
        for log in network.folder.glob("*.log"):
            log.unlink()
    with capfd.disabled():
        told = ", ".join(f"{number}: {each:.1f} s" for number, each in seconds.items())
        sys.stdout.write(f"\n8 jobs by workers that share this machine, {told}; ratio {seconds[2] / seconds[1]:.2f}\n")
    assert seconds[2] < seconds[1]


def _are_there(network: Network, workers: int) -> bool:
    said = (path.read_text(encoding="utf-8", errors="replace") for path in network.folder.glob("*.log"))
    return "".join(said).count("works for") >= workers
