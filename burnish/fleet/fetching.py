"""A clean checkout of a project for one job: from the registry by cargo, from git, or of the tree that was sent."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from pathlib import Path

from burnish.cargo.revisions import GIT
from burnish.cargo.surroundings import cargo_home
from burnish.errors import Refused
from burnish.fleet.faults import DISK
from burnish.fleet.fleet_jobs import FleetJob, ProjectSource
from burnish.fleet.packing import tree_digest, unpack_tree
from burnish.system.process import Finished, Programs

_FETCH_SECONDS = 1800.0
_SHOWN = 600
# What of an error says that there is no such project, and not that the network or the disk is in the way.
_NO_SUCH_CRATE = (
    "no matching package",
    "failed to select a version",
    "could not find `",
    "does not have these features",
    "is yanked",
)
_NO_SUCH_COMMIT = (
    "not our ref",
    "unadvertised object",
    "couldn't find remote ref",
    "not found",
    "reference is not a tree",
)
_FETCHER = """\
[package]
name = "burnish-fetcher"
version = "0.0.0"
edition = "2021"

[workspace]

[dependencies]
{name} = "={version}"
"""
# `ext::` would start any program: an address of that kind is refused before, and a submodule may have one.
_TRANSPORTS = "https:ssh:git:http"
_ENV = {
    "LC_ALL": "C",  # its words are looked at
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": f"{_TRANSPORTS}:file",
}


class FetchFailed(Refused):
    """A project cannot be fetched; `is_projects` where there is no such project, and not for want of a network."""

    def __init__(self, found: str, *, is_projects: bool) -> None:
        super().__init__(found, expected="a project that can be fetched")
        self.is_projects = is_projects


def fetch_project(programs: Programs, job: FleetJob, tree: bytes, folder: Path) -> Path:
    """Put the project of a job into a new folder below `folder`, and return it.

    Raise FetchFailed where that cannot be done.
    """
    checkout = folder / "project" / job.project  # beside folders of ours, it could have the name of one
    checkout.parent.mkdir(exist_ok=True)
    if job.source.kind == "crate":
        _fetch_crate(programs, job.source, checkout, folder)
    elif job.source.kind == "git":
        _fetch_git(programs, job.source, checkout)
    else:
        unpack_checked(job.source.revision, tree, checkout)
    if not (checkout / "Cargo.toml").is_file():
        raise FetchFailed("there is no Cargo.toml at the top of the project", is_projects=True)
    return checkout


def unpack_checked(digest: str, tree: bytes, checkout: Path) -> None:
    """Write the files of a tree of this digest into a new folder. Raise FetchFailed for another tree, or none."""
    checkout.mkdir()
    if tree_digest(tree) != digest:
        raise FetchFailed("the tree that was sent is another one", is_projects=False)
    try:
        unpack_tree(tree, checkout)
    except Refused as error:  # no machine takes such a tree
        raise FetchFailed(error.found, is_projects=True) from error


def _fetch_crate(programs: Programs, source: ProjectSource, checkout: Path, folder: Path) -> None:
    """Let cargo fetch a crate as a dependency of a package that is for nothing else, and copy what it unpacked."""
    name, _, version = source.place.partition("@")
    fetcher = folder / "fetcher"
    (fetcher / "src").mkdir(parents=True)
    (fetcher / "src" / "lib.rs").touch()
    manifest = _FETCHER.format(name=name, version=version)
    (fetcher / "Cargo.toml").write_text(manifest, encoding="utf-8")
    argv = ["cargo", "metadata", "--format-version=1", "--quiet"]
    listed = programs.run(argv, cwd=fetcher, timeout_seconds=_FETCH_SECONDS)
    _require(listed, f"cargo cannot fetch {source.place}", _NO_SUCH_CRATE)
    packages = json.loads(listed.stdout)["packages"]
    wanted = version.partition("+")[0]
    found = [each for each in packages if each["name"] == name and each["version"].partition("+")[0] == wanted]
    if found:
        unpacked = Path(found[0]["manifest_path"]).parent
        shutil.copytree(unpacked, checkout, symlinks=True, ignore=shutil.ignore_patterns(".cargo-ok"))
    else:
        _unpack_downloaded(cargo_home(programs.env), fetcher, f"{name}-{wanted}", checkout)
    _make_writable(checkout)
    shutil.rmtree(fetcher)


def _unpack_downloaded(home: Path, fetcher: Path, crate: str, checkout: Path) -> None:
    """Unpack the archive that cargo has downloaded for a lock file, found by its checksum there.

    A crate without a library is no dependency: cargo downloads it, and does not list it.
    """
    locked = tomllib.loads((fetcher / "Cargo.lock").read_text(encoding="utf-8")).get("package", [])
    digests = {f"{each['name']}-{each['version']}".partition("+")[0]: each.get("checksum") for each in locked}
    for archive in home.glob(f"registry/cache/*/{crate}*.crate"):
        content = archive.read_bytes()
        if hashlib.sha256(content).hexdigest() == digests.get(crate):
            unpack_tree(content, fetcher / "unpacked")
            (unpacked,) = (fetcher / "unpacked").iterdir()
            unpacked.rename(checkout)
            return
    raise FetchFailed(f"cargo has not downloaded {crate}, or put it elsewhere than {home}", is_projects=False)


def _make_writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200)


def _fetch_git(programs: Programs, source: ProjectSource, checkout: Path) -> None:
    checkout.mkdir()

    def git(*arguments: str, **env: str) -> Finished:
        return programs.run([*GIT, *arguments], cwd=checkout, timeout_seconds=_FETCH_SECONDS, env={**_ENV, **env})

    told = f"git cannot fetch {source.revision[:12]} of {source.place}"
    _require(git("init", "--quiet"), told, ())
    shallow = git("fetch", "--quiet", "--depth=1", "--no-tags", "--end-of-options", source.place, source.revision)
    if not shallow.ok:  # a server need not hand out a commit by its hash
        whole = git("fetch", "--quiet", "--no-tags", "--end-of-options", source.place, "+refs/*:refs/fleet/*")
        _require(whole, told, _NO_SUCH_COMMIT)
    _require(git("checkout", "--quiet", "--detach", source.revision), told, ("",))
    if (checkout / ".gitmodules").is_file():
        # Of a submodule on the disk, a repository would choose which one.
        updated = git(
            *("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"), GIT_ALLOW_PROTOCOL=_TRANSPORTS
        )
        _require(updated, told, _NO_SUCH_COMMIT)


def _require(finished: Finished, told: str, of_the_project: tuple[str, ...]) -> None:
    if finished.ok:
        return
    said = finished.stderr.decode("utf-8", "replace").strip()
    why = "it took too long" if finished.timed_out else said[-_SHOWN:] or f"exit status {finished.exit_status}"
    is_projects = any(words in said.lower() for words in of_the_project) and not DISK.search(said)
    is_projects = is_projects and not finished.timed_out
    raise FetchFailed(f"{told}: {why}", is_projects=is_projects)
