"""Clocks that jump while a job is at work: what failed by them is no fault of the project's.

The machine's two clocks are held against each other: the one that tells the time of day can be set, the other cannot.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec

from burnish.fleet.fleet_jobs import FleetResult
from burnish.text import format_about

_LEAST_SECONDS = 5.0
# How fast a clock is that is set right gradually: 500 millionths, and a little more.
_LEAST_SHARE = 0.001


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Both clocks as they were at the start of a job, seconds."""

    day: float
    steady: float

    @classmethod
    def now(cls) -> Clocks:
        """Read both."""
        return cls(day=time.time(), steady=time.monotonic())

    @property
    def seconds(self) -> float:
        """Return how long it has been."""
        return time.monotonic() - self.steady

    @property
    def jump_seconds(self) -> float:
        """Return how far the time of day has moved beside that, 0 where no further than a clock may be set right."""
        seconds = self.seconds
        jump = time.time() - self.day - seconds
        return jump if abs(jump) > max(_LEAST_SECONDS, _LEAST_SHARE * seconds) else 0.0


def by_clock(result: FleetResult, jump_seconds: float) -> FleetResult:
    """Return a failure as its machine's where that one's clock has jumped: another machine may do better."""
    if not jump_seconds or result.fault not in {"project", "burnish"}:
        return result
    way = "ahead" if jump_seconds > 0 else "back"
    told = f"its clock jumped {way} by {format_about(abs(jump_seconds))} meanwhile: {result.reason}"
    return msgspec.structs.replace(result, fault="machine", reason=told)
