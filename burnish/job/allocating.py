"""Whether another allocator can take the place of musl's in a program, and why not."""

from __future__ import annotations

from burnish.job.job import Job
from burnish.judge.findings import listed
from burnish.platforms import shipped_platforms
from burnish.platforms.allocator import CRATE, CRATE_VERSION, allocating_linker_in
from burnish.platforms.finding import find_toolkit, may_allocate_otherwise

MUSL = "x86_64-unknown-linux-musl"


def builds_for_musl(job: Job) -> bool:
    """Return whether the search may build for musl here: beside the platform of this host's own C library."""
    found = find_toolkit(job.surroundings, shipped_platforms()[MUSL], MUSL)
    return job.triple == "x86_64-unknown-linux-gnu" and not found.lacks


def why_no_mimalloc(job: Job) -> str:
    """Return why mimalloc cannot take the place of musl's allocator; empty where nothing is known against it.

    It is asked where something builds for musl here.
    """
    platform = shipped_platforms()[MUSL]
    if not may_allocate_otherwise(job.surroundings, platform, find_toolkit(job.surroundings, platform, MUSL)):
        return "it takes musl-gcc, cc, and no linker for musl in cargo's configuration"
    if job.own_allocators:
        return f"the program has an allocator of its own: {listed(list(job.own_allocators))}"
    selection = job.project.selection
    is_offline = selection.offline or selection.frozen
    if is_offline and not allocating_linker_in(job.surroundings.own(MUSL)).is_file():
        return f"{CRATE} {CRATE_VERSION} was not brought yet, and cargo is to stay offline"
    return ""
