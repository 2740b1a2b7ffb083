"""Dask's own page: where it is, and what is said where it is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from distributed import Client, LocalCluster

from burnish.errors import Refused
from burnish.fleet.clusters import cluster_here
from burnish.fleet.dashboard import dashboard_of


@contextmanager
def page(content: bytes, status: int = 200) -> Iterator[int]:
    """Serve a page on this machine, and yield its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def client_of(port: int | None, address: str = "tcp://127.0.0.1:8786") -> Client:
    """Return a client whose scheduler says where its page is."""
    told = {"address": address, "services": {"dashboard": port} if port else {}}
    return cast("Client", SimpleNamespace(scheduler_info=lambda **_: told))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "inproc://10.0.0.1/1/1"])
def test_page_is_on_the_schedulers_machine(address: str) -> None:
    """The embedded cluster's is on this machine alone."""
    with page(b"<html>Dask</html>") as port:
        assert dashboard_of(client_of(port, address)) == f"http://127.0.0.1:{port}/status"


def test_page_without_bokeh_names_the_command_that_installs_it() -> None:
    """What Dask shows in its place says so too, to who opens it."""
    with page(b"<p>Dask needs bokeh>=3.1.0 for the dashboard.</p>") as port, pytest.raises(Refused) as refused:
        dashboard_of(client_of(port))
    assert "needs bokeh, which is not installed" in refused.value.found
    assert refused.value.next_command.startswith("pip install 'bokeh>=")


def test_page_that_is_not_there_is_told() -> None:
    """A scheduler that was started without one, and one whose page nobody here can see."""
    with pytest.raises(Refused, match="the scheduler has no page"):
        dashboard_of(client_of(None))
    with page(b"", status=404) as port, pytest.raises(Refused, match="the scheduler has no page at"):
        dashboard_of(client_of(port))
    with pytest.raises(Refused, match="cannot be reached"):
        dashboard_of(client_of(port))


def test_real_clusters_have_their_page_where_it_is_looked_for() -> None:
    """Without bokeh it is found, and says what is lacking."""
    expected = "" if find_spec("bokeh") else "needs bokeh"
    local = LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL)
    for cluster in (cluster_here(0), local):
        with cluster, Client(cluster, set_as_default=False) as client:
            if expected:
                with pytest.raises(Refused, match=expected):
                    dashboard_of(client)
            else:
                assert dashboard_of(client).startswith("http://127.0.0.1:")
