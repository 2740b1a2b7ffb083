"""The reference of a check, built: another commit of the project, by the same command, in a checkout of its own.

What was built of a commit is kept: its program, and what was seen of it. A later check with the same commit, toolchain,
selection and surroundings takes that.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from burnish.cargo.build import build_release
from burnish.cargo.checkouts import checked_out, checkout_folder
from burnish.cargo.command_lines import build_command
from burnish.cargo.diagnostics import first_error
from burnish.cargo.lockfiles import locked_packages
from burnish.cargo.project import Project, read_project
from burnish.cargo.revisions import Repository, Revision, outside_hooks
from burnish.cargo.selection import Wanted
from burnish.cargo.toolchain import read_toolchain
from burnish.errors import Refused, UsageError
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.judge.findings import listed
from burnish.measure.size import size_and_digest
from burnish.model import Side, Toolchain
from burnish.sides.products import judged_file
from burnish.sides.side import cargo_of, copied, look_at_file, side_of
from burnish.system.process import Programs

_RECORD = "reference.json"
_KEPT = 16
# As long as the name of the folder in which the project itself is built: a path that a build leaves in its file is no
# growth then.
_TARGET = "revision"
_OF_A_BUILD = ("CARGO_", "RUST", "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "AR", "PKG_CONFIG", "HOST_")
_NO_MATTER = ("CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "RUST_BACKTRACE", "RUST_LOG")


class BuiltReference(msgspec.Struct, frozen=True, kw_only=True):
    """A commit as it was built: its side, the compiler, and the `packages` of its Cargo.lock.

    `crates` and `functions` are the bytes of its code, and `code_note` what there is to say of them, None where nobody
    has looked. `lacking` says why there is no program to compare with, `is_new` whether the commit has none.
    """

    side: Side | None = None
    rustc: str = ""
    packages: dict[str, list[str]] = {}
    crates: dict[str, int] = {}
    functions: dict[str, int] = {}
    code_note: str | None = None
    lacking: str = ""
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class ReferenceBuilds:
    """Builds one commit as a candidate of the job is built."""

    job: Job
    candidate: Candidate
    toolchain: Toolchain
    repository: Repository
    revision: Revision

    @property
    def folder(self) -> Path:
        """Return the folder of what is kept of the commit."""
        return self.job.builds / "references" / self._key

    @property
    def program(self) -> Path:
        """Return the copy of the commit's program."""
        return self.folder / "program"

    @property
    def target(self) -> Path:
        """Return the target folder that commits are built in."""
        return self.job.builds / _TARGET

    def known(self) -> BuiltReference | None:
        """Return what an earlier check has built of the commit, if its program is there still."""
        with contextlib.suppress(OSError, ValueError, Refused):
            found = self.job.sealed.read(self.folder / _RECORD, BuiltReference)
            if found.side is not None and size_and_digest(self.program)[1] == found.side.sha256:
                os.utime(self.folder)
                return found
        return None

    def keep(self, found: BuiltReference) -> None:
        """Keep what was built, and of others those that were asked for last."""
        self.job.sealed.write(self.folder / _RECORD, found)
        others = sorted(self.folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def not_inherited(self) -> list[str]:
        """Return the configuration files in folders above the repository, which hold for no checkout elsewhere."""
        around = self.job.surroundings
        files = [Path(each.path) for each in around.layers if not each.is_given]
        folder = checkout_folder(around.user_state, self.job.project.root)
        known = (self.repository.top, around.cargo_home)
        outside = [path for path in files if not any(path.is_relative_to(place) for place in known)]
        return [str(path) for path in outside if path.parent.parent not in folder.parents]

    @contextlib.contextmanager
    def checkout(self) -> Iterator[Path]:
        """Check the commit out, and yield the project's folder in it, until the end of the block."""
        job = self.job
        folder = checkout_folder(job.surroundings.user_state, job.project.root)
        with checked_out(self.repository, self.revision, folder) as root:
            own = self._lockfile
            if own is not None and root.is_dir() and not (root / "Cargo.lock").exists():
                # Else it would be built with whatever versions are the newest today, and the project is not.
                (root / "Cargo.lock").write_bytes(own)
            yield root

    def build(self, root: Path) -> BuiltReference:
        """Build the commit, checked out at `root`, and look at its program; what is good is kept."""
        try:
            job = self.job_in(root)
        except UsageError as error:
            return BuiltReference(lacking=f"{self.revision.told} has no such program: {error.found}", is_new=True)
        except Refused as error:
            return BuiltReference(lacking=f"{self.revision.told} cannot be read: {error.found.splitlines()[0]}")
        found = self._built(job, root)
        if found.side is not None and not found.lacking:
            self.keep(found)
        return found

    def job_in(self, root: Path) -> Job:
        """Return a job on the project in a checkout, with all builds where those of the project itself are.

        Raise UsageError where it has no such program, Refused where cargo cannot read it.
        """
        if not (root / "Cargo.toml").is_file():
            raise UsageError("there is no Cargo.toml")
        job, own = self.job, self.job.project
        programs = outside_hooks(job.programs)
        project = read_project(
            programs,
            root / "Cargo.toml",
            wanted=self._wanted_in(root, programs),
            timeout_seconds=job.limits.query_seconds,
            config=own.selection.config,
        )
        project = dataclasses.replace(project, selection=own.selection, target_directory=own.target_directory)
        surroundings = dataclasses.replace(job.surroundings, programs=programs)
        return dataclasses.replace(job, project=project, surroundings=surroundings, opened=self.candidate)

    def _wanted_in(self, root: Path, programs: Programs) -> Wanted:
        """Return what is worked on in a checkout: what is here, of several packages those that were there already."""
        own, config = self.job.project, self.job.project.selection.config
        wanted = _wanted_as_in(own)
        if len(wanted.packages) <= 1:
            return wanted
        seconds = self.job.limits.query_seconds
        whole = read_project(
            programs,
            root / "Cargo.toml",
            wanted=Wanted(workspace=True, only="bins"),
            timeout_seconds=seconds,
            config=config,
        )
        there = {member.name for member in whole.members}
        judged = own.package.name if own.package else ""
        names = tuple(name for name in wanted.packages if name in there or name == judged)
        return msgspec.structs.replace(wanted, packages=names)

    def _built(self, job: Job, root: Path) -> BuiltReference:
        try:
            rustc = read_toolchain(job.programs, root, job.limits.query_seconds).rustc
        except Refused as error:
            return BuiltReference(lacking=f"{self.revision.told} cannot be built: {error.found}")
        cargo = dataclasses.replace(cargo_of(job, self.candidate, "baseline"), target_directory=self.target)
        built = build_release(cargo, timeout_seconds=job.limits.build_seconds)
        side = side_of(job.project, built)
        artifact = judged_file(job.project, built)
        if not built.ok:
            why = f"{self.revision.told} does not build: {first_error(built.errors)}{self._not_there()}"
            return BuiltReference(side=side, rustc=rustc, lacking=why)
        if artifact is None:
            return BuiltReference(side=side, rustc=rustc, lacking=f"{self.revision.told} makes no such program")
        copied(artifact, self.folder).replace(self.program)
        try:
            seen = look_at_file(side, self.program)
        except Refused as error:
            return BuiltReference(side=side, rustc=rustc, lacking=f"{self.revision.told}: {error.found}")
        looked_at = msgspec.structs.replace(seen, artifact=self.job.relative(artifact))
        lockfile = root / "Cargo.lock"
        packages = locked_packages(lockfile.read_bytes() if lockfile.is_file() else None)
        return BuiltReference(side=looked_at, rustc=rustc, packages=packages)

    def _not_there(self) -> str:
        """Return what a checkout does not hold, which may be why it does not build."""
        modules = self.repository.submodules(self.revision)
        words = [f"a checkout has no submodules: {listed(modules)}"] if modules else []
        if self.repository.keeps_files_elsewhere(self.revision):
            words.append("files that Git LFS keeps may not be there")
        return "".join(f"; {each}" for each in words)

    @cached_property
    def _lockfile(self) -> bytes | None:
        """Return the project's Cargo.lock, where the commit has none."""
        if self.repository.content(self.revision, "Cargo.lock") is not None:
            return None
        return self.job.state.image("lockfile").content

    @cached_property
    def _key(self) -> str:
        """Return what decides which program comes out, as one word."""
        job, project = self.job, self.job.project
        said = {
            "commit": self.revision.commit,
            "folder": self.repository.prefix,
            "lockfile": hashlib.sha256(self._lockfile or b"").hexdigest(),
            "toolchain": [self.toolchain.rustc, self.toolchain.cargo],
            "program": [project.package.name if project.package else "", project.judged, job.triple],
            "command": self.candidate.toolkit.command(build_command(project)),
            "toolkit": sorted(self.candidate.toolkit.env.items()),
            "environment": sorted(each for each in job.programs.env.items() if _decides(each[0])),
            "configuration": [(each.path, each.data) for each in job.surroundings.layers if not each.is_own],
        }
        return hashlib.sha256(msgspec.json.encode(said, enc_hook=str)).hexdigest()[:16]


def _decides(name: str) -> bool:
    return name.startswith(_OF_A_BUILD) and name not in _NO_MATTER


def _wanted_as_in(project: Project) -> Wanted:
    """Return what is worked on in another commit: what is in this one, and of the binaries the first."""
    is_whole = project.by_package and len(project.selected) == len(project.members) > 1
    names = tuple(package.name for package in project.selected) if project.by_package and not is_whole else ()
    bins = (project.binary,) if project.binary is not None else ()
    return Wanted(packages=names, workspace=is_whole, bins=bins, only="" if bins else project.only)
