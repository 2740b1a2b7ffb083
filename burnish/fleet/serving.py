"""A worker: Dask's nanny with one worker of one thread, which is started again where it dies."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping

from burnish.errors import Refused
from burnish.fleet.clusters import START_SCHEDULER, Tls, loopback_of, quiet, require_private, security_of

_DEATH_SECONDS = 60.0


def serve(address: str, tls: Tls, machine: str, resources: Mapping[str, float], *, insecure: bool) -> None:
    """Work for the scheduler at an address until it ends, or a signal comes.

    Raise Refused where none answers, or others can reach it without encryption.
    """
    try:
        with quiet(logging.WARNING):
            asyncio.run(_serve(address, tls, machine, resources, insecure=insecure))
    except (OSError, RuntimeError) as error:
        # Dask says of any start that failed only that it did.
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, OSError):
            raise
        raise Refused(
            f"the scheduler at {address} cannot be reached: {error.__cause__ or error}",
            expected="a scheduler that listens there",
            next_command=START_SCHEDULER,
        ) from error


async def _serve(address: str, tls: Tls, machine: str, resources: Mapping[str, float], *, insecure: bool) -> None:
    from distributed import Nanny

    # It may listen beyond the address by which it is reached.
    require_private(await _own_address(address, tls), tls, insecure=insecure)

    async with Nanny(
        address,
        nthreads=1,
        # Dask would end a worker by its own idea of what is too much; the linker's memory is none of its own.
        memory_limit=0,
        name=f"{machine}-{os.getpid()}",
        resources=dict(resources),
        security=security_of(tls),
        death_timeout=_DEATH_SECONDS,
        # Without one it listens on every address of the machine, and runs what it is sent.
        host=loopback_of(address),
        # Its pages are never encrypted.
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.WARNING,
    ) as nanny:
        await nanny.finished()


async def _own_address(address: str, tls: Tls) -> str:
    """Return the address that the scheduler has by its own word."""
    from distributed.core import rpc
    from distributed.security import Security

    arguments = (security_of(tls) or Security()).get_connection_args("client")
    async with rpc(address, connection_args=arguments) as scheduler:
        return str((await scheduler.identity())["address"])
