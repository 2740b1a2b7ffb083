"""A project's tree as one archive: of the same files always the same bytes, without what is made and what is secret."""

from __future__ import annotations

import gzip
import io
import os
import re
import shlex
import tarfile
from collections.abc import Iterator
from pathlib import Path

from burnish.cargo.revisions import GIT, outside_hooks
from burnish.errors import Refused
from burnish.system.process import Programs
from burnish.system.redact import secrets_of
from burnish.toml.reading import read_toml
from burnish.transaction.files import digest_of

STATE_NAME = "STATE.jsonl"
"""The results of a fleet, in a folder of their own."""
_LEFT_OUT = {".git", ".burnish", ".jj", ".hg", "target"}
_CREDENTIALS = {"credentials", "credentials.toml"}
_SECRET_NAMES = {".netrc", "_netrc", ".git-credentials", ".env"}
_CONFIGS = {"config", "config.toml"}
_WITH_ADDRESSES = {"Cargo.toml", "Cargo.lock", ".gitmodules"}
_USER_IN_ADDRESS = re.compile(rb"\b([a-z][a-z0-9+.\-]{0,20})://([^\s/@\"']+)@", re.IGNORECASE)
# There a name is a login, which is no secret.
_LOGIN_SCHEMES = {b"ssh", b"git+ssh"}
_MOST_BYTES = 256 * 1024 * 1024
_GIT_SECONDS = 120.0
_EXECUTABLE = 0o100
_SHOWN = 500


def pack_tree(programs: Programs, folder: Path) -> bytes:
    """Return the files of a folder: of a git repository those that it has or would take, else all but what is made.

    Credentials are left out. Raise Refused where a configuration of cargo's holds a secret, where git cannot say what
    it ignores, and for a tree that is too large to be sent.
    """
    names = sorted(_in_git(programs, folder) if _is_in_repository(folder) else _walked(folder))
    packed = io.BytesIO()
    # The time in an archive would make another one of the same files.
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        size_bytes = 0
        for name in names:
            size_bytes += _add(archive, folder, name)
            if size_bytes > _MOST_BYTES:
                raise Refused(
                    f"{folder} has files of more than {_MOST_BYTES:,} bytes to be sent",
                    expected="a smaller project, or git with rev in place of path",
                )
    return packed.getvalue()


def read_lockfile(folder: Path) -> bytes:
    """Return Cargo.lock, which git may ignore. Raise Refused where it is not there, a link, or holds a secret."""
    path = folder / "Cargo.lock"
    if path.is_symlink() or not path.is_file():
        raise Refused(f"{path} is no file of the project's own", expected="the versions of all that is built")
    _require_no_secret(path)
    return path.read_bytes()


def tree_digest(tree: bytes) -> str:
    """Return what a tree is known by: the digest of its archive before that is made smaller."""
    return digest_of(gzip.decompress(tree))


def unpack_tree(tree: bytes, folder: Path) -> None:
    """Write the files of an archive into a folder; nothing is written outside it.

    Raise Refused for what is no such archive.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(tree), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise Refused(
            f"the tree of the project cannot be unpacked: {error}", expected="files inside the project"
        ) from error


def _is_in_repository(folder: Path) -> bool:
    return any(os.path.lexists(above / ".git") for above in (folder, *folder.absolute().parents))


def _in_git(programs: Programs, folder: Path) -> list[str]:
    """Return what git has of a folder. Raise Refused where it does not answer: it may ignore secrets."""
    listing = (*GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", ".")
    try:
        listed = outside_hooks(programs).run(listing, cwd=folder, timeout_seconds=_GIT_SECONDS)
    except Refused as error:  # there is no git
        raise _no_answer(folder, error.found) from error
    if not listed.ok:
        raise _no_answer(folder, listed.stderr.decode("utf-8", "replace").strip()[:_SHOWN] or "it took too long")
    names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    if not names:
        raise _no_answer(folder, "it ignores all of them")
    return [name for name in names if not _LEFT_OUT.intersection(Path(name).parts[:1])]


def _no_answer(folder: Path, why: str) -> Refused:
    return Refused(
        f"git cannot list the files of {folder}: {why}",
        expected="a repository that git reads: without it, files that git ignores would be sent",
        next_command=f"git -C {shlex.quote(str(folder))} status",
    )


def _walked(folder: Path) -> Iterator[str]:
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not _holds_results(Path(above, name))]
        links = [name for name in folders if Path(above, name).is_symlink()]
        for name in (*files, *links):
            yield os.path.relpath(Path(above, name), folder)


def _holds_results(folder: Path) -> bool:
    """Return whether a folder is that of a fleet's results, which would make another revision of a project."""
    return (folder / STATE_NAME).is_file()


def _add(archive: tarfile.TarFile, folder: Path, name: str) -> int:
    """Add a file or a link; return its bytes. What is neither, or gone, is left out."""
    path, told = folder / name, tarfile.TarInfo(Path(name).as_posix())
    if _is_credentials(path):
        _require_elsewhere(path, folder)
        return 0
    _require_no_secret(path)
    if path.is_symlink():
        _require_inside(folder, name)
        told.type, told.linkname = tarfile.SYMTYPE, str(path.readlink())
        archive.addfile(told)
        return 0
    if path.is_dir():  # git tells of a folder what is another repository's
        raise Refused(
            f"{folder} has a submodule, {name.rstrip('/')}, which does not travel",
            expected="git with rev in place of path",
        )
    if not path.is_file():
        return 0
    content = path.read_bytes()
    told.size, told.mode = len(content), 0o755 if path.stat().st_mode & _EXECUTABLE else 0o644
    archive.addfile(told, io.BytesIO(content))
    return len(content)


def _require_inside(folder: Path, name: str) -> None:
    """Raise Refused for a link that leads out of the project, to what no worker has."""
    target = (folder / name).readlink()
    around = Path(os.path.normpath(Path(name).parent / target))
    is_inside = (folder / name).parent.joinpath(target).resolve().is_relative_to(folder.resolve())
    if around.is_absolute() or ".." in around.parts or not is_inside:
        raise Refused(
            f"{folder / name} is a link to {target}, outside of the project or by its whole path",
            expected="links within the project, relative to their own folder",
        )


def _is_credentials(path: Path) -> bool:
    return path.name in _SECRET_NAMES or (path.parent.name == ".cargo" and path.name in _CREDENTIALS)


def _require_elsewhere(path: Path, folder: Path) -> None:
    """Raise Refused for credentials that are a link to a file which would be sent by its own name."""
    if path.is_symlink() and path.resolve().is_relative_to(folder.resolve()):
        raise _secret(path, "secrets by a link into the project", "credentials outside of the project")


def _require_no_secret(path: Path) -> None:
    """Raise Refused where a file in which cargo or git looks for addresses and tokens holds a secret.

    A link is followed: what it leads to may have a name that tells nothing.
    """
    if path.name == ".cargo" and path.is_symlink():
        for config in map(path.joinpath, sorted(_CONFIGS)):
            _require_no_secret(config)
        if any(map(os.path.lexists, map(path.joinpath, _CREDENTIALS))):
            raise _secret(path, "secrets by a link into the project", "credentials outside of the project")
    is_config = path.parent.name == ".cargo" and path.name in _CONFIGS
    if not (is_config or path.name in _WITH_ADDRESSES) or not path.is_file():
        return
    content = path.read_bytes()
    if is_config and any(secrets_of(read_toml(content, str(path)))):
        raise _secret(path, "a secret", "tokens in ~/.cargo/credentials.toml of each worker's own user")
    if any(map(_is_secret_user, _USER_IN_ADDRESS.finditer(content))):
        own = "the address alone: each worker has its own credentials, by git's credential helper or by ssh"
        raise _secret(path, "an address with a password or a token", own)


def _is_secret_user(found: re.Match[bytes]) -> bool:
    return found[1].lower() not in _LOGIN_SCHEMES or b":" in found[2]


def _secret(path: Path, found: str, expected: str) -> Refused:
    return Refused(f"{path} holds {found}, and would be sent to the workers", expected=expected)
