"""What a build makes beside the first binary, and is judged too."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from burnish.cargo.build import Built
from burnish.cargo.project import Package, Project
from burnish.job.job import Job
from burnish.judge.findings import A_LIBRARY
from burnish.model import BinaryPart
from burnish.sides.products import judged_file


def made_beside(job: Job, built: Built) -> list[BinaryPart]:
    """Return the other binaries that a build made of the selected packages, and the libraries that are shipped.

    Where binaries were named, it is the others of those. What cargo made is looked at: features decide which there are.
    """
    project = job.project
    names = {package.id: package.name for package in project.selected}
    binaries = {
        artifact.target: BinaryPart(name=artifact.target, package=names[artifact.package_id], target=artifact.target)
        for artifact in built.artifacts
        if "bin" in artifact.kind and artifact.package_id in names and artifact.target != project.binary
    }
    if project.named:
        return [binaries[name] for name in project.named if name in binaries]
    own = [] if project.only == "lib" else [binaries[name] for name in sorted(binaries)]
    return [*own, *(() if project.only == "bins" else _libraries(project, built))]


def _libraries(project: Project, built: Built) -> Iterator[BinaryPart]:
    """Yield the shipped libraries of the selected packages, by the names of their files."""
    for package in project.selected:
        is_first = project.binary is None and project.package == package
        made = () if is_first else _made_of(project, package, built)
        yield from itertools.islice(made, 1)


def _made_of(project: Project, package: Package, built: Built) -> Iterator[BinaryPart]:
    """Yield the library of a package, of each kind that was made: not all platforms make shared ones."""
    for target, kind in package.libraries:
        own = dataclasses.replace(project, package=package, binary=None, library=(target, kind))
        file = judged_file(own, built)
        if file is not None:
            yield BinaryPart(name=file.name, package=package.name, target=target, kind=kind, unstarted=A_LIBRARY)
