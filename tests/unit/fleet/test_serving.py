"""A worker in a process of its own: who can reach it, and whom it works for."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import psutil
import pytest
from distributed import Client, LocalCluster

from burnish.errors import Refused
from burnish.fleet.clusters import Tls, connected, loopback_of
from burnish.fleet.serving import serve

WORKER = (
    "import sys\n"
    "from burnish.fleet.clusters import Tls\n"
    "from burnish.fleet.serving import serve\n"
    "serve(sys.argv[1], Tls(), 'one', {}, insecure=False)\n"
)


@pytest.fixture
def client() -> Iterator[Client]:
    """Yield the client of a scheduler on this machine that has no worker."""
    with (
        LocalCluster(
            n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextlib.contextmanager
def working(address: str, code: str) -> Iterator[psutil.Process]:
    """Start a worker that is ended with the block, with all that it started."""
    process = psutil.Popen([sys.executable, "-c", code, address], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()
        process.wait()


def listening_of(client: Client, code: str = WORKER) -> list[tuple[str, int]]:
    """Start a worker; return each address that it or its nanny listens on."""
    with working(str(client.scheduler_info()["address"]), code) as nanny:
        client.wait_for_workers(1, timeout=60)
        return [
            (each.laddr.ip, each.laddr.port)
            for process in [nanny, *nanny.children(recursive=True)]
            for each in process.net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]


def test_worker_for_this_machine_listens_nowhere_else(client: Client) -> None:
    """Neither it, nor its nanny, nor their pages: what reaches them is code that they run."""
    listening = listening_of(client)
    assert len(listening) >= 3
    assert [ip for ip, _ in listening if not ipaddress.ip_address(ip).is_loopback] == []


def test_pages_of_a_worker_for_another_machine_are_open_to_none(client: Client) -> None:
    """Only the worker itself is reached from there: its pages are never encrypted."""
    code = f"from burnish.fleet import serving\nserving.loopback_of = lambda _address: None\n{WORKER}"
    listening = listening_of(client, code)
    assert len({port for ip, port in listening if not ipaddress.ip_address(ip).is_loopback}) == 1


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("tcp://127.0.0.1:1", "127.0.0.1"),
        ("tcp://localhost:1", "127.0.0.1"),
        ("tcp://[::1]:1", "::1"),
        ("tls://example.org:1", None),
    ],
)
def test_host_of_this_machine_alone_is_that_of_its_address(address: str, host: str | None) -> None:
    """A worker for another machine is reached from there."""
    assert loopback_of(address) == host


def test_scheduler_that_others_can_reach_is_refused_by_its_loopback_address_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is where it listens: it says so itself. The user's word is enough for both sides."""
    address = str(client.scheduler_info()["address"])
    monkeypatch.setattr(cast("LocalCluster", client.cluster).scheduler, "_address", "tcp://10.0.0.1:1")
    with pytest.raises(Refused, match=r"tcp://10\.0\.0\.1:1 is not encrypted"):
        serve(address, Tls(), "one", {}, insecure=False)
    with (
        pytest.raises(Refused, match=r"tcp://10\.0\.0\.1:1 is not encrypted"),
        connected(address, Tls(), insecure=False),
    ):
        pass
    with connected(address, Tls(), insecure=True) as other:
        assert other.status == "running"
