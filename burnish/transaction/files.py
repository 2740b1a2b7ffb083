"""Durable operations on files: the only writer of the user's files.

A file is replaced whole or not at all: the new content is made ready under a name of ours, synced, and renamed into
place; then the folder is synced. Every call that touches the disk goes through a `Disk`, so that a test can let the
k-th one fail, record their order, or end the process there.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import Refused

MAX_FILE_BYTES = 4 * 1024 * 1024
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
# Windows refuses to replace a file that another program has open; a second in all.
_SHARING_PAUSES = (0.05, 0.1, 0.2, 0.65)
_OPTIONAL_ATTRIBUTES = ("security.", "trusted.", "system.")


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of `content` in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Disk:
    """The calls that touch the disk, one method each."""

    def read(self, path: Path) -> tuple[bytes, os.stat_result] | None:
        """Return the first `MAX_BYTES` + 1 bytes of a regular file and what it is; no bytes of anything else.

        None where nothing is. Nothing here waits: a FIFO is opened without a writer.
        """
        try:
            handle = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open_handle(handle):
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return b"", status
            return _read_up_to(handle, MAX_FILE_BYTES + 1), status

    def create(self, path: Path, mode: int) -> int:
        """Open a new file for writing; what is there already, even a link, is an error."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY | _NO_FOLLOW, mode)

    def open(self, path: Path) -> int:
        """Open a file of ours for writing; a link is an error."""
        return os.open(path, os.O_RDWR | _BINARY | _NO_FOLLOW | _NO_WAIT)

    def write(self, handle: int, content: memoryview) -> int:
        """Write some of `content` and say how much."""
        return os.write(handle, content)

    def set_owner(self, handle: int, uid: int, gid: int) -> None:
        """Give a file to its owner."""
        os.fchown(handle, uid, gid)

    def set_mode(self, handle: int, mode: int) -> None:
        """Set the permission bits."""
        os.fchmod(handle, mode)

    def set_attribute(self, handle: int, name: str, value: bytes) -> None:
        """Set one extended attribute."""
        if sys.platform == "linux":
            os.setxattr(handle, name, value)

    def touch(self, path: Path) -> None:
        """Set the file's time to the present."""
        os.utime(path)

    def sync(self, handle: int) -> None:
        """Wait until the file is on the disk; never call it again after it failed: the kernel has dropped the pages."""
        if sys.platform == "darwin":
            import fcntl  # noqa: PLC0415 - there is no such module on Windows

            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        else:
            os.fsync(handle)

    def sync_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk; Windows has no such call."""
        if sys.platform == "win32":
            return
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with open_handle(handle):
            os.fsync(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Rename, in the place of what is there; on Windows once nobody has it open, as a scanner does for a moment."""
        for pause_seconds in _SHARING_PAUSES if sys.platform == "win32" else ():
            try:
                source.replace(target)
            except PermissionError:
                time.sleep(pause_seconds)
            else:
                return
        source.replace(target)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; a name that is there already is an error."""
        if os.link in os.supports_follow_symlinks:
            os.link(source, target, follow_symlinks=False)
        else:
            os.link(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file's name."""
        path.unlink()

    def make_folder(self, path: Path, mode: int) -> None:
        """Make one folder."""
        path.mkdir(mode)

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()


DISK = Disk()


@dataclass(frozen=True, kw_only=True)
class Image:
    """A file as it was read: `content` is None where there is none; `links` is the number of its names."""

    path: Path
    content: bytes | None = None
    mode: int = 0o644
    owner: tuple[int, int] = (-1, -1)
    links: int = 0

    @property
    def exists(self) -> bool:
        """Return whether there is a file."""
        return self.content is not None

    @property
    def digest(self) -> str | None:
        """Return the content's SHA-256, or None where there is no file."""
        return None if self.content is None else digest_of(self.content)


def resolve_inside(root: Path, path: Path) -> Path:
    """Return the final target of `path`, links followed.

    Raise Refused when that is outside `root`.
    """
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(root)):
        raise Refused(f"{path} is a link to {target}", expected=f"a file inside {root}")
    return target


def read_image(path: Path, *, disk: Disk = DISK) -> Image:
    """Read a file.

    Raise Refused for what is no regular file, is larger than `MAX_BYTES`, or cannot be read.
    """
    try:
        found = disk.read(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}", expected="a file that can be read") from error
    if found is None:
        return Image(path=path)
    content, status = found
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path} is {_kind_of(status.st_mode)}", expected="a regular file")
    if len(content) > MAX_FILE_BYTES:
        raise Refused(f"{path} is larger than {MAX_FILE_BYTES:,} bytes", expected="a smaller file")
    return Image(
        path=path,
        content=content,
        mode=stat.S_IMODE(status.st_mode),
        owner=(status.st_uid, status.st_gid),
        links=status.st_nlink,
    )


def examine_before_writing(image: Image) -> list[str]:
    """Return the warnings that writing this file deserves.

    Raise Refused where it cannot be replaced by one that is like it; a rename would tell some of that too late, when
    other files are written already. Write permission counts also for root: its owner has protected the file.
    """
    path, folder = image.path, image.path.parent
    if image.exists and not image.mode & stat.S_IWUSR:
        raise Refused(f"{path} is read-only", expected=f"a file that its owner may write (chmod u+w {path})")
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"{folder} cannot be written", expected="a folder in which a file can be replaced")
    if image.exists and not _can_give_to(image.owner):
        uid, gid = image.owner
        raise Refused(f"{path} belongs to user {uid}, group {gid}", expected="a file of your own, in a group of yours")
    if _is_mounted_by_itself(path):
        raise Refused(f"{path} is mounted by itself", expected="a file that can be replaced by a rename")
    if image.links > 1:
        return [f"{path} has {image.links - 1} more name(s) (hard links): they keep the old content"]
    return []


def write_synced(path: Path, content: bytes, *, mode: int = 0o600, disk: Disk = DISK) -> None:
    """Write a file of ours whole and synced, private unless `mode` says otherwise; the caller syncs the folder."""
    temp = path.with_name(path.name + ".tmp")
    with _litter_removed(temp, disk):
        _write_ready(temp, content, mode=mode, disk=disk)
        with open_handle(disk.open(temp)) as handle:
            disk.sync(handle)
        disk.rename(temp, path)


def append_synced(path: Path, line: bytes) -> None:
    """Append a line to a file in one write, behind whatever others append meanwhile; the file is made where none is.

    A last line that somebody left without its end is ended first. A link is followed only by its owner's own word: the
    caller decides about the path.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY | _NO_WAIT, 0o666)
    with open_handle(handle):
        size = os.fstat(handle).st_size
        is_torn = size > 0 and _read_last(handle, size) != b"\n"
        content = (b"\n" if is_torn else b"") + line
        written = os.write(handle, content)
        if written < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)


def _read_last(handle: int, size: int) -> bytes:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1)


def replace_durably(image: Image, content: bytes, *, temp: Path, spare: Path | None = None, disk: Disk = DISK) -> None:
    """Put `content` in the place of `image`, keeping mode, owner and extended attributes; the time is the present.

    `temp` is a name of ours beside the target. `spare` is a file of ours that may hold `content` already: it is used
    up, so that no new space is needed; where it cannot be used, `temp` is written.

    Raise Refused, the file untouched, when it has changed since `image` was read, or cannot be replaced by a rename.
    """
    if spare is not None and _put_spare(spare, image, content, disk):
        return
    with _litter_removed(temp, disk):
        _write_ready(temp, content, mode=0o600 if image.exists else 0o666, disk=disk)
        _put(temp, image, disk)


def remove_durably(image: Image, *, disk: Disk = DISK) -> None:
    """Remove the file that `image` was read from. Raise Refused when it has changed since."""
    _check_unchanged(image, disk)
    disk.remove(image.path)
    disk.sync_folder(image.path.parent)


def save_aside(image: Image, saved: Path, *, disk: Disk = DISK) -> None:
    """Give a file a second name in a folder of ours, or copy it where it cannot have one.

    A second name needs no space, and survives the file's replacement.
    """
    if read_image(saved, disk=disk).content != image.content:
        try:
            disk.link(image.path, saved)
        except OSError:
            write_synced(saved, image.content or b"", disk=disk)
    disk.sync_folder(saved.parent)


def make_folder(path: Path, *, mode: int = 0o777, disk: Disk = DISK) -> None:
    """Make a folder, unless it is there, and sync its name."""
    with contextlib.suppress(FileExistsError):
        disk.make_folder(path, mode)
    disk.sync_folder(path.parent)


def remove_empty_folder(path: Path, *, disk: Disk = DISK) -> None:
    """Remove a folder, unless something is in it or it is gone."""
    try:
        disk.remove_folder(path)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise
    else:
        disk.sync_folder(path.parent)


def sync_nearest_folder(path: Path, *, disk: Disk = DISK) -> None:
    """Sync the folder that a file is in, or was in before that folder itself was removed."""
    disk.sync_folder(next(folder for folder in path.parents if folder.is_dir()))


def discard(path: Path, *, disk: Disk = DISK) -> None:
    """Remove a file of ours, if it is there; only litter, so its folder is not synced."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        disk.remove(path)


@contextlib.contextmanager
def open_handle(handle: int) -> Iterator[int]:
    """Close a file handle at the end."""
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _litter_removed(temp: Path, disk: Disk) -> Iterator[None]:
    discard(temp, disk=disk)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            discard(temp, disk=disk)
        raise


def _write_ready(temp: Path, content: bytes, *, mode: int, disk: Disk) -> None:
    with open_handle(disk.create(temp, mode)) as handle:
        rest = memoryview(content)
        while rest:
            rest = rest[disk.write(handle, rest) :]


def _put_spare(spare: Path, image: Image, content: bytes, disk: Disk) -> bool:
    try:
        if spare.is_symlink() or read_image(spare, disk=disk).content != content:
            return False
    except Refused:
        return False
    try:
        disk.touch(spare)
        _put(spare, image, disk)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _put(ready: Path, image: Image, disk: Disk) -> None:
    with open_handle(disk.open(ready)) as handle:
        if image.exists:
            _keep_attributes(image, handle, disk)
        disk.sync(handle)
    _check_unchanged(image, disk)
    try:
        disk.rename(ready, image.path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        raise Refused(
            f"{image.path} is mounted by itself", expected="a file that can be replaced by a rename"
        ) from error
    disk.sync_folder(image.path.parent)


def _check_unchanged(image: Image, disk: Disk) -> None:
    if read_image(image.path, disk=disk).content != image.content:
        raise Refused(f"{image.path} was changed by someone else just now", expected="the file as it was read")


def _keep_attributes(image: Image, handle: int, disk: Disk) -> None:
    if sys.platform == "win32":
        return
    status = os.fstat(handle)
    if (status.st_uid, status.st_gid) != image.owner:
        disk.set_owner(handle, *image.owner)
    if stat.S_IMODE(status.st_mode) != image.mode:
        disk.set_mode(handle, image.mode)
    if sys.platform == "linux":
        _keep_extended_attributes(image, handle, disk)


def _keep_extended_attributes(image: Image, handle: int, disk: Disk) -> None:
    for name in _extended_attributes(image.path):
        try:
            disk.set_attribute(handle, name, os.getxattr(image.path, name))
        except OSError as error:
            # The system's own attributes follow the folder where we may not set them.
            if not (
                name.startswith(_OPTIONAL_ATTRIBUTES) and error.errno in {errno.EPERM, errno.EACCES, errno.ENOTSUP}
            ):
                raise


def _extended_attributes(path: Path) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return []
        raise


def _can_give_to(owner: tuple[int, int]) -> bool:
    if sys.platform == "win32" or os.geteuid() == 0:
        return True
    return owner[0] == os.geteuid() and owner[1] in {os.getegid(), *os.getgroups()}


def _is_mounted_by_itself(path: Path) -> bool:
    """Look where Linux lists what is mounted; in its list spaces and the like are written as octal escapes."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False
    escaped = re.sub(rb"[ \t\n\\]", lambda match: b"\\%03o" % match[0][0], os.fsencode(path))
    return any(line.split(b" ")[4] == escaped for line in lines)


def _read_up_to(handle: int, limit: int) -> bytes:
    chunks = []
    while limit and (chunk := os.read(handle, limit)):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


def _kind_of(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((kind for is_kind, kind in kinds if is_kind(mode)), "a device")
