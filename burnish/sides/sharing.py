"""Sharing what was compiled between our own target folders: a standard library that is rebuilt is paid for once.

The trials that are built side by side, and the candidate that is built from the written files, have folders of their
own. What one of them has compiled of the standard library and of registries' packages, the next one is lent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo.build import Cargo
from burnish.cargo.lockfiles import local_packages
from burnish.cargo.units import lend_units
from burnish.job.job import Job
from burnish.sides.recording import lend_recordings

# Where cargo puts what these profiles make.
_FOLDERS = {"dev": "debug", "test": "debug", "bench": "release"}


def borrow_units(job: Job, cargo: Cargo) -> None:
    """Lend the target folder of a build what our other folders hold, where it rebuilds the standard library.

    Whether it still is what the build asks for, cargo looks itself.
    """
    target, toolkit = cargo.target_directory, cargo.toolkit
    if target is None or not toolkit.rebuilds_std:
        return
    profile = job.project.selection.profile
    made = _FOLDERS.get(profile, profile)
    own = _own_packages(job)
    for lender in _folders(job, toolkit.folder_name):
        if lender != target and lender.is_dir():
            # The programs that build scripts are lie beside the platform's own folder.
            parts = (Path(toolkit.triple, made), Path(made))
            if sum(lend_units(lender / part, target / part, own) for part in parts):
                lend_recordings(job.sealed, lender, target)


def _folders(job: Job, name: str) -> Iterator[Path]:
    """Yield the target folders of ours of a name, those of candidates and trials."""
    sides = (job.builds / name / side for side in ("candidate", "baseline"))
    trials = (folder / name for folder in (job.builds / "trials", *sorted(job.builds.glob("side[0-9][0-9]"))))
    return itertools.chain(sides, trials)


def _own_packages(job: Job) -> frozenset[str]:
    """Return the names of the packages that are of no registry: each build compiles them itself."""
    members = (member.name for member in job.project.members)
    return local_packages(job.state.image("lockfile").content).union(members)
