"""Dask's own page on what its workers do: where it is, and whether it is there. It takes bokeh, which Dask does not."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from burnish.errors import Refused

if TYPE_CHECKING:
    from distributed import Client

_SECONDS = 10.0
_NEEDS_BOKEH = b"needs bokeh"
_WITHOUT = "the same without --dashboard"


def dashboard_of(client: Client) -> str:
    """Return the address of the page of a client's scheduler. Raise Refused where there is none, with what is lacking.

    It is looked at once: the scheduler tells of an address also where nothing is behind it.
    """
    from distributed.comm.addressing import get_address_host

    told = client.scheduler_info(n_workers=0)
    port = told["services"].get("dashboard")
    host = "127.0.0.1" if told["address"].startswith("inproc") else get_address_host(told["address"])
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/status"
    if not port:
        raise _no_page("the scheduler has no page")
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as page:
            content = page.read()
    except urllib.error.HTTPError as error:
        raise _no_page(f"the scheduler has no page at {address}: {error}") from error
    except OSError as error:
        raise _no_page(f"the scheduler's page at {address} cannot be reached: {error}") from error
    if _NEEDS_BOKEH in content:
        raise _no_bokeh()
    return address


def _no_page(found: str) -> Refused:
    return Refused(
        found, expected="a scheduler without --no-dashboard, whose page this machine may see", next_command=_WITHOUT
    )


def _no_bokeh() -> Refused:
    from distributed.versions import BOKEH_REQUIREMENT

    return Refused(
        "Dask's page needs bokeh, which is not installed where the scheduler runs",
        expected=f"{BOKEH_REQUIREMENT} there",
        next_command=f"pip install '{BOKEH_REQUIREMENT}'",
    )
