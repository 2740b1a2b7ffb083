"""A digest of all that a build is made from, so that a trial is known again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from burnish.cargo.build import Cargo
from burnish.cargo.command_lines import metadata_command
from burnish.cargo.flags import ConfigLayer
from burnish.errors import Refused
from burnish.job.candidate import Candidate
from burnish.job.job import Job
from burnish.report.dist import is_made_by_us
from burnish.sides.side import cargo_of

# Where builds and we ourselves leave things.
_LEFT_OUT = frozenset({".git", ".burnish"})
_VARIABLES = (
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "RUSTFLAGS",
    "RUSTC",
    "CC",
    "CFLAGS",
    "CXX",
    "LDFLAGS",
)


def sources_of(job: Job, candidate: Candidate) -> str:
    """Return the digest of what a candidate would be built from now. Raise Refused where cargo cannot resolve it."""
    layers, limit = job.surroundings.layers_in(job.project.root), job.limits.query_seconds
    return digest_sources(cargo_of(job, candidate, "candidate"), layers=layers, timeout_seconds=limit)


def digest_sources(cargo: Cargo, *, layers: Sequence[ConfigLayer], timeout_seconds: float) -> str:
    """Return a digest of the files of packages not from a registry, Cargo.lock, configuration and variables."""
    project = cargo.project
    digest = hashlib.sha256()
    files = {
        path for folder in _local_packages(cargo, timeout_seconds) for path in _files(folder, project.target_directory)
    }
    configuration = [Path(layer.path) for layer in layers]
    for path in sorted({*files, project.manifest, project.root / "Cargo.lock", *configuration}):
        _add_file(digest, path)
    for name, value in sorted(_variables(cargo.programs.env.items())):
        digest.update(f"{name}={value}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _local_packages(cargo: Cargo, timeout_seconds: float) -> Iterator[Path]:
    """Yield the folders of the packages that `cargo metadata` names without a source: members and path dependencies."""
    # What it is built for is nothing that cargo's metadata takes.
    plain = replace(cargo, toolkit=replace(cargo.toolkit, arguments=()))
    command = metadata_command(cargo.project, cargo.toolkit.triple)
    # Settings of ours change nothing of which packages there are.
    argv, root = plain.command(command), cargo.project.root
    answer = cargo.programs.ask(argv, cwd=root, timeout_seconds=timeout_seconds)
    if not answer.ok:
        raise Refused(
            f"cargo metadata failed: {answer.stderr.decode('utf-8', 'replace').strip()[:2000]}",
            expected="a project whose dependencies cargo can resolve",
            next_command="cargo metadata --format-version 1",
        )
    metadata = msgspec.json.decode(answer.stdout, type=dict[str, Any])
    for package in metadata["packages"]:
        if package["source"] is None:
            yield Path(package["manifest_path"]).parent


def _files(folder: Path, target_directory: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = [
            name
            for name in folders
            if name not in _LEFT_OUT and here / name != target_directory and not is_made_by_us(here / name)
        ]
        yield from (here / name for name in names)


def _add_file(digest: hashlib._Hash, path: Path) -> None:
    name = os.fsencode(path)
    content = _digest_of(path)
    digest.update(b"%d:%s%d:%s" % (len(name), name, len(content), content))


def _digest_of(path: Path) -> bytes:
    """Return a digest of a file's content; where it cannot be read, its size and time; nothing of what is no file."""
    with contextlib.suppress(OSError):
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    with contextlib.suppress(OSError):
        # Who may not read it cannot build from it either; a build that does by other means sees another time.
        found = path.lstat()
        return b"%d %d" % (found.st_size, found.st_mtime_ns)
    return b""


def _variables(env: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in env if decides_builds(name))


def decides_builds(name: str) -> bool:
    """Return whether a variable of this name may decide what is built."""
    return name.startswith(_VARIABLES)
