"""Which platforms this machine can build, as `burnish doctor` finds it, and why not the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from burnish.cargo.surroundings import surroundings_of
from burnish.errors import BurnishError
from burnish.platforms import pick_platform, shipped_platforms
from burnish.platforms.finding import find_toolkit
from burnish.system.process import Programs


def why_unreachable(programs: Programs, triples: Iterable[str]) -> dict[str, str]:
    """Return for each platform why it cannot be built here, which is nothing where it can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            around = surroundings_of(programs, Path(folder))
        except BurnishError as error:
            return dict.fromkeys(triples, error.found)
        platforms = shipped_platforms()

        def reason(triple: str) -> str:
            platform = pick_platform(platforms, triple, around.host)
            return "; ".join(lack.found for lack in find_toolkit(around, platform, triple).lacks)

        return {triple: reason(triple) for triple in triples}


def reachable(programs: Programs) -> list[str]:
    """Return the platforms that can be built here."""
    return [triple for triple, reason in why_unreachable(programs, shipped_platforms()).items() if not reason]
