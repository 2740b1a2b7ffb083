"""Who holds the lock, by the word that they left beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from burnish.errors import Refused
from burnish.transaction import files
from burnish.transaction.journal import StateFolder

_CLOCK_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds the lock, since when (s since the epoch), by its own word."""

    pid: int
    command: str
    since: float

    @property
    def when(self) -> str:
        """Return the time in words."""
        return f"{datetime.fromtimestamp(self.since, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def __str__(self) -> str:
        return f"process {self.pid}, `{self.command}`, since {self.when}"


def read_holder(state: StateFolder) -> Holder | None:
    """Read who holds the lock, without touching it; None where nobody says so who is alive."""
    if not state.holder.exists():
        return None
    import psutil  # only where somebody is at work: `status` need not wait for it

    try:
        said = json.loads(files.read_image(state.holder).content or b"")
        holder = Holder(pid=int(said["pid"]), command=str(said["command"])[:200], since=state.holder.stat().st_mtime)
        process = psutil.Process(holder.pid)
        is_dead, began = process.status() == psutil.STATUS_ZOMBIE, process.create_time()
    except (OSError, Refused, ValueError, KeyError, TypeError, RecursionError, OverflowError, psutil.Error):
        return None
    # A process that is younger than what it is to have said has got the id of a dead one.
    return None if is_dead or began > holder.since + _CLOCK_SECONDS else holder
