"""Dask's clusters: the embedded one of this machine, or the scheduler that is there; who may speak with it.

Dask is imported where it is needed: it takes a second, and is there only with the extra `burnish[fleet]`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from burnish.errors import Refused, UsageError
from burnish.text import shown

if TYPE_CHECKING:
    from distributed import Client, LocalCluster
    from distributed.security import Security

_TLS_OPTIONS = "--tls-ca, --tls-cert and --tls-key"
_HELP = "burnish help worker"
_EXTRA = "pip install 'burnish[fleet]'"
START_SCHEDULER = "dask scheduler --host 127.0.0.1"
_NOTHING: Mapping[str, float] = MappingProxyType({})
CONNECT_SECONDS = 15.0
"""How long a scheduler is given to answer."""


@dataclass(frozen=True, kw_only=True)
class Tls:
    """The files of an encrypted connection: who is trusted, who we are, and the key to that; all of them or none."""

    ca_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        given = [self.ca_file, self.cert, self.key]
        if any(given) and not all(given):
            raise UsageError(
                "an encrypted connection needs all three files",
                expected=_TLS_OPTIONS,
                next_command=_HELP,
            )
        for path in filter(None, given):
            if not path.is_file():
                raise UsageError(f"there is no file {path}", expected="a PEM file", next_command=_HELP)

    @property
    def is_given(self) -> bool:
        """Return whether connections are encrypted."""
        return self.ca_file is not None


def require_dask() -> None:
    """Raise Refused, with what to install, where Dask is not there."""
    try:
        import distributed  # noqa: F401 - whether it is there
    except ImportError as error:
        raise Refused(
            f"a fleet runs on Dask.distributed, which is not installed: {error}",
            expected="the extra `fleet` of burnish",
            next_command=_EXTRA,
        ) from None


def require_private(address: str, tls: Tls, *, insecure: bool) -> None:
    """Raise UsageError for an address that is none, and Refused for one of another machine without encryption.

    What reaches a worker there is code that it runs.
    """
    scheme, host = _scheme_and_host(address)
    if scheme not in {"tcp", "tls"} or not host:
        raise UsageError(
            f"{shown(address)} is no address of a scheduler",
            expected="tcp://HOST:PORT or tls://HOST:PORT",
            next_command=_HELP,
        )
    if scheme == "tls" and not tls.is_given:
        raise UsageError(f"{address} is encrypted", expected=_TLS_OPTIONS, next_command=_HELP)
    if scheme == "tls" or insecure or _is_loopback(host):
        return
    raise Refused(
        f"{address} is not encrypted: whoever can reach it can run programs on every worker",
        expected=f"tls://HOST:PORT with {_TLS_OPTIONS}; `{START_SCHEDULER}` where all is on one machine; "
        "or --insecure on a network of your own",
        next_command=_HELP,
    )


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Return both of an address with a port, and nothing of what is none."""
    with contextlib.suppress(ValueError):
        split = urlsplit(address)
        if split.port is not None:
            return split.scheme, split.hostname or ""
    return "", ""


def loopback_of(address: str) -> str | None:
    """Return the host by which this machine alone is reached, None for an address that others have too."""
    host = _scheme_and_host(address)[1]
    if not _is_loopback(host):
        return None
    return "::1" if host == "::1" else "127.0.0.1"


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def security_of(tls: Tls) -> Security | None:
    """Return Dask's own word for it, None without encryption."""
    if not tls.is_given:
        return None
    from distributed.security import Security

    names = ("scheduler", "worker", "client")
    files: dict[str, Any] = {f"tls_{name}_cert": str(tls.cert) for name in names}
    files |= {f"tls_{name}_key": str(tls.key) for name in names}
    return Security(tls_ca_file=str(tls.ca_file), require_encryption=True, **files)


@contextlib.contextmanager
def embedded(resources: Mapping[str, float]) -> Iterator[Client]:
    """Yield the client of a cluster within this process: one worker, which does one job at a time."""
    from distributed import Client

    with quiet(), cluster_here(1, resources=resources) as cluster, Client(cluster) as client:
        yield client


def cluster_here(workers: int, *, resources: Mapping[str, float] = _NOTHING) -> LocalCluster:
    """Return a cluster within this process, whose so many workers do one job at a time each."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        memory_limit=0,
        resources=dict(resources),
        # Else its pages, which nobody reads, would be open to other machines, at a port that another may have.
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


@contextlib.contextmanager
def connected(address: str, tls: Tls, *, insecure: bool) -> Iterator[Client]:
    """Yield the client of a scheduler.

    Raise UsageError for an address that is none; Refused where none answers, or others can reach it without encryption.
    """
    from distributed import Client

    require_private(address, tls, insecure=insecure)
    with quiet():
        try:
            client = Client(address, security=security_of(tls), timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise Refused(
                f"no scheduler answers at {address}: {error}",
                expected="a scheduler that listens there",
                next_command=START_SCHEDULER,
            ) from error
        with client:
            # It may listen beyond the address by which it was reached.
            require_private(client.scheduler_info()["address"], tls, insecure=insecure)
            yield client


@contextlib.contextmanager
def quiet(level: int = logging.CRITICAL) -> Iterator[None]:
    """Leave the streams to our own console: what matters of a cluster we say in our own words."""
    import dask

    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(level)
    try:
        # A project's tree is larger than what Dask thinks a task should carry.
        limits = {"admin.large-graph-warning-threshold": "1 GiB", "comm.timeouts.connect": CONNECT_SECONDS}
        with dask.config.set({f"distributed.{name}": value for name, value in limits.items()}):
            yield
    finally:
        logger.setLevel(before)
